//! EndpointSlices, as far as they are read.

use super::Metadata;
use k8s_openapi::api::discovery::v1 as api;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The label by which EndpointSlices name their Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// `discovery.k8s.io/v1 EndpointSlice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct EndpointSlice {
    /// Which one.
    pub metadata: Metadata,
    /// The Service that it belongs to, by its label [`SERVICE_NAME`]. Other labels are not read.
    pub service: Option<Box<str>>,
    /// Its endpoints.
    pub endpoints: Box<[Endpoint]>,
    /// Their ports.
    pub ports: Box<[EndpointPort]>,
}

/// An endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenEndpoint")]
pub struct Endpoint {
    /// The first of its addresses. All are of the same pod, and nobody writes more than one.
    pub address: Option<Box<str>>,
    /// Its state.
    pub conditions: EndpointConditions,
}

/// The state of an endpoint; what is missing is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    /// It takes requests.
    pub ready: Option<bool>,
    /// It answers, be it on its way out or not.
    pub serving: Option<bool>,
    /// It is on its way out.
    pub terminating: Option<bool>,
}

/// A port of all endpoints of a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EndpointPort {
    /// The name of the Service's port.
    pub name: Option<Box<str>>,
    /// `TCP` where it is missing.
    pub protocol: Option<Box<str>>,
    /// The number.
    pub port: Option<i32>,
}

/// As it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    metadata: WrittenMetadata,
    #[serde(deserialize_with = "super::list")]
    endpoints: Box<[Endpoint]>,
    #[serde(deserialize_with = "super::list")]
    ports: Box<[EndpointPort]>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenMetadata {
    namespace: Option<Box<str>>,
    name: Option<Box<str>>,
    labels: Option<BTreeMap<String, Box<str>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenEndpoint {
    addresses: Option<Vec<Box<str>>>,
    conditions: Option<EndpointConditions>,
}

impl From<Written> for EndpointSlice {
    fn from(written: Written) -> Self {
        let WrittenMetadata { namespace, name, labels } = written.metadata;
        Self {
            metadata: Metadata { namespace, name },
            service: labels.and_then(|mut labels| labels.remove(SERVICE_NAME)),
            endpoints: written.endpoints,
            ports: written.ports,
        }
    }
}

impl From<WrittenEndpoint> for Endpoint {
    fn from(written: WrittenEndpoint) -> Self {
        Self {
            address: written.addresses.and_then(|addresses| addresses.into_iter().next()),
            conditions: written.conditions.unwrap_or_default(),
        }
    }
}

impl From<&api::EndpointSlice> for EndpointSlice {
    fn from(slice: &api::EndpointSlice) -> Self {
        let labels = slice.metadata.labels.as_ref();
        Self {
            metadata: Metadata::from(&slice.metadata),
            service: labels.and_then(|labels| labels.get(SERVICE_NAME)).map(|name| Box::from(name.as_str())),
            endpoints: slice.endpoints.iter().flatten().map(Endpoint::from).collect(),
            ports: slice.ports.iter().flatten().map(EndpointPort::from).collect(),
        }
    }
}

impl From<&api::Endpoint> for Endpoint {
    fn from(endpoint: &api::Endpoint) -> Self {
        let conditions = endpoint.conditions.as_ref();
        Self {
            address: endpoint.addresses.first().map(|address| Box::from(address.as_str())),
            conditions: conditions.map(EndpointConditions::from).unwrap_or_default(),
        }
    }
}

impl From<&api::EndpointConditions> for EndpointConditions {
    fn from(conditions: &api::EndpointConditions) -> Self {
        let api::EndpointConditions { ready, serving, terminating } = *conditions;
        Self { ready, serving, terminating }
    }
}

impl From<&api::EndpointPort> for EndpointPort {
    fn from(port: &api::EndpointPort) -> Self {
        Self {
            name: port.name.as_deref().map(Box::from),
            protocol: port.protocol.as_deref().map(Box::from),
            port: port.port,
        }
    }
}
