//! Upstreams: clusters, their endpoints, and the connections to them.
//!
//! Connections are pooled by endpoint, TLS identity and protocol, and by worker: a pool is touched by
//! one worker only, so its lock is never contended. Pools live in [`registry::Registry`] under stable
//! identities and survive reloads.

mod address;
mod cluster;
mod connect;
mod endpoint;
mod negotiated;
mod registry;
mod send;

pub(crate) use address::address;
pub(crate) use cluster::{Cluster, ClusterHandle};
pub(crate) use connect::{ConnectError, Connector, Transport};
pub(crate) use endpoint::{Endpoint, EndpointId, Lease};
pub(crate) use registry::Registry;
pub(crate) use send::{Answer, SendFault, send};
