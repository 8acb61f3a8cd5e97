//! BackendPolicy: how an upstream is treated.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;
use crate::{
    Duration,
    gateway::{LocalPolicyTargetReference, PolicyStatus},
};

/// How an upstream is treated. A target with `sectionName` (a port of the Service) wins over one without; among
/// equals the older object wins (GEP-713).
#[derive(CustomResource, KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "corten.dev",
    version = "v1alpha1",
    kind = "BackendPolicy",
    plural = "backendpolicies",
    doc = "BackendPolicy says how a Service or a Backend is treated: balancing, connections, HTTP/2.",
    category = "corten",
    shortname = "cbp",
    namespaced,
    status = "PolicyStatus",
    derive = "PartialEq",
    derive = "Default",
    label("gateway.networking.k8s.io/policy", "Direct"),
    printcolumn = r#"{"name":"Targets", "type":"string", "jsonPath":".spec.targetRefs[*].name"}"#,
    printcolumn = r#"{"name":"Accepted", "type":"string", "jsonPath":".status.ancestors[*].conditions[?(@.type==\"Accepted\")].status"}"#,
    printcolumn = r#"{"name":"Age", "type":"date", "jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct BackendPolicySpec {
    /// Services (`sectionName`: a port's name) and Backends of the policy's namespace.
    #[schemars(schema_with = "schema::backend_targets")]
    pub target_refs: Vec<LocalPolicyTargetReference>,
    /// How an endpoint is picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancing: Option<LoadBalancing>,
    /// How connections are made and kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<UpstreamConnection>,
    /// HTTP/2 towards the endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2: Option<UpstreamHttp2>,
}

/// How an endpoint is picked among the ready ones.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancing {
    /// The method. Default: PowerOfTwoChoices.
    #[serde(rename = "type")]
    pub type_: LoadBalancingType,
}

/// Ways to pick an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LoadBalancingType {
    /// Of two endpoints taken at random, the one with fewer requests in flight.
    #[default]
    PowerOfTwoChoices,
    /// One after the other.
    RoundRobin,
}

/// How connections to an endpoint are made and kept.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamConnection {
    /// For a new connection with its TLS handshake. Default: 5s. 0s: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub connect_timeout: Option<Duration>,
    /// How long an idle connection is kept. Default: 60s. 0s: none is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub idle_timeout: Option<Duration>,
    /// Idle HTTP/1.1 connections that are kept for each endpoint and worker. Default: 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65535))]
    pub max_idle_per_endpoint: Option<u32>,
    /// TCP keep-alive probes after this much silence. Default: 60s. 0s: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub tcp_keepalive: Option<Duration>,
}

/// HTTP/2 towards an endpoint.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamHttp2 {
    /// Requests in flight on one connection before another is opened. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub max_concurrent_streams: Option<u32>,
    /// Whether HTTP/2 is offered over TLS where `appProtocol` leaves the protocol open (none, or `https`). Default:
    /// Enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Http2Negotiation")]
    pub negotiation: Option<Http2Negotiation>,
}

/// Whether HTTP/2 is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Http2Negotiation {
    /// HTTP/2 and HTTP/1.1 are offered by ALPN, and the endpoint picks.
    #[default]
    Enabled,
    /// HTTP/1.1 only.
    Disabled,
}
