//! The kinds of Kubernetes itself that Corten reads.
//!
//! Services and EndpointSlices are the many: there are as many as there are routes, and the API's own types have room
//! for everything that a cloud may write. [`Service`] and [`EndpointSlice`] hold what is read of them and nothing else;
//! they are deserialized from the same text, and made from the API's types.

mod endpoint_slice;
mod metadata;
mod service;

pub use endpoint_slice::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice, SERVICE_NAME};
pub use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Namespace, Secret},
    apimachinery::pkg::{
        apis::meta::v1::{Condition, LabelSelector, ObjectMeta, Time},
        util::intstr::IntOrString,
    },
};
pub use metadata::Metadata;
use serde::{Deserialize, Deserializer};
pub use service::{Service, ServicePort, ServiceSpec};

/// A list; one that is `null` is empty.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Box<[T]>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
