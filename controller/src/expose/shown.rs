//! What of the exposure of Gateways is read back from the cluster.

use crate::watch::Watched;
use corten_compile::Kind;
use corten_crds::KindInfo;
use k8s_openapi::{
    api::{
        core::v1::{Pod, Service},
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::net::IpAddr;

use super::ports::{GatewayName, TargetPorts};

/// The label that names a Service's Gateway (GEP-1762).
pub(super) const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// The label that says which controller has made a Service: `controllerName` with `_` for `/`.
pub(super) const CONTROLLER: &str = "corten.dev/controller";
/// The annotation with a hash of what was written last.
pub(super) const APPLIED: &str = "corten.dev/applied";
/// The annotation with the address that the cluster has refused to give.
pub(super) const REFUSED: &str = "corten.dev/refused-address";

macro_rules! whole {
    ($(#[$doc:meta])* $name:ident($type:ty) = $group:literal $kind:literal $plural:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(transparent)]
        pub(super) struct $name(pub(super) $type);

        impl Watched for $name {
            fn info() -> KindInfo {
                let (group, kind, plural) = ($group, $kind, $plural);
                KindInfo { group, version: "v1", served: &["v1"], kind, plural, namespaced: true }
            }
            fn kind() -> Option<Kind> {
                None
            }
            /// Its status and owners are what it is read for.
            fn strip(object: &mut Map<String, Value>) {
                if let Some(Value::Object(meta)) = object.get_mut("metadata") {
                    meta.remove("managedFields");
                    meta.remove("resourceVersion");
                }
                slim(object);
            }
        }
    };
}

whole! {
    /// The Service of a Gateway.
    GatewayService(Service) = "" "Service" "services"
}
whole! {
    /// One of its EndpointSlices.
    GatewaySlice(EndpointSlice) = "discovery.k8s.io" "EndpointSlice" "endpointslices"
}
whole! {
    /// A pod of the gateway.
    GatewayPod(Pod) = "" "Pod" "pods"
}

/// Of a pod only the node, the addresses and the readiness are kept; of the others all. How often a container was started
/// again, and when, is no change to us.
fn slim(object: &mut Map<String, Value>) {
    if let Some(Value::Object(spec)) = object.get_mut("spec").filter(|spec| spec.get("containers").is_some())
    {
        spec.retain(|member, _| member == "nodeName");
        spec.insert("containers".to_owned(), Value::Array(Vec::new()));
        if let Some(Value::Object(status)) = object.get_mut("status") {
            let kept = ["podIPs", "conditions", "phase", "containerStatuses"];
            status.retain(|member, _| kept.contains(&member.as_str()));
            let containers = status.get_mut("containerStatuses").and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
                container.retain(|member, _| matches!(member.as_str(), "name" | "ready"));
            }
        }
    }
}

/// The label value for a controller's name.
pub(super) fn label_of(controller_name: &str) -> String {
    let text: String = controller_name
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() || matches!(char, '.' | '-') { char } else { '_' })
        .collect();
    let end = text.len().saturating_sub(63);
    text.get(end..).unwrap_or_default().trim_matches(['.', '-', '_']).to_owned()
}

impl GatewayService {
    /// Its metadata.
    pub(super) fn meta(&self) -> &ObjectMeta {
        &self.0.metadata
    }

    /// The Gateway that it says it is of: namespace and name.
    pub(super) fn gateway(&self) -> Option<GatewayName> {
        let name = self.meta().labels.as_ref()?.get(GATEWAY_NAME)?;
        Some((self.meta().namespace.clone()?, name.clone()))
    }

    /// Whether the Gateway of this uid owns it.
    pub(super) fn is_owned_by(&self, uid: &str) -> bool {
        let owners = self.meta().owner_references.iter().flatten();
        owners.into_iter().any(|owner| owner.kind == Kind::Gateway.as_str() && owner.uid == uid)
    }

    /// Its target ports.
    pub(super) fn ports(&self) -> TargetPorts {
        let ports = self.0.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        let numbers = ports.filter_map(|port| {
            let Some(IntOrString::Int(target)) = port.target_port else { return None };
            Some((u16::try_from(port.port).ok()?, u16::try_from(target).ok()?))
        });
        numbers.collect()
    }

    /// Where it is reached: as its load balancer says, else inside the cluster.
    pub(super) fn addresses(&self) -> Vec<String> {
        let Some(spec) = &self.0.spec else { return Vec::new() };
        let mut addresses = Vec::new();
        if spec.type_.as_deref() == Some("LoadBalancer") {
            let balancer = self.0.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let ingress = balancer.into_iter().flat_map(|balancer| balancer.ingress.iter().flatten());
            addresses.extend(ingress.filter_map(|entry| entry.ip.clone().or_else(|| entry.hostname.clone())));
        } else {
            let own = spec.cluster_ips.iter().flatten().filter(|ip| ip.parse::<IpAddr>().is_ok());
            addresses.extend(own.cloned());
        }
        addresses
    }

    /// An annotation.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        annotation(self.meta(), name)
    }
}

/// An annotation.
pub(super) fn annotation<'m>(meta: &'m ObjectMeta, name: &str) -> Option<&'m str> {
    meta.annotations.as_ref()?.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Seen;
    use serde_json::json;

    fn service(spec: Value, status: Value) -> GatewayService {
        let object = json!({
            "metadata": {
                "name": "s", "namespace": "infra", "labels": {GATEWAY_NAME: "edge"}, "managedFields": [{}],
                "ownerReferences": [{"apiVersion": "g/v1", "kind": "Gateway", "name": "edge", "uid": "u-1"}],
            },
            "spec": spec, "status": status,
        });
        (*Seen::<GatewayService>::of(object).object.unwrap()).clone()
    }

    #[test]
    fn the_gateway_is_told_by_the_label_and_the_owner() {
        let service = service(json!({}), json!({}));
        assert_eq!(service.gateway(), Some(("infra".to_owned(), "edge".to_owned())));
        assert!(service.is_owned_by("u-1") && !service.is_owned_by("u-2"));
    }

    #[test]
    fn ports_are_numbers_only() {
        let ports = json!([
            {"port": 80, "targetPort": 20_001}, {"port": 81, "targetPort": "http"}, {"port": 82},
        ]);
        assert_eq!(service(json!({"ports": ports}), json!({})).ports(), TargetPorts::from([(80, 20_001)]));
    }

    #[test]
    fn addresses_are_the_load_balancers_or_the_clusters() {
        let status = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.example"}]}});
        let balanced = json!({"type": "LoadBalancer", "clusterIPs": ["10.0.0.1"]});
        assert_eq!(service(balanced, status.clone()).addresses(), ["192.0.2.1", "lb.example"]);
        let inside = json!({"type": "ClusterIP", "clusterIPs": ["10.0.0.1", "fd00::1"]});
        assert_eq!(service(inside, status).addresses(), ["10.0.0.1", "fd00::1"]);
        assert_eq!(service(json!({"clusterIPs": ["None"]}), json!({})).addresses(), [""; 0]);
    }

    #[test]
    fn of_a_pod_little_is_kept() {
        let seen = Seen::<GatewayPod>::of(json!({
            "metadata": {"name": "p", "namespace": "n"},
            "spec": {"nodeName": "node", "containers": [{"name": "c", "image": "i"}], "volumes": []},
            "status": {
                "podIPs": [{"ip": "10.1.0.1"}], "phase": "Running", "startTime": "2026-11-24T12:00:00Z",
                "containerStatuses": [{"name": "c", "ready": true, "restartCount": 7, "image": "i", "imageID": "i"}],
            },
        }));
        let pod = seen.object.unwrap();
        let containers = pod.0.status.as_ref().unwrap().container_statuses.as_ref().unwrap();
        assert_eq!(
            (containers[0].name.as_str(), containers[0].ready, containers[0].restart_count),
            ("c", true, 0)
        );
        let spec = pod.0.spec.as_ref().unwrap();
        assert_eq!((spec.node_name.as_deref(), spec.containers.len()), (Some("node"), 0));
        assert_eq!(pod.0.status.as_ref().unwrap().pod_ips.as_ref().unwrap()[0].ip, "10.1.0.1");
    }

    #[test]
    fn a_controllers_name_as_a_label() {
        assert_eq!(label_of("corten.dev/gateway-controller"), "corten.dev_gateway-controller");
        assert_eq!(label_of(&format!("x/{}", "a".repeat(90))).len(), 63);
    }
}
