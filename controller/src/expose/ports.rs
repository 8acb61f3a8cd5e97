//! Target ports: each port of each Gateway has one of its own in the gateway pods, so that two Gateways on port 80 never mix.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// Namespace and name of a Gateway.
pub(super) type GatewayName = (String, String);
/// Target ports by listener port.
pub(super) type TargetPorts = BTreeMap<u16, u16>;

/// Who has which target ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allocation {
    range: RangeInclusive<u16>,
    by_gateway: BTreeMap<GatewayName, TargetPorts>,
    taken: BTreeSet<u16>,
    /// The port that was given out last: the next one is looked for behind it, so that a port that has just become free is
    /// not at once another Gateway's.
    last: u16,
}

impl Allocation {
    /// The allocation that Services show, the oldest first. A port outside of `range`, or that an older Service has, does not
    /// count: whoever writes such a Service gets none of another Gateway's traffic.
    pub(super) fn read(
        range: RangeInclusive<u16>,
        shown: impl IntoIterator<Item = (GatewayName, TargetPorts)>,
    ) -> Self {
        let mut taken = BTreeSet::new();
        let mut by_gateway: BTreeMap<GatewayName, TargetPorts> = BTreeMap::new();
        for (gateway, ports) in shown {
            let own = by_gateway.entry(gateway).or_default();
            for (port, target) in ports {
                if range.contains(&target) && !own.contains_key(&port) && taken.insert(target) {
                    own.insert(port, target);
                }
            }
        }
        let last = taken.last().copied().unwrap_or(*range.end());
        Self { range, by_gateway, taken, last }
    }

    /// By Gateway.
    pub(super) fn by_gateway(&self) -> &BTreeMap<GatewayName, TargetPorts> {
        &self.by_gateway
    }

    /// Gives `gateway` a target port for each of `wanted`; it keeps those that it has. Ports that it does not want any more
    /// become free. A port for which there is none is left out.
    pub(super) fn give(
        &mut self,
        gateway: &GatewayName,
        wanted: impl IntoIterator<Item = u16>,
    ) -> TargetPorts {
        let old = self.by_gateway.remove(gateway).unwrap_or_default();
        let mut ports = TargetPorts::new();
        let mut new = Vec::new();
        for port in wanted {
            match old.get(&port) {
                Some(target) => drop(ports.insert(port, *target)),
                None => new.push(port),
            }
        }
        for port in new {
            if let Some(target) = self.next() {
                ports.insert(port, target);
            }
        }
        for target in old.iter().filter(|(port, _)| !ports.contains_key(port)).map(|(_, target)| target) {
            self.taken.remove(target);
        }
        self.by_gateway.insert(gateway.clone(), ports.clone());
        ports
    }

    fn next(&mut self) -> Option<u16> {
        let behind = self.last.saturating_add(1).max(*self.range.start())..=*self.range.end();
        let target = behind.chain(self.range.clone()).find(|port| !self.taken.contains(port))?;
        self.taken.insert(target);
        self.last = target;
        Some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> GatewayName {
        ("infra".to_owned(), name.to_owned())
    }

    fn ports(ports: &[(u16, u16)]) -> TargetPorts {
        ports.iter().copied().collect()
    }

    #[test]
    fn gateways_with_equal_ports_get_different_targets() {
        let mut allocation = Allocation::read(20_000..=20_009, []);
        assert_eq!(allocation.give(&name("a"), [80, 443]), ports(&[(80, 20_000), (443, 20_001)]));
        assert_eq!(allocation.give(&name("b"), [80]), ports(&[(80, 20_002)]));
        assert_eq!(allocation.give(&name("a"), [80, 443]), ports(&[(80, 20_000), (443, 20_001)]), "kept");
    }

    #[test]
    fn what_services_show_is_kept() {
        let shown = [(name("a"), ports(&[(80, 20_005)])), (name("b"), ports(&[(80, 20_001)]))];
        let mut allocation = Allocation::read(20_000..=20_009, shown);
        assert_eq!(allocation.give(&name("b"), [80, 81]), ports(&[(80, 20_001), (81, 20_006)]));
    }

    #[test]
    fn a_freed_port_is_not_at_once_anothers() {
        let mut allocation = Allocation::read(20_000..=20_002, []);
        allocation.give(&name("a"), [80, 443]);
        assert_eq!(allocation.give(&name("a"), [443]), ports(&[(443, 20_001)]));
        assert_eq!(allocation.give(&name("b"), [80]), ports(&[(80, 20_002)]));
        assert_eq!(
            allocation.give(&name("b"), [80, 81]),
            ports(&[(80, 20_002), (81, 20_000)]),
            "in the end it is"
        );
        assert_eq!(allocation.give(&name("c"), [80]), ports(&[]), "there is no port left");
    }

    #[test]
    fn nobody_takes_a_port_that_an_older_service_has() {
        let shown = [
            (name("old"), ports(&[(80, 20_001)])),
            (name("thief"), ports(&[(80, 20_001), (81, 22), (82, 20_002)])),
        ];
        let mut allocation = Allocation::read(20_000..=20_009, shown);
        assert_eq!(allocation.by_gateway()[&name("thief")], ports(&[(82, 20_002)]));
        assert_eq!(allocation.give(&name("thief"), [80, 82]), ports(&[(80, 20_003), (82, 20_002)]));
        assert_eq!(allocation.by_gateway()[&name("old")], ports(&[(80, 20_001)]));
    }
}
