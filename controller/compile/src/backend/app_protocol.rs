//! `appProtocol` of Service ports and Backends (KEP-3726, GEP-1911).

use super::Unreachable;
use corten_crds::v1alpha1::{AppProtocol, Http2Negotiation};
use corten_snapshot::UpstreamProtocol;

/// What an upstream speaks, and whether over TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    /// `Negotiated`: nothing is said, so that it depends on TLS.
    protocol: UpstreamProtocol,
    /// Whether the protocol itself asks for TLS. A policy, or a Backend's `tls`, may ask for it besides.
    pub(super) tls: bool,
}

/// Nothing is said: HTTP/1.1 in cleartext, and over TLS what the endpoint picks.
pub(super) const UNSAID: Spoken = Spoken { protocol: UpstreamProtocol::Negotiated, tls: false };

impl Spoken {
    /// The protocol with, or without, TLS. `offer`: whether HTTP/2 may be offered where the endpoint picks.
    pub(super) fn protocol(self, tls: bool, offer: Http2Negotiation) -> UpstreamProtocol {
        match (self.protocol, offer) {
            (UpstreamProtocol::Negotiated, Http2Negotiation::Enabled) if tls => UpstreamProtocol::Negotiated,
            (UpstreamProtocol::Negotiated, _) => UpstreamProtocol::Http1,
            (said, _) => said,
        }
    }
}

/// Reads the `appProtocol` of a Service port, in any case.
pub(super) fn of_service(name: Option<&str>) -> Result<Spoken, Unreachable> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(UNSAID) };
    let known = name.to_ascii_lowercase().parse::<AppProtocol>();
    known.map(spoken).map_err(|error| {
        let remedy = "use one of these, or leave appProtocol out for HTTP/1.1";
        Unreachable::new(Some("UnsupportedProtocol"), error.to_string(), remedy)
    })
}

/// What the name stands for.
pub(super) fn spoken(protocol: AppProtocol) -> Spoken {
    use UpstreamProtocol::{Http1, Http2, Negotiated};
    let (protocol, tls) = match protocol {
        AppProtocol::Http | AppProtocol::Ws => (Http1, false),
        AppProtocol::H2c => (Http2, false),
        AppProtocol::Https => (Negotiated, true),
        AppProtocol::Wss => (Http1, true),
    };
    Spoken { protocol, tls }
}
