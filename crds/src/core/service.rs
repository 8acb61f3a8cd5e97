//! Services, as far as they are read.

use super::{IntOrString, Metadata};
use k8s_openapi::api::core::v1 as api;
use serde::Deserialize;

/// `v1 Service`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Service {
    /// Which one.
    #[serde(default)]
    pub metadata: Metadata,
    /// What it says.
    #[serde(default)]
    pub spec: ServiceSpec,
}

/// What a Service says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` where it is missing.
    #[serde(rename = "type")]
    pub type_: Option<Box<str>>,
    /// The DNS name of an `ExternalName`.
    pub external_name: Option<Box<str>>,
    /// Its ports.
    #[serde(deserialize_with = "super::list")]
    pub ports: Box<[ServicePort]>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Its name; EndpointSlices have the same.
    pub name: Option<Box<str>>,
    /// `TCP` where it is missing.
    pub protocol: Option<Box<str>>,
    /// What is spoken there.
    pub app_protocol: Option<Box<str>>,
    /// The port as clients know it.
    pub port: i32,
    /// The port of the pods, where it is another.
    pub target_port: Option<IntOrString>,
}

impl From<&api::Service> for Service {
    fn from(service: &api::Service) -> Self {
        let spec = service.spec.as_ref().map(ServiceSpec::from).unwrap_or_default();
        Self { metadata: Metadata::from(&service.metadata), spec }
    }
}

impl From<&api::ServiceSpec> for ServiceSpec {
    fn from(spec: &api::ServiceSpec) -> Self {
        Self {
            type_: spec.type_.as_deref().map(Box::from),
            external_name: spec.external_name.as_deref().map(Box::from),
            ports: spec.ports.iter().flatten().map(ServicePort::from).collect(),
        }
    }
}

impl From<&api::ServicePort> for ServicePort {
    fn from(port: &api::ServicePort) -> Self {
        Self {
            name: port.name.as_deref().map(Box::from),
            protocol: port.protocol.as_deref().map(Box::from),
            app_protocol: port.app_protocol.as_deref().map(Box::from),
            port: port.port,
            target_port: port.target_port.clone(),
        }
    }
}
