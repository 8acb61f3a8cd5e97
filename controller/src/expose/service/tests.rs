use super::*;
use corten_crds::v1alpha1::{IpFamily, IpFamilyPolicy, TrafficPolicy};

fn gateway(more: Value) -> Gateway {
    let mut spec = json!({"gatewayClassName": "corten", "listeners": []});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "infra"}, "spec": spec,
    }))
    .unwrap()
}

fn service(gateway: &Gateway, parameters: &ServiceParameters, refused: Option<&str>) -> Value {
    let wanted = Wanted {
        gateway,
        uid: "u-1",
        name: "edge-corten",
        controller: "corten.dev_c",
        listeners: &[("TCP", 80), ("UDP", 53), ("TCP", 81)],
        targets: &TargetPorts::from([(80, 20_000), (53, 20_001)]),
        parameters,
        refused,
    };
    wanted.service()
}

#[test]
fn a_service_of_its_own_with_target_ports_of_its_own() {
    let service = service(&gateway(json!({})), &ServiceParameters::default(), None);
    assert_eq!(service["metadata"]["namespace"], "infra");
    assert_eq!(service["metadata"]["ownerReferences"][0]["uid"], "u-1");
    assert_eq!(service["metadata"]["labels"][GATEWAY_NAME], "edge");
    assert_eq!(
        service["spec"],
        json!({"type": "LoadBalancer", "ports": [
            {"name": "tcp-80", "port": 80, "targetPort": 20_000, "protocol": "TCP"},
            {"name": "udp-53", "port": 53, "targetPort": 20_001, "protocol": "UDP"},
        ]}),
        "port 81 has no target, and there is no selector"
    );
}

#[test]
fn labels_and_annotations_are_carried_but_ours_stay() {
    let infrastructure = json!({"infrastructure": {
        "labels": {"team": "edge", CONTROLLER: "mine"}, "annotations": {"lb/size": "2", "lb/kind": "own"},
    }});
    let annotations = [("lb/size", "1"), ("lb/zone", "z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let parameters = ServiceParameters { annotations: annotations.into(), ..ServiceParameters::default() };
    let service = service(&gateway(infrastructure), &parameters, None);
    let meta = &service["metadata"];
    assert_eq!(
        (&meta["labels"]["team"], &meta["labels"][CONTROLLER]),
        (&json!("edge"), &json!("corten.dev_c"))
    );
    let annotations = &meta["annotations"];
    assert_eq!((&annotations["lb/size"], &annotations["lb/zone"]), (&json!("2"), &json!("z")));
    assert_eq!(annotations["lb/kind"], "own");
}

#[test]
fn the_hash_changes_with_what_is_said() {
    let hash = |more| {
        let service = service(&gateway(more), &ServiceParameters::default(), None);
        service["metadata"]["annotations"][APPLIED].as_str().unwrap().to_owned()
    };
    assert_eq!(hash(json!({})), hash(json!({})));
    assert_ne!(hash(json!({})), hash(json!({"infrastructure": {"labels": {"a": "b"}}})));
    assert_ne!(hash(json!({})), hash(json!({"addresses": [{"value": "192.0.2.1"}]})));
}

#[test]
fn parameters_of_the_gateway_win_over_those_of_the_class() {
    let class = ServiceParameters {
        type_: Some(ServiceType::NodePort),
        external_traffic_policy: Some(TrafficPolicy::Local),
        ip_families: vec![IpFamily::V6, IpFamily::V4],
        ip_family_policy: Some(IpFamilyPolicy::PreferDualStack),
        ..ServiceParameters::default()
    };
    let own = ServiceParameters {
        type_: Some(ServiceType::LoadBalancer),
        load_balancer_class: Some("x/y".to_owned()),
        allocate_load_balancer_node_ports: Some(false),
        ..ServiceParameters::default()
    };
    let spec = service(&gateway(json!({})), &merged(Some(&class), Some(&own)), None)["spec"].clone();
    assert_eq!((&spec["type"], &spec["loadBalancerClass"]), (&json!("LoadBalancer"), &json!("x/y")));
    assert_eq!(
        (&spec["externalTrafficPolicy"], &spec["ipFamilyPolicy"]),
        (&json!("Local"), &json!("PreferDualStack"))
    );
    assert_eq!(
        (&spec["ipFamilies"], &spec["allocateLoadBalancerNodePorts"]),
        (&json!(["IPv6", "IPv4"]), &json!(false))
    );
}

#[test]
fn a_service_inside_the_cluster_has_nothing_of_a_load_balancer() {
    let parameters = ServiceParameters {
        type_: Some(ServiceType::ClusterIp),
        external_traffic_policy: Some(TrafficPolicy::Local),
        load_balancer_class: Some("x/y".to_owned()),
        ..ServiceParameters::default()
    };
    let spec = service(&gateway(json!({})), &parameters, None)["spec"].clone();
    assert_eq!(spec.as_object().unwrap().keys().collect::<Vec<_>>(), ["ports", "type"]);
}

#[test]
fn the_first_address_that_is_asked_for_is_asked_for() {
    let addresses = json!({"addresses": [
        {"type": "Hostname", "value": "h"}, {"type": "IPAddress"}, {"value": "192.0.2.7"}, {"value": "192.0.2.8"},
    ]});
    let of = |type_, refused| {
        let parameters = ServiceParameters { type_: Some(type_), ..ServiceParameters::default() };
        service(&gateway(addresses.clone()), &parameters, refused)["spec"].clone()
    };
    assert_eq!(of(ServiceType::LoadBalancer, None)["loadBalancerIP"], "192.0.2.7");
    assert_eq!(of(ServiceType::ClusterIp, None)["clusterIPs"], json!(["192.0.2.7"]));
    assert!(of(ServiceType::ClusterIp, Some("192.0.2.7")).get("clusterIP").is_none(), "once is enough");
}

#[test]
fn names_are_names_of_services() {
    assert_eq!(name("edge", "corten", "u", false), "edge-corten");
    let long = name(&"a".repeat(70), "corten", "u", false);
    assert!(long.len() <= 63 && long.starts_with("gw-aaa"), "{long}");
    for gateway in ["1st", "a.b", "edge"] {
        let name = name(gateway, "corten", "u", true);
        assert!(name.starts_with("gw-") && !name.contains('.'), "{name}");
    }
    assert_ne!(name("a.b", "c", "u", false), name("a-b", "c", "u", false));
    assert_ne!(name("edge", "c", "u", true), name("edge", "c", "v", true));
}
