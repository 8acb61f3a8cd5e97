//! The Service of a Gateway, as it should be.

use super::{
    ports::TargetPorts,
    shown::{APPLIED, CONTROLLER, GATEWAY_NAME, REFUSED},
};
use corten_crds::{
    gateway::Gateway,
    v1alpha1::{ServiceParameters, ServiceType},
};
use corten_snapshot::ContentHash;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, net::IpAddr};

/// What a Service is made of.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The Gateway, and its uid.
    pub(super) gateway: &'a Gateway,
    pub(super) uid: &'a str,
    /// The name of the Service.
    pub(super) name: &'a str,
    /// The value of the label of the controller.
    pub(super) controller: &'a str,
    /// The protocols (`TCP`, `UDP`) and ports of listeners.
    pub(super) listeners: &'a [(&'static str, u16)],
    /// Target ports by port.
    pub(super) targets: &'a TargetPorts,
    /// As the parameters say.
    pub(super) parameters: &'a ServiceParameters,
    /// The address that the cluster has refused to give before.
    pub(super) refused: Option<&'a str>,
}

/// The address of the cluster, or of the load balancer, that the Gateway asks for first.
pub(super) fn asked(gateway: &Gateway) -> Option<IpAddr> {
    let ip = |address: &corten_crds::gateway::GatewayAddress| {
        let is_ip = address.type_.as_deref().is_none_or(|type_| type_ == "IPAddress");
        address.value.as_deref().filter(|_| is_ip)?.parse().ok()
    };
    gateway.spec.addresses.iter().find_map(ip)
}

/// What both say, `own` says.
pub(super) fn merged(
    class: Option<&ServiceParameters>,
    own: Option<&ServiceParameters>,
) -> ServiceParameters {
    let (class, own) = (class.cloned().unwrap_or_default(), own.cloned().unwrap_or_default());
    let mut annotations = class.annotations;
    annotations.extend(own.annotations);
    let list = |own: Vec<_>, class: Vec<_>| if own.is_empty() { class } else { own };
    ServiceParameters {
        type_: own.type_.or(class.type_),
        annotations,
        external_traffic_policy: own.external_traffic_policy.or(class.external_traffic_policy),
        load_balancer_class: own.load_balancer_class.or(class.load_balancer_class),
        load_balancer_source_ranges: list(own.load_balancer_source_ranges, class.load_balancer_source_ranges),
        allocate_load_balancer_node_ports: own
            .allocate_load_balancer_node_ports
            .or(class.allocate_load_balancer_node_ports),
        ip_families: if own.ip_families.is_empty() { class.ip_families } else { own.ip_families },
        ip_family_policy: own.ip_family_policy.or(class.ip_family_policy),
    }
}

/// The name of a Gateway's Service: `GATEWAY-CLASS` (GEP-1762) where that is a name for a Service, else one with a hash.
/// With `taken`, always one with a hash.
pub(super) fn name(gateway: &str, class: &str, uid: &str, taken: bool) -> String {
    let plain = format!("{gateway}-{class}");
    let is_label = |text: &str| {
        text.len() <= 63
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit())
            && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
    };
    if is_label(&plain) && !taken {
        return plain;
    }
    let hash = ContentHash::of(format!("{plain}/{uid}").as_bytes()).to_string();
    let dashed: String =
        plain.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    let head: String = dashed.chars().take(48).collect();
    format!("gw-{}-{}", head.trim_matches('-'), hash.chars().take(8).collect::<String>())
}

impl Wanted<'_> {
    /// The Service for a server-side apply.
    pub(super) fn service(&self) -> Value {
        let infrastructure = self.gateway.spec.infrastructure.clone().unwrap_or_default();
        let mut labels = infrastructure.labels;
        labels.insert(GATEWAY_NAME.to_owned(), self.gateway.metadata.name.clone().unwrap_or_default());
        labels.insert(CONTROLLER.to_owned(), self.controller.to_owned());
        labels.insert("app.kubernetes.io/managed-by".to_owned(), "corten".to_owned());
        let mut annotations = self.parameters.annotations.clone();
        annotations.extend(infrastructure.annotations);
        let spec = self.spec();
        let owner = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "name": self.gateway.metadata.name, "uid": self.uid, "controller": true, "blockOwnerDeletion": false,
        });
        self.remember(&mut annotations, &labels, &spec);
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": self.name,
                "namespace": self.gateway.metadata.namespace,
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [owner],
            },
            "spec": spec,
        })
    }

    /// A hash over all that is said, so that it is said once.
    fn remember(
        &self,
        annotations: &mut BTreeMap<String, String>,
        labels: &BTreeMap<String, String>,
        spec: &Value,
    ) {
        if let Some(refused) = self.refused {
            annotations.insert(REFUSED.to_owned(), refused.to_owned());
        }
        let text = json!([labels, annotations, spec, self.uid]).to_string();
        annotations.insert(APPLIED.to_owned(), ContentHash::of(text.as_bytes()).to_string());
    }

    /// The type of the Service.
    fn type_(&self) -> ServiceType {
        self.parameters.type_.unwrap_or(ServiceType::LoadBalancer)
    }

    /// The address to ask the cluster for.
    pub(super) fn address(&self) -> Option<String> {
        asked(self.gateway).map(|ip| ip.to_string()).filter(|ip| self.refused != Some(ip))
    }

    /// Whether the Service must have this address from the beginning, since it cannot be changed: the cluster's own.
    pub(super) fn has_fixed_address(&self) -> bool {
        self.type_() != ServiceType::LoadBalancer
    }

    fn spec(&self) -> Value {
        let ports: Vec<_> = self
            .listeners
            .iter()
            .filter_map(|(protocol, port)| {
                let target = self.targets.get(port)?;
                Some(json!({
                    "name": port_name(protocol, *port), "port": port, "targetPort": target, "protocol": protocol,
                }))
            })
            .collect();
        let mut spec = Map::new();
        let mut say = |member: &str, value: Value| drop(spec.insert(member.to_owned(), value));
        say("type", json!(self.type_().as_str()));
        say("ports", json!(ports));
        let parameters = self.parameters;
        if self.type_() == ServiceType::LoadBalancer {
            if let Some(address) = self.address() {
                say("loadBalancerIP", json!(address));
            }
            if let Some(class) = &parameters.load_balancer_class {
                say("loadBalancerClass", json!(class));
            }
            if !parameters.load_balancer_source_ranges.is_empty() {
                say("loadBalancerSourceRanges", json!(parameters.load_balancer_source_ranges));
            }
            if let Some(allocate) = parameters.allocate_load_balancer_node_ports {
                say("allocateLoadBalancerNodePorts", json!(allocate));
            }
        } else if let Some(address) = self.address() {
            say("clusterIP", json!(address));
            say("clusterIPs", json!([address]));
        }
        if self.type_() != ServiceType::ClusterIp
            && let Some(policy) = parameters.external_traffic_policy
        {
            say("externalTrafficPolicy", json!(policy.as_str()));
        }
        if !parameters.ip_families.is_empty() {
            say("ipFamilies", json!(parameters.ip_families));
        }
        if let Some(policy) = parameters.ip_family_policy {
            say("ipFamilyPolicy", json!(policy.as_str()));
        }
        Value::Object(spec)
    }
}

/// The name of a Service's port, and of the port of its slices.
pub(super) fn port_name(protocol: &str, port: u16) -> String {
    format!("{}-{port}", protocol.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
