use super::*;
use k8s_openapi::api::{core::v1 as core, discovery::v1 as discovery};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What is read of a text, which is the same by way of the API's type.
fn read<T, A>(value: &Value) -> T
where
    T: DeserializeOwned + PartialEq + std::fmt::Debug + for<'a> From<&'a A>,
    A: DeserializeOwned,
{
    let typed: T = serde_json::from_value(value.clone()).unwrap();
    let through: A = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(T::from(&through), typed);
    typed
}

#[test]
fn services() {
    let service: Service = read::<_, core::Service>(&json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "a", "namespace": "shop", "labels": {"x": "y"}, "uid": "1"},
        "spec": {
            "clusterIP": "10.0.0.1", "type": "ExternalName", "externalName": "example.com",
            "ports": [
                {"name": "web", "port": 80, "targetPort": 8080, "protocol": "TCP", "appProtocol": "http"},
                {"name": "tls", "port": 443, "targetPort": "tls", "nodePort": 30000},
            ],
        },
    }));
    assert_eq!(service.metadata.namespace.as_deref(), Some("shop"));
    assert_eq!(service.metadata.name.as_deref(), Some("a"));
    assert_eq!(service.spec.type_.as_deref(), Some("ExternalName"));
    assert_eq!(service.spec.external_name.as_deref(), Some("example.com"));
    let [web, tls] = &*service.spec.ports else { panic!("{:?}", service.spec.ports) };
    assert_eq!((web.name.as_deref(), web.port), (Some("web"), 80));
    assert_eq!((web.protocol.as_deref(), web.app_protocol.as_deref()), (Some("TCP"), Some("http")));
    assert_eq!(web.target_port, Some(IntOrString::Int(8080)));
    assert_eq!((tls.protocol.as_deref(), tls.app_protocol.as_deref()), (None, None));
    assert_eq!(tls.target_port, Some(IntOrString::String("tls".to_owned())));
}

#[test]
fn endpoint_slices() {
    let slice: EndpointSlice = read::<_, discovery::EndpointSlice>(&json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "a-1", "namespace": "shop", "labels": {"x": "y", (SERVICE_NAME): "a"}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": ["10.0.0.1", "10.0.0.2"], "nodeName": "n", "zone": "z"},
            {"addresses": [], "conditions": {"ready": false, "serving": true, "terminating": true}},
        ],
        "ports": [{"name": "web", "port": 8080, "protocol": "TCP", "appProtocol": "http"}, {}],
    }));
    assert_eq!(slice.metadata.name.as_deref(), Some("a-1"));
    assert_eq!(slice.service.as_deref(), Some("a"));
    let [first, second] = &*slice.endpoints else { panic!("{:?}", slice.endpoints) };
    assert_eq!((first.address.as_deref(), first.conditions), (Some("10.0.0.1"), <_>::default()));
    let leaving = EndpointConditions { ready: Some(false), serving: Some(true), terminating: Some(true) };
    assert_eq!((second.address.as_deref(), second.conditions), (None, leaving));
    let web = EndpointPort { name: Some("web".into()), protocol: Some("TCP".into()), port: Some(8080) };
    assert_eq!(*slice.ports, [web, EndpointPort::default()]);
}

#[test]
fn what_is_missing_or_null_is_empty() {
    let null = json!({"metadata": {"name": null}, "spec": {"ports": null, "type": null}});
    assert_eq!(read::<Service, core::Service>(&null), Service::default());
    assert_eq!(read::<Service, core::Service>(&json!({})), Service::default());
    let null = json!({
        "metadata": {"labels": null}, "addressType": "IPv4", "endpoints": null, "ports": null,
    });
    assert_eq!(read::<EndpointSlice, discovery::EndpointSlice>(&null), EndpointSlice::default());
    assert_eq!(serde_json::from_value::<EndpointSlice>(json!({})).unwrap(), EndpointSlice::default());
}

/// There may be ten thousands of them.
#[test]
fn they_are_small() {
    assert!(size_of::<Service>() <= 80, "{}", size_of::<Service>());
    assert!(size_of::<EndpointSlice>() <= 80, "{}", size_of::<EndpointSlice>());
}
