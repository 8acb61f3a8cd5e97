//! What is not said by any object.

use std::collections::BTreeMap;

/// How the compiler is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `spec.controllerName` of the GatewayClasses that are ours.
    pub controller_name: String,
    /// `corten run`: Gateways of class `corten` are served without a GatewayClass object, namespaces need no Namespace
    /// object, and endpoints may be at loopback addresses.
    pub standalone: bool,
    /// Which port is bound for a listener.
    pub ports: Ports,
    /// Which addresses a Gateway has.
    pub addresses: Addresses,
    /// The domain of the cluster's Services, `cluster.local` by default.
    pub cluster_domain: String,
    /// Whether [`Output::statuses`](crate::Output::statuses) are wanted. Without, it is empty; notes are as ever.
    pub statuses: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            controller_name: "corten.dev/gateway-controller".to_owned(),
            standalone: false,
            ports: Ports::Mapped(BTreeMap::new()),
            addresses: Addresses::default(),
            cluster_domain: "cluster.local".to_owned(),
            statuses: true,
        }
    }
}

/// Namespace and name of a Gateway.
pub type GatewayName = (String, String);

/// Which port is bound for a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// The listener's own port, unless it is mapped to another one (`--port-map`). All Gateways share the sockets.
    Mapped(BTreeMap<u16, u16>),
    /// The port that was allocated for (Gateway, port); a listener without one waits.
    Allocated(BTreeMap<GatewayName, BTreeMap<u16, u16>>),
}

impl Ports {
    /// The port to bind for the listener port `port` of the Gateway `namespace/name`.
    pub fn bind_port(&self, (namespace, name): (&str, &str), port: u16) -> Option<u16> {
        match self {
            Self::Mapped(map) => Some(map.get(&port).copied().unwrap_or(port)),
            Self::Allocated(map) => map.get(&(namespace.to_owned(), name.to_owned()))?.get(&port).copied(),
        }
    }
}

/// Which addresses a Gateway has: IP addresses or hostnames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// For Gateways that are not in `by_gateway`.
    pub default: Vec<String>,
    /// As the infrastructure has assigned them.
    pub by_gateway: BTreeMap<GatewayName, Vec<String>>,
}

impl Addresses {
    /// The addresses of the Gateway `namespace/name`.
    pub fn of(&self, (namespace, name): (&str, &str)) -> &[String] {
        self.by_gateway.get(&(namespace.to_owned(), name.to_owned())).unwrap_or(&self.default)
    }
}
