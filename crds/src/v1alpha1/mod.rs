//! Corten's own kinds, group `corten.dev`, version `v1alpha1`. Their CRDs in `yaml/` are made from these types.
//!
//! In policies every setting is optional: what a policy leaves out comes from the policy above it, and at last from the
//! default that the field's documentation states.

#![allow(
    unreachable_pub,
    reason = "KubeSchema copies each type into a function body, where pub reaches nothing"
)]

mod backend;
mod backend_policy;
mod crd;
mod gateway_parameters;
mod listener_policy;
mod schema;

pub use backend::{
    AppProtocol, Backend, BackendEndpoint, BackendSpec, BackendStatus, BackendTls, WellKnownCaCertificates,
};
pub use backend_policy::{
    BackendPolicy, BackendPolicySpec, Http2Negotiation, LoadBalancing, LoadBalancingType, UpstreamConnection,
    UpstreamHttp2,
};
pub use crd::{CrdFile, crds};
pub use gateway_parameters::{
    GatewayParameters, GatewayParametersSpec, IpFamily, IpFamilyPolicy, ServiceParameters, ServiceType,
    TrafficPolicy,
};
pub use listener_policy::{
    ACCESS_LOG_FIELDS, AccessLog, AccessLogMode, ClientHttp2, ClientIp, ClientIpHeader, ClientTimeouts,
    Drain, EscapedSlashes, Limits, ListenerPolicy, ListenerPolicySpec, Metrics, PathNormalization, RequestId,
};

/// The API group of Corten's kinds.
pub const GROUP: &str = "corten.dev";
