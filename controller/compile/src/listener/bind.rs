//! Sockets: which listener is bound where, and who comes first if two want the same.

use super::Listener;
use crate::{index::Index, object::Name, options::Ports, problem::Problem};
use corten_snapshot::Bind;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The sockets that are taken, by port: the address, and for which port of which Gateway.
pub(crate) type Sockets<'a> = FxHashMap<u16, Vec<(Option<IpAddr>, Name<'a>, u16)>>;

/// Binds the accepted listeners of one Gateway. Gateways are bound by age, so that the older one keeps its socket.
pub(crate) fn bind_all<'a>(
    index: &Index<'a>,
    sockets: &mut Sockets<'a>,
    address: Option<IpAddr>,
    listeners: &mut [Listener<'a>],
) {
    for listener in listeners.iter_mut().filter(|listener| listener.accepted()) {
        let Some(port) = index.options.ports.bind_port(listener.gateway_name, listener.spec.port) else {
            continue;
        };
        let shared = matches!(index.options.ports, Ports::Mapped(_));
        let taken = sockets.entry(port).or_default();
        let other = taken.iter().find(|(bound, gateway, declared)| {
            let same_address = bound.is_none() || address.is_none() || *bound == address;
            same_address && (*gateway, *declared) != (listener.gateway_name, listener.spec.port)
        });
        match other {
            Some((_, gateway, declared)) if shared => {
                listener.refused = Some(unavailable(listener, port, (*gateway, *declared)));
            }
            _ => {
                let socket = (address, listener.gateway_name, listener.spec.port);
                if !taken.contains(&socket) {
                    taken.push(socket);
                }
                listener.bind = Some(Bind { address, port });
            }
        }
    }
}

fn unavailable(listener: &Listener<'_>, port: u16, (gateway, declared): (Name<'_>, u16)) -> Problem {
    let (namespace, name) = gateway;
    let message = if gateway == listener.gateway_name {
        format!("port {port} is already bound for port {declared} of this Gateway")
    } else {
        format!("port {port} is already bound for Gateway {namespace}/{name}, which comes first")
    };
    Problem::new(
        "PortUnavailable",
        format!("{}.port", listener.field()),
        message,
        "use another port or map it to one, or give each Gateway an address of its own in spec.addresses",
    )
}
