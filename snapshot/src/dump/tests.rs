use super::*;
use crate::{
    Certificate, CertificateKey, Endpoint, EndpointHost, Endpoints, EndpointsKey, Host, HostnamePattern,
    ListenerKey, Trust, TrustKey, strategies,
};
use proptest::prelude::*;

fn sample() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let certificate = Certificate { chain_pem: "CHAIN".into(), key_pem: "SECRET".into() };
    snapshot.insert(
        PartKey::Certificate(CertificateKey::new("secret/a/b")),
        Part::Certificate(Box::new(certificate)),
    );
    let endpoint = Endpoint { host: EndpointHost::Ip("127.0.0.1".parse().unwrap()), port: 9001, ready: true };
    snapshot.insert(
        PartKey::Endpoints(EndpointsKey::new("service/a/b:80")),
        Part::Endpoints(Endpoints { endpoints: vec![endpoint] }),
    );
    let (listener, hostname) = (ListenerKey::new("a/gw/http"), HostnamePattern::Wildcard("a.test".into()));
    let host =
        Host { listener: listener.clone(), hostname: hostname.clone(), entries: vec![], rules: vec![] };
    snapshot.insert(PartKey::Host(listener, hostname), Part::Host(Box::new(host)));
    for name in ["configmap/a/x", "configmap/a/y"] {
        let part = Part::Trust(Trust { pem: "CA".into() });
        snapshot.insert(PartKey::Trust(TrustKey::new(name)), part);
    }
    snapshot
}

#[test]
fn the_dump_names_every_part_with_its_fields_and_hash() {
    let snapshot = sample();
    let dump = snapshot.to_json();
    assert_eq!(dump["hash"], snapshot.hash().to_string());
    assert_eq!(dump["parts"], 5);
    assert_eq!(dump["certificate"]["secret/a/b"]["chain_pem"], "CHAIN");
    assert_eq!(
        dump["endpoints"]["service/a/b:80"]["endpoints"],
        json!([{"host": {"Ip": "127.0.0.1"}, "port": 9001, "ready": true}])
    );
    assert_eq!(dump["host"]["*.a.test on a/gw/http"]["entries"], json!([]));
    let key = PartKey::Trust(TrustKey::new("configmap/a/x"));
    assert_eq!(dump["trust"]["configmap/a/x"]["hash"], snapshot.get(&key).unwrap().hash.to_string());
}

#[test]
fn private_keys_are_left_out() {
    let text = sample().to_json().to_string();
    assert!(!text.contains("SECRET") && !text.contains("key_pem"), "{text}");
}

#[test]
fn sizes_are_counted_by_kind() {
    let snapshot = sample();
    let sizes = snapshot.sizes();
    // One length byte and two letters, behind the variant's byte; twice.
    assert_eq!(sizes["trust"], KindSize { parts: 2, bytes: 8 });
    assert_eq!(sizes["certificate"].parts, 1);
    assert!(!sizes.contains_key("cluster"));
    assert_eq!(snapshot.to_json()["sizes"]["trust"], json!({"parts": 2, "bytes": 8}));
}

#[test]
fn an_empty_snapshot_has_a_dump() {
    let hash = Snapshot::default().hash().to_string();
    assert_eq!(Snapshot::default().to_json(), json!({"hash": hash, "parts": 0, "bytes": 0, "sizes": {}}));
}

proptest! {
    #[test]
    fn every_part_has_a_dump_without_an_error((key, part) in strategies::part()) {
        let dump = part.to_json();
        prop_assert!(dump.get("error").is_none(), "{key}: {dump}");
        prop_assert_eq!(part.encoded_len(), postcard::to_allocvec(&part).unwrap().len());
        if let Part::Certificate(certificate) = &part {
            prop_assert_eq!(dump, json!({"chain_pem": certificate.chain_pem}));
        }
    }
}
