//! `appProtocol` of Service ports and Backends (KEP-3726, GEP-1911).

use super::Unreachable;
use corten_crds::v1alpha1::AppProtocol;
use corten_snapshot::UpstreamProtocol;

/// What an upstream speaks, and whether over TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) protocol: UpstreamProtocol,
    pub(super) tls: bool,
}

/// HTTP/1.1 in cleartext, the default.
pub(super) const CLEARTEXT: Spoken = Spoken { protocol: UpstreamProtocol::Http1, tls: false };

/// Reads the `appProtocol` of a Service port, in any case.
pub(super) fn of_service(name: Option<&str>) -> Result<Spoken, Unreachable> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(CLEARTEXT) };
    let known = name.to_ascii_lowercase().parse::<AppProtocol>();
    known.map(spoken).map_err(|error| {
        let remedy = "use one of these, or leave appProtocol out for HTTP/1.1";
        Unreachable::new(Some("UnsupportedProtocol"), error.to_string(), remedy)
    })
}

/// What the name stands for.
pub(super) fn spoken(protocol: AppProtocol) -> Spoken {
    use UpstreamProtocol::{Http1, Http2};
    match protocol {
        AppProtocol::Http | AppProtocol::Ws => CLEARTEXT,
        AppProtocol::H2c => Spoken { protocol: Http2, tls: false },
        AppProtocol::Https | AppProtocol::Wss => Spoken { protocol: Http1, tls: true },
    }
}
