//! Services of type ExternalName: a DNS name outside of the cluster.

use super::{Unreachable, address::refused_name};
use crate::{hostname, index::Index, object::Name};
use corten_snapshot::{Endpoint, EndpointHost};

/// The endpoint at `external_name`.
pub(super) fn endpoint(
    index: &Index<'_>,
    (namespace, name): Name<'_>,
    external_name: &str,
    port: u16,
) -> Result<Endpoint, Unreachable> {
    let host = external_name.trim_end_matches('.').to_ascii_lowercase();
    let refused = |why: &str, remedy: &'static str| {
        let message =
            format!("externalName `{}` of Service {namespace}/{name} {why}", external_name.escape_debug());
        Unreachable::new(Some("BackendNotFound"), message, remedy)
    };
    if let (Some(why), false) = (refused_name(&host, &index.options.cluster_domain), index.options.standalone)
    {
        return Err(refused(&format!("is {why}"), "name a host outside of the cluster"));
    }
    if let Ok(ip) = host.parse() {
        return Ok(Endpoint { host: EndpointHost::Ip(ip), port, ready: true });
    }
    hostname::check(&host).map_err(|why| refused(&format!("is no hostname: {why}"), "write a DNS name"))?;
    Ok(Endpoint { host: EndpointHost::Name(host), port, ready: true })
}
