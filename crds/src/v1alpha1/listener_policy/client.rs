//! The client's address, limits, timeouts, path and protocol settings.

use super::{Deserialize, Duration, JsonSchema, KubeSchema, Serialize, schema};

/// Whose word about the client's address is believed.
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("has(self.trustedHops) != has(self.trustedRanges)").message("exactly one of trustedHops and trustedRanges must be set"))]
#[serde(rename_all = "camelCase")]
pub struct ClientIp {
    /// The header that the trusted proxies append to. Default: XForwardedFor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ClientIpHeader")]
    pub header: Option<ClientIpHeader>,
    /// This many proxies stand before the gateway: the client is the entry this far from the right, where the
    /// socket's own address counts as the first hop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 32))]
    pub trusted_hops: Option<u8>,
    /// CIDR ranges of proxies that are believed: the client is the rightmost address outside of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::cidrs")]
    pub trusted_ranges: Vec<String>,
}

/// The header that carries the chain of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ClientIpHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), its `for` parameters.
    Forwarded,
}

/// What becomes of a client's own `X-Request-Id`.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestId {
    /// Whether it is kept (if it is well formed) or replaced. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_incoming: Option<bool>,
}

/// Sizes and counts that a client must stay within.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Header fields in a request; more are answered with 431. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub header_count: Option<u32>,
    /// Bytes of a request's header section; more are answered with 431. Default: 61440.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 1048576))]
    pub header_bytes: Option<u32>,
    /// Bytes of the request target; more are answered with 414. Default: 16384.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 64, max = 65534))]
    pub uri_bytes: Option<u32>,
    /// Bytes of a request body; more are answered with 413. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9007199254740991_u64))]
    pub body_bytes: Option<u64>,
    /// Open connections of each gateway process and port; more are closed at once. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub connections: Option<u32>,
    /// Requests on one connection before it is closed politely. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub requests_per_connection: Option<u32>,
}

/// Times that a client has; 0s switches one off.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientTimeouts {
    /// For the TLS handshake, and for the first byte on a cleartext connection. Default: 10s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub handshake: Option<Duration>,
    /// From the first byte of a request's header section to its end. Default: 10s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub header: Option<Duration>,
    /// How long a connection may be idle between requests. Default: 60s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub idle: Option<Duration>,
    /// The longest pause between two pieces of a request body; then 408. Default: 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub body_idle: Option<Duration>,
    /// How long a write to the client may make no progress: then the connection is cut. With HTTP/2 also how long a
    /// piece of a response, of at most 64 KiB, may wait for the client's window: then its stream is reset. Default: 60s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub write: Option<Duration>,
}

/// How a path is brought to the one form that is matched, authorized and sent upstream.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathNormalization {
    /// What becomes of `%2F` and `%5C`. Default: Reject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EscapedSlashes")]
    pub escaped_slashes: Option<EscapedSlashes>,
    /// Whether runs of slashes become one. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_slashes: Option<bool>,
}

/// What becomes of an escaped slash or backslash in a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EscapedSlashes {
    /// The request is answered with 400: the path has no form that every upstream reads alike.
    #[default]
    Reject,
    /// It stays escaped and is matched as written.
    Keep,
    /// It becomes a slash before matching, and is sent so.
    Decode,
}

/// HTTP/2 towards clients.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientHttp2 {
    /// Requests in flight on one connection (SETTINGS_MAX_CONCURRENT_STREAMS). Default: 128.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub max_concurrent_streams: Option<u32>,
    /// Bytes that a client may send on a stream before it is read. Default: 262144.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 65535, max = 2147483647))]
    pub stream_window: Option<u32>,
    /// Bytes that a client may send on a connection before they are read. Default: 1048576.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 65535, max = 2147483647))]
    pub connection_window: Option<u32>,
}
