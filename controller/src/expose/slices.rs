//! The EndpointSlices of a Gateway's Service: the gateway pods, at the Gateway's own target ports.

use super::{
    ports::TargetPorts,
    service::port_name,
    shown::{APPLIED, CONTROLLER, GatewayPod},
};
use corten_snapshot::ContentHash;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};

/// Who manages the slices: the EndpointSlice controller leaves them alone.
pub(super) const MANAGED_BY: &str = "corten.dev";
/// The most endpoints of a slice.
const MOST: usize = 100;

/// The container of a gateway pod that serves traffic. A pod whose controller is away serves on, so that its readiness
/// as a whole says too little: with all controllers away nobody would be sent any traffic.
const DATAPLANE: &str = "dataplane";

/// What slices are made of.
pub(super) struct Backing<'a> {
    /// The Service, its namespace and uid.
    pub(super) service: &'a str,
    pub(super) namespace: &'a str,
    pub(super) uid: &'a str,
    /// The value of the label of the controller.
    pub(super) controller: &'a str,
    /// The protocols and ports of listeners.
    pub(super) listeners: &'a [(&'static str, u16)],
    /// Target ports by port.
    pub(super) targets: &'a TargetPorts,
    /// The gateway pods, sorted.
    pub(super) pods: &'a [Arc<GatewayPod>],
}

impl Backing<'_> {
    /// The slices by name: at least one for IPv4, and one for IPv6 where pods have such addresses.
    pub(super) fn slices(&self) -> Vec<(String, Value)> {
        let mut slices = Vec::new();
        for (family, is_of) in [("IPv4", IpAddr::is_ipv4 as fn(&IpAddr) -> bool), ("IPv6", IpAddr::is_ipv6)] {
            let endpoints: Vec<Value> = self.pods.iter().filter_map(|pod| endpoint(&pod.0, is_of)).collect();
            let mut chunks: Vec<&[Value]> = endpoints.chunks(MOST).collect();
            if chunks.is_empty() && family == "IPv4" {
                chunks.push(&[]);
            }
            for (number, chunk) in chunks.into_iter().enumerate() {
                let name = format!("{}-{}-{number}", self.service, family.to_ascii_lowercase());
                slices.push((name.clone(), self.slice(&name, family, chunk)));
            }
        }
        slices
    }

    fn slice(&self, name: &str, family: &str, endpoints: &[Value]) -> Value {
        let ports: Vec<_> = self
            .listeners
            .iter()
            .filter_map(|(protocol, port)| {
                let target = self.targets.get(port)?;
                Some(json!({"name": port_name(protocol, *port), "port": target, "protocol": protocol}))
            })
            .collect();
        let hash = ContentHash::of(json!([family, endpoints, ports, self.uid]).to_string().as_bytes());
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "labels": {
                    "kubernetes.io/service-name": self.service,
                    "endpointslice.kubernetes.io/managed-by": MANAGED_BY,
                    CONTROLLER: self.controller,
                },
                "annotations": {APPLIED: hash.to_string()},
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Service", "name": self.service, "uid": self.uid, "controller": true,
                }],
            },
            "addressType": family,
            "endpoints": endpoints,
            "ports": ports,
        })
    }
}

/// A pod as an endpoint. `None` before it has an address of the family, and once it has ended.
fn endpoint(pod: &Pod, is_of: fn(&IpAddr) -> bool) -> Option<Value> {
    let status = pod.status.as_ref()?;
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return None;
    }
    let mut addresses = status.pod_ips.iter().flatten().map(|ip| &ip.ip);
    let address = addresses.find(|ip| ip.parse().is_ok_and(|ip| is_of(&ip)))?;
    let serving = serves(status);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let mut endpoint = json!({
        "addresses": [address],
        "conditions": {"ready": serving && !terminating, "serving": serving, "terminating": terminating},
        "targetRef": {
            "kind": "Pod", "namespace": pod.metadata.namespace, "name": pod.metadata.name, "uid": pod.metadata.uid,
        },
    });
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref());
    if let (Some(node), Value::Object(members)) = (node, &mut endpoint) {
        members.insert("nodeName".to_owned(), json!(node));
    }
    Some(endpoint)
}

/// Whether the pod is ready, or only its controller is not. Where the pod is not ready although all its containers are, its
/// node does not answer any more, or a readiness gate says no.
fn serves(status: &PodStatus) -> bool {
    let says = |condition: &str, value: &str| {
        let mut conditions = status.conditions.iter().flatten();
        conditions.any(|has| has.type_ == condition && has.status == value)
    };
    let mut containers = status.container_statuses.iter().flatten();
    let mut dataplane = || containers.any(|container| container.name == DATAPLANE && container.ready);
    says("Ready", "True") || says("ContainersReady", "False") && dataplane()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Seen;

    fn pod(name: &str, ips: &[&str], ready: bool, deleted: bool) -> Arc<GatewayPod> {
        let ips: Vec<_> = ips.iter().map(|ip| json!({"ip": ip})).collect();
        let mut pod = json!({
            "metadata": {"name": name, "namespace": "corten-system", "uid": name},
            "spec": {"nodeName": "node-1", "containers": []},
            "status": {
                "phase": "Running", "podIPs": ips,
                "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            },
        });
        if deleted {
            pod["metadata"]["deletionTimestamp"] = json!("2026-11-24T12:00:00Z");
        }
        Seen::of(pod).object.unwrap()
    }

    fn slices(pods: &[Arc<GatewayPod>]) -> Vec<(String, Value)> {
        let backing = Backing {
            service: "edge-corten",
            namespace: "infra",
            uid: "s-1",
            controller: "c",
            listeners: &[("TCP", 80), ("TCP", 443)],
            targets: &TargetPorts::from([(80, 20_000)]),
            pods,
        };
        backing.slices()
    }

    #[test]
    fn pods_are_listed_at_the_target_ports() {
        let slices = slices(&[pod("a", &["10.0.0.1"], true, false), pod("b", &[], false, false)]);
        assert_eq!(slices.len(), 1);
        let (name, slice) = &slices[0];
        assert_eq!((name.as_str(), &slice["addressType"]), ("edge-corten-ipv4-0", &json!("IPv4")));
        assert_eq!(slice["ports"], json!([{"name": "tcp-80", "port": 20_000, "protocol": "TCP"}]));
        let endpoints = slice["endpoints"].as_array().unwrap();
        assert_eq!((endpoints.len(), &endpoints[0]["addresses"]), (1, &json!(["10.0.0.1"])));
        assert_eq!(endpoints[0]["nodeName"], "node-1");
        assert_eq!(slice["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"], "corten.dev");
        assert_eq!(slice["metadata"]["labels"]["kubernetes.io/service-name"], "edge-corten");
    }

    #[test]
    fn readiness_is_the_pods_and_one_that_ends_still_serves() {
        let slices = slices(&[pod("a", &["10.0.0.1"], false, false), pod("b", &["10.0.0.2"], true, true)]);
        let endpoints = &slices[0].1["endpoints"];
        assert_eq!(
            endpoints[0]["conditions"],
            json!({"ready": false, "serving": false, "terminating": false})
        );
        assert_eq!(endpoints[1]["conditions"], json!({"ready": false, "serving": true, "terminating": true}));
    }

    #[test]
    fn a_pod_whose_controller_is_away_serves() {
        let of = |dataplane: bool, controller: bool| {
            let all = if dataplane && controller { "True" } else { "False" };
            let status = json!({
                "phase": "Running", "podIPs": [{"ip": "10.0.0.1"}],
                "conditions": [{"type": "Ready", "status": all}, {"type": "ContainersReady", "status": all}],
                "containerStatuses": [
                    {"name": "controller", "ready": controller}, {"name": "dataplane", "ready": dataplane},
                ],
            });
            let metadata = json!({"name": "a", "namespace": "corten-system"});
            let pod = json!({"metadata": metadata, "spec": {"containers": []}, "status": status});
            let pod = Seen::<GatewayPod>::of(pod).object.unwrap();
            slices(&[pod])[0].1["endpoints"][0]["conditions"]["ready"].clone()
        };
        assert_eq!([of(true, true), of(true, false), of(false, true)], [true, true, false]);
    }

    /// Of a node that does not answer nobody hears how its containers are: the node's controller takes the pod's readiness
    /// away, and leaves the containers' as it was heard last. A readiness gate says no in the same way.
    #[test]
    fn a_pod_that_is_not_ready_though_its_containers_are_does_not_serve() {
        let pod = Seen::<GatewayPod>::of(json!({
            "metadata": {"name": "a", "namespace": "corten-system"}, "spec": {"containers": []},
            "status": {
                "phase": "Running", "podIPs": [{"ip": "10.0.0.1"}],
                "conditions": [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}],
                "containerStatuses": [{"name": "controller", "ready": true}, {"name": "dataplane", "ready": true}],
            },
        }));
        let conditions = &slices(&[pod.object.unwrap()])[0].1["endpoints"][0]["conditions"];
        assert_eq!(*conditions, json!({"ready": false, "serving": false, "terminating": false}));
    }

    #[test]
    fn two_families_have_two_slices() {
        let slices = slices(&[pod("a", &["10.0.0.1", "fd00::1"], true, false)]);
        let addresses: Vec<_> =
            slices.iter().map(|(_, slice)| &slice["endpoints"][0]["addresses"][0]).collect();
        assert_eq!(addresses, ["10.0.0.1", "fd00::1"]);
        assert_eq!(slices[1].0, "edge-corten-ipv6-0");
    }

    #[test]
    fn without_a_pod_there_is_an_empty_slice_and_with_many_there_are_several() {
        assert_eq!(slices(&[])[0].1["endpoints"], json!([]));
        let many: Vec<_> =
            (0..150).map(|i| pod(&format!("p{i}"), &[&format!("10.0.0.{i}")], true, false)).collect();
        assert_eq!(slices(&many).len(), 2);
    }

    #[test]
    fn the_hash_changes_with_the_endpoints() {
        let hash = |pods: &[Arc<GatewayPod>]| slices(pods)[0].1["metadata"]["annotations"][APPLIED].clone();
        let (ready, not) = (pod("a", &["10.0.0.1"], true, false), pod("a", &["10.0.0.1"], false, false));
        assert_eq!(hash(std::slice::from_ref(&ready)), hash(std::slice::from_ref(&ready)));
        assert_ne!(hash(&[ready]), hash(&[not]));
    }
}
