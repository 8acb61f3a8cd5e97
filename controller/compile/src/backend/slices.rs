//! Endpoints of a Service port, out of its EndpointSlices.

use super::address;
use crate::{index::Index, object::Name};
use corten_crds::core::{EndpointConditions, EndpointPort, EndpointSlice};
use corten_snapshot::{Endpoint, EndpointHost};

/// What the slices of a Service say about one of its ports.
#[derive(Default)]
pub(super) struct Found {
    /// Sorted, without duplicates.
    pub(super) endpoints: Vec<Endpoint>,
    /// Addresses that requests may not go to.
    pub(super) refused: Vec<String>,
    /// Whether the Service has slices at all.
    pub(super) slices: usize,
}

/// The endpoints of the port `port_name` of `service`. `fallback` is the port where a slice names none.
pub(super) fn find(index: &Index<'_>, service: Name<'_>, port_name: &str, fallback: u16) -> Found {
    let slices = index.slices.get(&service).map(Vec::as_slice).unwrap_or_default();
    let mut found = Found { slices: slices.len(), ..Found::default() };
    for slice in slices {
        if let Some(port) = port_of(slice, port_name, fallback) {
            add(index, slice, port, &mut found);
        }
    }
    found.refused.sort_unstable();
    found.endpoints.sort_unstable();
    // Of an address that is both ready and going away only the ready one counts; `false` sorts first.
    found.endpoints.reverse();
    found.endpoints.dedup_by(|a, b| a.host == b.host && a.port == b.port);
    found.endpoints.reverse();
    // Most Services have few, and there may be thousands of Services.
    found.endpoints.shrink_to_fit();
    found
}

/// The port that this slice's endpoints have for `port_name`. A slice without ports at all has all of them.
fn port_of(slice: &EndpointSlice, port_name: &str, fallback: u16) -> Option<u16> {
    if slice.ports.is_empty() {
        return Some(fallback);
    }
    let tcp = |port: &&EndpointPort| port.protocol.as_deref().unwrap_or("TCP") == "TCP";
    let named = |port: &&EndpointPort| port.name.as_deref().unwrap_or_default() == port_name;
    let port = slice.ports.iter().filter(tcp).find(named)?;
    port.port.map_or(Some(fallback), |port| u16::try_from(port).ok())
}

fn add(index: &Index<'_>, slice: &EndpointSlice, port: u16, found: &mut Found) {
    for endpoint in &slice.endpoints {
        let Some(ready) = readiness(endpoint.conditions) else { continue };
        let Some(address) = endpoint.address.as_deref() else { continue };
        let (host, refused) = match address.parse() {
            Ok(ip) => (EndpointHost::Ip(ip), address::refused_ip(ip)),
            Err(_) => (
                EndpointHost::Name(address.to_owned()),
                address::refused_name(address, &index.options.cluster_domain),
            ),
        };
        match refused {
            Some(why) if !index.options.standalone => found.refused.push(format!("{address} ({why})")),
            _ => found.endpoints.push(Endpoint { host, port, ready }),
        }
    }
}

/// `None`: not to be used. `false`: it still serves while it goes away. What is not said counts as ready.
fn readiness(conditions: EndpointConditions) -> Option<bool> {
    let ready = conditions.ready.unwrap_or(true);
    let serving = conditions.serving.unwrap_or(ready);
    let terminating = conditions.terminating.unwrap_or(false);
    match (ready, serving && terminating) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}
