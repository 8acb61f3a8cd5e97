//! ListenerPolicy: how clients are treated.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;
use crate::{
    Duration,
    gateway::{Fraction, LocalPolicyTargetReference, PolicyStatus},
};

mod client;
mod observe;

pub use client::{
    ClientHttp2, ClientIp, ClientIpHeader, ClientTimeouts, EscapedSlashes, Limits, PathNormalization,
    RequestId,
};
pub use observe::{ACCESS_LOG_FIELDS, AccessLog, AccessLogMode, Metrics};

/// How clients are treated. A target with `sectionName` (a listener of the Gateway) wins over one without; among
/// equals the older object wins (GEP-713).
#[derive(CustomResource, KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "corten.dev",
    version = "v1alpha1",
    kind = "ListenerPolicy",
    plural = "listenerpolicies",
    doc = "ListenerPolicy says how the clients of a Gateway or one of its listeners are treated: whose word about the client's address is believed, limits, timeouts, path normalization, logs.",
    category = "corten",
    shortname = "clp",
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
pub struct ListenerPolicySpec {
    /// Gateways (`sectionName`: a listener's name) of the policy's namespace.
    #[schemars(schema_with = "schema::listener_targets")]
    pub target_refs: Vec<LocalPolicyTargetReference>,
    /// Whose word about the client's address is believed. Default: nobody's, the address is the socket's.
    #[serde(rename = "clientIP", default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<ClientIp>,
    /// Whether `Forwarded` (RFC 7239) is sent upstream beside `X-Forwarded-*`. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_header: Option<bool>,
    /// What becomes of a client's own request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Sizes and counts that a client must stay within. Where listeners share a port, `connections` and, without TLS,
    /// `requestsPerConnection` are the most generous of them: a connection comes before its hostname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Times that a client has; 0s switches one off. Where listeners share a port, those that begin before the hostname
    /// is known are the longest of them: `handshake`, and without TLS also `header`, `idle` and `write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<ClientTimeouts>,
    /// How a path is brought to the one form that is matched and sent upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathNormalization>,
    /// HTTP/2 towards clients. Where listeners without TLS share a port, the largest of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2: Option<ClientHttp2>,
    /// Which requests are logged, and what of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
    /// Labels of the request metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// How a draining process treats its connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,
}

/// How a draining process (after SIGTERM) treats its connections.
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.min) || !has(self.max) || duration(self.min) <= duration(self.max)").message("min must not be longer than max"))]
#[serde(rename_all = "camelCase")]
pub struct Drain {
    /// How long connections are still accepted. Default: 1s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub min: Option<Duration>,
    /// How long requests in flight may take, counted from the signal. Default: 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub max: Option<Duration>,
}
