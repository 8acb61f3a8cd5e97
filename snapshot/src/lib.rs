//! What crosses the local channel between the compiler and the dataplane.
//!
//! A [`Snapshot`] is a map of content-addressed parts. Each part is plain data, has a stable
//! [`PartKey`] and a [`ContentHash`]; two snapshots are compared by hash and only the difference
//! ([`Delta`]) is sent. Everything that needs a decision (defaults, precedence, policy merging) has
//! been decided by the compiler: the dataplane only builds what it finds here.
//!
//! This crate has no runtime, no Kubernetes client and no HTTP stack.

mod certificate;
mod cluster;
mod dump;
pub mod file;
mod filter;
pub mod frame;
mod hash;
mod host;
mod key;
mod listener;
mod part;
mod schema;
mod settings;
mod snapshot;
#[cfg(test)]
mod strategies;
mod update;
mod verify;

pub use certificate::{Certificate, Trust};
pub use cluster::{
    Balancing, Cluster, ClusterSettings, Endpoint, EndpointHost, Endpoints, SubjectAltName, TrustSource,
    UpstreamProtocol, UpstreamTls,
};
pub use dump::KindSize;
pub use filter::{
    Cors, Filter, HeaderEdit, HeaderPair, Mirror, OriginMatch, PathModifier, Redirect, Rewrite,
};
pub use hash::ContentHash;
pub use host::{
    Action, Backend, Entry, Host, PathMatch, Retry, RouteId, Rule, Target, Timeouts, ValueMatch, ValuePattern,
};
pub use key::{CertificateKey, ClusterKey, EndpointsKey, HostnamePattern, ListenerKey, PartKey, TrustKey};
pub use listener::{Bind, ClientValidation, Listener, ListenerProtocol, ListenerTls};
pub use part::Part;
pub use schema::schema_hash;
pub use settings::{
    AccessLog, AccessLogMode, ClientIp, ClientIpHeader, ClientTimeouts, Drain, EscapedSlashes, Http2Settings,
    IpRange, Limits, ListenerSettings, PathNormalization,
};
pub use snapshot::{Delta, HashedPart, Snapshot};
pub use update::{Ack, Rejected, Update, UpdateError};
pub use verify::VerifyError;
