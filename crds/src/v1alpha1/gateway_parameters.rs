//! GatewayParameters: how Gateways are exposed.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How Gateways are exposed. A GatewayClass names it in `parametersRef`, with its namespace, for all its Gateways; a Gateway
/// of the same namespace names it in `infrastructure.parametersRef`. What both say, the Gateway's says.
#[derive(CustomResource, KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "corten.dev",
    version = "v1alpha1",
    kind = "GatewayParameters",
    plural = "gatewayparameters",
    doc = "GatewayParameters says how Gateways are exposed: the type and the settings of the Service that each of them gets.",
    category = "corten",
    shortname = "cgp",
    namespaced,
    derive = "PartialEq",
    derive = "Default",
    printcolumn(name = "Service", type_ = "string", json_path = ".spec.service.type"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct GatewayParametersSpec {
    /// The Service of each Gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceParameters>,
}

/// Settings of a Gateway's Service.
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.type) || self.type != 'ClusterIP' || !(has(self.externalTrafficPolicy) || has(self.loadBalancerClass) || has(self.loadBalancerSourceRanges) || has(self.allocateLoadBalancerNodePorts))").message("a Service of type ClusterIP has no externalTrafficPolicy and no settings of a load balancer"))]
#[x_kube(validation = Rule::new("!has(self.type) || self.type != 'NodePort' || !(has(self.loadBalancerClass) || has(self.loadBalancerSourceRanges) || has(self.allocateLoadBalancerNodePorts))").message("a Service of type NodePort has no settings of a load balancer"))]
#[serde(rename_all = "camelCase")]
pub struct ServiceParameters {
    /// How the Service is reached. Default: LoadBalancer.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ServiceType")]
    pub type_: Option<ServiceType>,
    /// Annotations of the Service, for the load balancer. `spec.infrastructure.annotations` of a Gateway wins over them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// `Local` keeps the client's address and sends only to nodes with a gateway pod. Default: Cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TrafficPolicy")]
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// The load balancer implementation. It cannot be changed on a Service that there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 253))]
    pub load_balancer_class: Option<String>,
    /// The clients that the load balancer lets in, in CIDR notation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub load_balancer_source_ranges: Vec<String>,
    /// Whether the Service also gets node ports, which some load balancers do without. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub allocate_load_balancer_node_ports: Option<bool>,
    /// IP families, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub ip_families: Vec<IpFamily>,
    /// Whether the Service has one IP family or two. Default: SingleStack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "IpFamilyPolicy")]
    pub ip_family_policy: Option<IpFamilyPolicy>,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// The name in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

names! {
    /// How a Service is reached.
    ServiceType {
        /// By a load balancer of the cluster's surroundings.
        LoadBalancer = "LoadBalancer",
        /// By a port of every node.
        NodePort = "NodePort",
        /// From inside the cluster only.
        ClusterIp = "ClusterIP",
    }
}

names! {
    /// Which endpoints traffic from outside goes to.
    TrafficPolicy {
        /// All of them.
        Cluster = "Cluster",
        /// Those of the node that it comes to.
        Local = "Local",
    }
}

names! {
    /// An IP family.
    IpFamily {
        /// IPv4.
        V4 = "IPv4",
        /// IPv6.
        V6 = "IPv6",
    }
}

names! {
    /// How many IP families a Service has.
    IpFamilyPolicy {
        /// One.
        SingleStack = "SingleStack",
        /// Two where the cluster has two.
        PreferDualStack = "PreferDualStack",
        /// Two.
        RequireDualStack = "RequireDualStack",
    }
}
