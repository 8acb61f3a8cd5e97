use kube::Resource;

use super::*;
use crate::{core, gateway, v1alpha1};

#[test]
fn found_in_every_served_version() {
    assert_eq!(find("gateway.networking.k8s.io/v1", "HTTPRoute").unwrap().plural, "httproutes");
    assert_eq!(find("gateway.networking.k8s.io/v1beta1", "HTTPRoute").unwrap().version, "v1");
    assert_eq!(find("gateway.networking.k8s.io/v1", "ReferenceGrant").unwrap().version, "v1beta1");
    assert_eq!(find("v1", "Service").unwrap().group, "");
    assert!(!find("v1", "Namespace").unwrap().namespaced);
    assert_eq!(find("discovery.k8s.io/v1", "EndpointSlice").unwrap().api_version(), "discovery.k8s.io/v1");
}

#[test]
fn a_near_miss_gets_a_suggestion() {
    let remedy = |api_version, kind| find(api_version, kind).unwrap_err().remedy();
    let route =
        Some("did you mean `apiVersion: gateway.networking.k8s.io/v1`, `kind: HTTPRoute`?".to_owned());
    assert_eq!(
        remedy("gateway.networking.k8s.io/v1alpha2", "HTTPRoute"),
        route,
        "a version that is not served"
    );
    assert_eq!(remedy("v1", "HTTPRoute"), route, "another group");
    assert_eq!(remedy("gateway.networking.k8s.io/v1", "HttpRoute"), route, "case");
    assert_eq!(remedy("gateway.networking.k8s.io/v1", "HTTPRout"), route, "a typing error");
    assert_eq!(remedy("apps/v1", "Deployment"), None);
}

/// The Rust types and the table agree.
#[test]
fn the_table_is_what_the_types_say() {
    fn check<K: Resource<DynamicType = ()>>() {
        let info = find(&K::api_version(&()), &K::kind(&())).unwrap();
        assert_eq!(
            (info.group, info.version, info.plural),
            (K::group(&()).as_ref(), K::version(&()).as_ref(), K::plural(&()).as_ref())
        );
    }
    check::<gateway::GatewayClass>();
    check::<gateway::Gateway>();
    check::<gateway::ListenerSet>();
    check::<gateway::HttpRoute>();
    check::<gateway::GrpcRoute>();
    check::<gateway::TlsRoute>();
    check::<gateway::TcpRoute>();
    check::<gateway::UdpRoute>();
    check::<gateway::ReferenceGrant>();
    check::<gateway::BackendTlsPolicy>();
    check::<v1alpha1::Backend>();
    check::<v1alpha1::BackendPolicy>();
    check::<v1alpha1::ListenerPolicy>();
    check::<v1alpha1::GatewayParameters>();
    check::<core::Namespace>();
    check::<k8s_openapi::api::core::v1::Service>();
    check::<core::Secret>();
    check::<core::ConfigMap>();
    check::<k8s_openapi::api::discovery::v1::EndpointSlice>();
}
