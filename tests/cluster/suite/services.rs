//! What Corten builds upon: a Service of type LoadBalancer, and one whose endpoints somebody else writes.

use corten_test_support::{
    cluster::{Namespace, connect},
    eventually,
};
use std::{collections::BTreeSet, net::SocketAddr};

const ECHO: &str = include_str!("echo.yaml");

fn pod_that_answered(address: SocketAddr) -> String {
    let response = connect(address).get("echo.example", "/");
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["pod"].as_str().expect("the pod's name").to_owned()
}

/// Both pods behind the address answer.
#[test]
fn a_load_balancer_reaches_every_pod() {
    let namespace = Namespace::create("balanced");
    namespace.apply(ECHO);
    namespace.wait_for_deployment("echo");
    let address = SocketAddr::from((namespace.load_balancer("echo"), 80));
    let mut pods = BTreeSet::new();
    eventually("an answer of each pod", || {
        pods.insert(pod_that_answered(address));
        pods.len() == 2
    });
}

/// How each Gateway gets a Service of its own: no selector, and an EndpointSlice that lists pods of another namespace
/// on another port.
#[test]
fn a_service_may_lead_to_pods_of_another_namespace() {
    let (pods, gateway) = (Namespace::create("release"), Namespace::create("gateway"));
    pods.apply(ECHO);
    pods.wait_for_deployment("echo");
    let pod = pods
        .kubectl(&["get", "pods", "--output=jsonpath={.items[0].metadata.name} {.items[0].status.podIP}"], "")
        .unwrap();
    let (name, ip) = pod.split_once(' ').unwrap();
    gateway.apply(&format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: front}}
spec:
  type: LoadBalancer
  ports: [{{name: http, port: 8080}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: front-1
  labels: {{kubernetes.io/service-name: front, endpointslice.kubernetes.io/managed-by: corten.dev}}
addressType: IPv4
endpoints: [{{addresses: ['{ip}'], conditions: {{ready: true}}}}]
ports: [{{name: http, port: 3000, protocol: TCP}}]
"
    ));
    let address = SocketAddr::from((gateway.load_balancer("front"), 8080));
    assert_eq!(pod_that_answered(address), name);
}
