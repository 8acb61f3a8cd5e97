//! Listeners of one Gateway that cannot be told apart.
//!
//! Within one Gateway or ListenerSet all of them are conflicted, none wins (Gateway `spec.listeners`). Across them the
//! Gateway comes first, then the ListenerSets by age (ListenerSet `spec.listeners`): what an earlier one has claimed,
//! a later one cannot have.

use super::Listener;
use crate::problem::Problem;
use corten_snapshot::{HostnamePattern, ListenerProtocol};
use rustc_hash::{FxHashMap, FxHashSet};

/// What earlier owners have claimed on one port.
#[derive(Default)]
struct Claims {
    protocol: Option<ListenerProtocol>,
    hostnames: FxHashSet<HostnamePattern>,
}

/// Marks the conflicts among `owners`: the listeners of a Gateway and of its ListenerSets, by precedence.
pub(crate) fn mark_conflicts(owners: &mut [&mut [Listener<'_>]]) {
    let mut claims: FxHashMap<u16, Claims> = FxHashMap::default();
    for listeners in owners {
        for listener in listeners.iter_mut() {
            listener.conflict = claims.get(&listener.spec.port).and_then(|claims| across(listener, claims));
        }
        mark_within(listeners);
        // Only now: listeners of one owner do not conflict with their own claims.
        for listener in listeners.iter() {
            if let (Some(protocol), Some(hostname)) = (listener.protocol, &listener.hostname) {
                let port = claims.entry(listener.spec.port).or_default();
                port.protocol.get_or_insert(protocol);
                port.hostnames.insert(hostname.clone());
            }
        }
    }
}

fn across(listener: &Listener<'_>, claims: &Claims) -> Option<Problem> {
    let port = listener.spec.port;
    if listener.protocol != claims.protocol {
        return Some(Problem::new(
            "ProtocolConflict",
            listener.field(),
            format!("port {port} is already used with another protocol by this Gateway"),
            "use another port or the same protocol",
        ));
    }
    let taken = listener.hostname.as_ref().is_some_and(|hostname| claims.hostnames.contains(hostname));
    taken.then(|| {
        Problem::new(
            "HostnameConflict",
            listener.field(),
            format!("this Gateway already has a listener for this hostname on port {port}"),
            "use another hostname or port",
        )
    })
}

/// Marks listeners of one owner that share a port but not the protocol, or port and hostname.
fn mark_within(listeners: &mut [Listener<'_>]) {
    let mut protocols: FxHashMap<u16, FxHashSet<bool>> = FxHashMap::default();
    let mut hostnames: FxHashMap<(u16, HostnamePattern), usize> = FxHashMap::default();
    for listener in listeners.iter().filter(|listener| listener.conflict.is_none()) {
        let (Some(protocol), Some(hostname)) = (listener.protocol, &listener.hostname) else { continue };
        protocols.entry(listener.spec.port).or_default().insert(protocol == ListenerProtocol::Https);
        *hostnames.entry((listener.spec.port, hostname.clone())).or_default() += 1;
    }
    for listener in listeners.iter_mut().filter(|listener| listener.conflict.is_none()) {
        let (Some(_), Some(hostname)) = (listener.protocol, &listener.hostname) else { continue };
        let port = listener.spec.port;
        if protocols.get(&port).is_some_and(|protocols| protocols.len() > 1) {
            listener.conflict = Some(Problem::new(
                "ProtocolConflict",
                listener.field(),
                format!("HTTP and HTTPS cannot share port {port}; none of these listeners is served"),
                "give them different ports",
            ));
        } else if hostnames.get(&(port, hostname.clone())).is_some_and(|count| *count > 1) {
            listener.conflict = Some(Problem::new(
                "HostnameConflict",
                listener.field(),
                match hostname {
                    HostnamePattern::Any => {
                        format!("several listeners have no hostname on port {port}; none is served")
                    }
                    name => {
                        format!("several listeners have hostname `{name}` on port {port}; none is served")
                    }
                },
                "keep one of them, or give them different hostnames or ports",
            ));
        }
    }
}
