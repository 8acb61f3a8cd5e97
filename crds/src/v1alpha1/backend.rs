//! Backend: an upstream by address, for what is no Service: an external API, an identity provider, a local process.

use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;
use crate::gateway::{LocalObjectReference, SecretObjectReference, SubjectAltName};

/// An upstream by address. A rule's backendRefs name it with group `corten.dev` and kind `Backend`.
#[derive(CustomResource, KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "corten.dev",
    version = "v1alpha1",
    kind = "Backend",
    doc = "Backend is an upstream by address: what is no Service of the cluster.",
    category = "corten",
    shortname = "cbe",
    namespaced,
    status = "BackendStatus",
    derive = "PartialEq",
    derive = "Default",
    printcolumn = r#"{"name":"Hosts", "type":"string", "jsonPath":".spec.endpoints[*].host"}"#,
    printcolumn = r#"{"name":"Protocol", "type":"string", "jsonPath":".spec.appProtocol"}"#,
    printcolumn = r#"{"name":"Accepted", "type":"string", "jsonPath":".status.conditions[?(@.type==\"Accepted\")].status"}"#,
    printcolumn = r#"{"name":"Age", "type":"date", "jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(validation = Rule::new("!has(self.tls) || !has(self.appProtocol) || !(self.appProtocol in ['kubernetes.io/h2c', 'http', 'kubernetes.io/ws'])").message("this appProtocol is cleartext and excludes tls; with tls, HTTP/2 is negotiated, so leave appProtocol out"))]
#[serde(rename_all = "camelCase")]
pub struct BackendSpec {
    /// Addresses that serve alike; requests are balanced over them.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub endpoints: Vec<BackendEndpoint>,
    /// What the endpoints speak. Default: HTTP/1.1; with `tls` it is `https`. Over TLS an endpoint picks between HTTP/2
    /// and HTTP/1.1 by ALPN; requests that upgrade (WebSocket) get a connection over HTTP/1.1. With `kubernetes.io/wss`
    /// only HTTP/1.1 is offered. `https` and `kubernetes.io/wss` without `tls` verify each endpoint's host against the
    /// system's authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AppProtocol")]
    pub app_protocol: Option<AppProtocol>,
    /// TLS towards the endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<BackendTls>,
}

/// One address of a Backend.
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendEndpoint {
    /// An IP address, or a DNS name that the dataplane resolves.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("isIP(self) || (self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$') && !self.matches('(^|[.])[0-9]+$'))").message("must be an IP address (IPv6 without brackets) or a lower-case DNS name"))]
    pub host: String,
    /// The TCP port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
}

/// What an upstream speaks, as `appProtocol` of a Service port or a Backend says it (KEP-3726).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AppProtocol {
    /// HTTP/1.1 in cleartext.
    #[serde(rename = "http")]
    Http,
    /// HTTP over TLS: HTTP/2 or HTTP/1.1, as the endpoint picks by ALPN.
    #[serde(rename = "https")]
    Https,
    /// HTTP/2 in cleartext by prior knowledge.
    #[serde(rename = "kubernetes.io/h2c")]
    H2c,
    /// WebSocket over cleartext HTTP/1.1.
    #[serde(rename = "kubernetes.io/ws")]
    Ws,
    /// WebSocket over TLS: HTTP/1.1.
    #[serde(rename = "kubernetes.io/wss")]
    Wss,
}

impl AppProtocol {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Http, Self::Https, Self::H2c, Self::Ws, Self::Wss];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::H2c => "kubernetes.io/h2c",
            Self::Ws => "kubernetes.io/ws",
            Self::Wss => "kubernetes.io/wss",
        }
    }
}

/// A Service port's `appProtocol` may hold any name; one that Corten does not speak is the error.
impl FromStr for AppProtocol {
    type Err = UnknownAppProtocol;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == name).ok_or_else(|| UnknownAppProtocol(name.to_owned()))
    }
}

/// An `appProtocol` that Corten does not speak.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "appProtocol `{0}` is not known; known are http, https, kubernetes.io/h2c, kubernetes.io/ws and kubernetes.io/wss"
)]
pub struct UnknownAppProtocol(String);

/// How an upstream is verified, and what the gateway shows of itself. The meaning is that of BackendTLSPolicy (GEP-1897).
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("has(self.caCertificateRefs) != has(self.wellKnownCACertificates)").message("exactly one of caCertificateRefs and wellKnownCACertificates must be set"))]
#[serde(rename_all = "camelCase")]
pub struct BackendTls {
    /// The name sent as SNI. The certificate must hold it, unless `subjectAltNames` says otherwise.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub hostname: String,
    /// ConfigMaps or Secrets of the same namespace whose key `ca.crt` holds PEM certificates of authorities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::ca_certificate_refs")]
    pub ca_certificate_refs: Vec<LocalObjectReference>,
    /// A set of authorities by name.
    #[serde(rename = "wellKnownCACertificates", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WellKnownCaCertificates")]
    pub well_known_ca_certificates: Option<WellKnownCaCertificates>,
    /// If not empty, the certificate must hold one of these names instead of `hostname`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::subject_alt_names")]
    pub subject_alt_names: Vec<SubjectAltName>,
    /// A Secret of type `kubernetes.io/tls` that the gateway shows to the upstream. Another namespace needs a
    /// ReferenceGrant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret_ref")]
    pub client_certificate_ref: Option<SecretObjectReference>,
}

/// Sets of authorities by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WellKnownCaCertificates {
    /// Those of the operating system.
    System,
}

/// What the controller found.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendStatus {
    /// `Accepted`, and `ResolvedRefs` for the certificates it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
}
