use super::*;
use corten_crds::v1alpha1::TrafficPolicy;
use serde::de::DeserializeOwned;
use serde_json::json;

fn object<T: DeserializeOwned>(namespace: &str, name: &str, spec: &Value) -> T {
    let meta = json!({"namespace": namespace, "name": name});
    serde_json::from_value(json!({"apiVersion": "v1", "kind": "K", "metadata": meta, "spec": spec})).unwrap()
}

fn reference(name: &str, namespace: Option<&str>) -> Value {
    let mut reference = json!({"group": "corten.dev", "kind": "GatewayParameters", "name": name});
    if let Some(namespace) = namespace {
        reference["namespace"] = json!(namespace);
    }
    reference
}

#[test]
fn parameters_are_those_of_the_class_and_the_gateway() {
    let parameters = |namespace: &str, name: &str, service: &Value| {
        Arc::new(object(namespace, name, &json!({"service": service})))
    };
    let class = json!({"controllerName": "c", "parametersRef": reference("all", Some("corten-system"))});
    let gateway = json!({
        "gatewayClassName": "corten", "listeners": [],
        "infrastructure": {"parametersRef": reference("own", None)},
    });
    let inputs = Inputs {
        gateway_classes: vec![Arc::new(object("", "corten", &class))],
        gateway_parameters: vec![
            parameters(
                "corten-system",
                "all",
                &json!({"type": "NodePort", "externalTrafficPolicy": "Local"}),
            ),
            parameters("infra", "own", &json!({"type": "ClusterIP"})),
            parameters("infra", "all", &json!({"type": "LoadBalancer"})),
        ],
        ..Inputs::default()
    };
    let merged = super::parameters(&inputs, &object("infra", "edge", &gateway));
    assert_eq!(merged.type_, Some(ServiceType::ClusterIp));
    assert_eq!(merged.external_traffic_policy, Some(TrafficPolicy::Local));
}

fn service(spec: &Value, applied: &str) -> GatewayService {
    let mut service = json!({"metadata": {"name": "s", "annotations": {APPLIED: applied}}});
    service["spec"] = spec.clone();
    (*Seen::<GatewayService>::of(service).object.unwrap()).clone()
}

#[test]
fn a_service_is_written_if_it_or_its_ports_are_not_as_they_were_left() {
    let wanted = json!({"metadata": {"annotations": {APPLIED: "h"}}});
    let ports = json!({"ports": [{"port": 80, "targetPort": 20_000}]});
    let targets = TargetPorts::from([(80, 20_000)]);
    assert!(is_applied(&wanted, &service(&ports, "h"), &targets));
    assert!(!is_applied(&wanted, &service(&ports, "i"), &targets));
    assert!(!is_applied(
        &wanted,
        &service(&json!({"ports": [{"port": 80, "targetPort": 1}]}), "h"),
        &targets
    ));
}

#[test]
fn what_cannot_be_changed_needs_another_service() {
    let gateway: Gateway = object(
        "infra",
        "edge",
        &json!({
            "gatewayClassName": "c", "listeners": [], "addresses": [{"value": "10.0.0.9"}],
        }),
    );
    let another = |type_: ServiceType, class: Option<&str>, refused: Option<&str>, existing: &Value| {
        let parameters = ServiceParameters {
            type_: Some(type_),
            load_balancer_class: class.map(str::to_owned),
            ..ServiceParameters::default()
        };
        let wanted = Wanted {
            gateway: &gateway,
            uid: "u",
            name: "s",
            controller: "c",
            listeners: &[],
            targets: &TargetPorts::new(),
            parameters: &parameters,
            refused,
        };
        must_be_another(&wanted, &service(existing, ""))
    };
    let inside = |ip: &str| json!({"type": "ClusterIP", "clusterIP": ip});
    assert!(another(ServiceType::ClusterIp, None, None, &inside("10.0.0.1")));
    assert!(!another(ServiceType::ClusterIp, None, None, &inside("10.0.0.9")));
    assert!(!another(ServiceType::ClusterIp, None, Some("10.0.0.9"), &inside("10.0.0.1")), "it was refused");
    let balanced = json!({"type": "LoadBalancer", "loadBalancerClass": "a/b"});
    assert!(another(ServiceType::LoadBalancer, Some("c/d"), None, &balanced));
    assert!(!another(ServiceType::LoadBalancer, Some("a/b"), None, &balanced));
    assert!(!another(ServiceType::LoadBalancer, Some("c/d"), None, &inside("10.0.0.1")), "it becomes one");
}
