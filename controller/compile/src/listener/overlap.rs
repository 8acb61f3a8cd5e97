//! HTTPS listeners of one port whose hostnames overlap (condition `OverlappingTLSConfig`).

use super::Listener;
use corten_snapshot::{HostnamePattern, ListenerProtocol};
use rustc_hash::{FxHashMap, FxHashSet};

/// Marks the overlaps among the accepted HTTPS listeners of one Gateway. Two hostnames overlap if one holds the other,
/// so it is enough to walk up from each to the wildcards above it.
pub(crate) fn mark_overlaps(listeners: &mut [&mut Listener<'_>]) {
    let relevant =
        |listener: &Listener<'_>| listener.protocol == Some(ListenerProtocol::Https) && listener.accepted();
    let mut by_name: FxHashMap<(u16, HostnamePattern), usize> = FxHashMap::default();
    for (position, listener) in listeners.iter().enumerate().filter(|(_, listener)| relevant(listener)) {
        if let Some(hostname) = &listener.hostname {
            by_name.insert((listener.spec.port, hostname.clone()), position);
        }
    }
    let mut overlapping: FxHashSet<usize> = FxHashSet::default();
    for ((port, hostname), position) in &by_name {
        for above in wildcards_above(hostname) {
            if let Some(other) = by_name.get(&(*port, above)) {
                overlapping.extend([*position, *other]);
            }
        }
    }
    for (position, listener) in listeners.iter_mut().enumerate() {
        listener.overlaps = overlapping.contains(&position);
    }
}

/// All wider patterns that hold `hostname`.
fn wildcards_above(hostname: &HostnamePattern) -> Vec<HostnamePattern> {
    let name = match hostname {
        HostnamePattern::Any => return Vec::new(),
        HostnamePattern::Wildcard(name) | HostnamePattern::Exact(name) => name,
    };
    let parents = name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..));
    parents.map(|suffix| HostnamePattern::Wildcard(suffix.into())).chain([HostnamePattern::Any]).collect()
}
