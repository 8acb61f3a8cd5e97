use super::*;
use crate::{
    observe::{AccessLog, Observer},
    upstream::{EndpointId, Lease, Registry},
};
use corten_snapshot::{ContentHash, EndpointHost, UpstreamProtocol};
use std::collections::HashMap;

fn cluster(count: u16, balancing: Balancing) -> (ClusterHandle, Cluster, Registry) {
    let registry = Registry::new(1);
    let id = |port| EndpointId {
        host: EndpointHost::Name("a.example".into()),
        port,
        transport: ContentHash::default(),
    };
    let log = AccessLog::start(1, Box::new(std::io::sink())).unwrap();
    let key = ClusterKey::new("main");
    let cluster = Cluster {
        transport: Arc::new(Transport {
            id: ContentHash::default(),
            protocol: UpstreamProtocol::Http1,
            tls: None,
            tcp_keepalive: None,
        }),
        settings: ClusterSettings { balancing, ..ClusterSettings::default() },
        stats: Observer::new(1, log).cluster(&key),
        endpoints: (0..count).map(|port| registry.endpoint(id(port))).collect(),
    };
    (ClusterHandle::new(key), cluster, registry)
}

fn picks(handle: &ClusterHandle, cluster: &Cluster, count: usize) -> HashMap<u16, usize> {
    let mut seen = HashMap::new();
    for _ in 0..count {
        *seen.entry(handle.pick(cluster, 0, None).unwrap().id.port).or_default() += 1;
    }
    seen
}

#[test]
fn without_endpoints_there_is_none_and_with_one_it_is_that() {
    let (handle, cluster, _) = self::cluster(0, Balancing::PowerOfTwoChoices);
    assert!(handle.pick(&cluster, 0, None).is_none());
    let (handle, cluster, _) = self::cluster(1, Balancing::RoundRobin);
    let only = handle.pick(&cluster, 0, None).unwrap();
    assert!(Arc::ptr_eq(&handle.pick(&cluster, 0, Some(&only)).unwrap(), &only), "better than nothing");
}

#[test]
fn round_robin_takes_all_alike() {
    let (handle, cluster, _) = cluster(3, Balancing::RoundRobin);
    assert_eq!(picks(&handle, &cluster, 30), HashMap::from([(0, 10), (1, 10), (2, 10)]));
}

#[test]
fn two_choices_reach_all_and_avoid_the_busiest() {
    let (handle, cluster, _) = cluster(4, Balancing::PowerOfTwoChoices);
    assert_eq!(picks(&handle, &cluster, 1000).len(), 4);
    let busy = &cluster.endpoints[2];
    let leases: Vec<_> = (0..3).map(|_| Lease::new(busy.clone(), 0, 1)).collect();
    assert_eq!(busy.in_flight(0), 3);
    assert_eq!(picks(&handle, &cluster, 1000).get(&2), None, "it loses every comparison");
    drop(leases);
    assert_eq!(busy.in_flight(0), 0);
}

#[test]
fn another_try_goes_to_another_endpoint() {
    for balancing in [Balancing::RoundRobin, Balancing::PowerOfTwoChoices] {
        let (handle, cluster, _) = cluster(2, balancing);
        for endpoint in &cluster.endpoints {
            for _ in 0..20 {
                let other = handle.pick(&cluster, 0, Some(endpoint)).unwrap();
                assert!(!Arc::ptr_eq(&other, endpoint));
            }
        }
    }
}

#[test]
fn an_endpoint_is_the_same_over_reloads_while_somebody_holds_it() {
    let (_, cluster, registry) = cluster(2, Balancing::RoundRobin);
    let first = cluster.endpoints[0].clone();
    assert!(Arc::ptr_eq(&registry.endpoint(first.id.clone()), &first));
    let other_trust = EndpointId { transport: ContentHash::of(b"other"), ..first.id.clone() };
    assert!(!Arc::ptr_eq(&registry.endpoint(other_trust), &first), "never another's connections");
    let held = Arc::downgrade(&first);
    drop((first, cluster));
    registry.collect();
    assert!(held.upgrade().is_none(), "the registry keeps nothing alive");
}
