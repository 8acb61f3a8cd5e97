//! How clients of a listener are treated: the compiled ListenerPolicy with its defaults.

use serde::{Deserialize, Serialize};
use std::{net::IpAddr, time::Duration};

/// Everything a ListenerPolicy can say, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListenerSettings {
    /// Whose word about the client's address is believed.
    pub client_ip: ClientIp,
    /// Whether `Forwarded` (RFC 7239) is sent upstream beside `X-Forwarded-*`.
    pub forwarded_header: bool,
    /// Whether a client's own `X-Request-Id` is kept (if it is well formed) or replaced.
    pub trust_request_id: bool,
    /// Sizes and counts.
    pub limits: Limits,
    /// Times.
    pub timeouts: ClientTimeouts,
    /// How a path is brought to its one form.
    pub path: PathNormalization,
    /// HTTP/2 settings.
    pub http2: Http2Settings,
    /// What is logged.
    pub access_log: AccessLog,
    /// Whether request metrics carry the route's name.
    pub route_metrics: bool,
    /// How a draining process treats its connections.
    pub drain: Drain,
}

/// Whose word about the client's address is believed. The default, no hops and no ranges, is the
/// socket's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientIp {
    /// The header that trusted proxies append to.
    pub header: ClientIpHeader,
    /// This many proxies stand before the gateway: the client is the entry this far from the right,
    /// where the socket's own address counts as the first hop. 0: none.
    pub trusted_hops: u8,
    /// Proxies in these ranges are believed: the client is the rightmost address outside of them.
    pub trusted_ranges: Vec<IpRange>,
}

/// The header that carries the chain of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientIpHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), its `for` parameters.
    Forwarded,
}

/// A CIDR range. `prefix` is at most 32 for IPv4 and 128 for IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpRange {
    /// The network's address.
    pub address: IpAddr,
    /// How many leading bits count.
    pub prefix: u8,
}

impl IpRange {
    /// Whether the range holds `ip`. An IPv4-mapped IPv6 address counts as the IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Sizes and counts that a client must stay within.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Header fields in a request; more: 431.
    pub header_count: u32,
    /// Bytes of the request's header section; more: 431.
    pub header_bytes: u32,
    /// Bytes of the request target; more: 414.
    pub uri_bytes: u32,
    /// Bytes of a request body; more: 413. `None`: no limit.
    pub body_bytes: Option<u64>,
    /// Open connections per worker process and bind; more are closed at once. `None`: no limit.
    pub connections: Option<u32>,
    /// Requests on one connection before it is closed politely. `None`: no limit.
    pub requests_per_connection: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_count: 100,
            header_bytes: 60 * 1024,
            uri_bytes: 16 * 1024,
            body_bytes: None,
            connections: None,
            requests_per_connection: None,
        }
    }
}

/// Times that a client has. Zero switches a timeout off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTimeouts {
    /// For the TLS handshake, and for the first byte on a cleartext connection.
    pub handshake: Duration,
    /// From the first byte of a request's header to its end.
    pub header: Duration,
    /// How long a connection may be idle between requests.
    pub idle: Duration,
    /// The longest pause between two pieces of a request body; then 408.
    pub body_idle: Duration,
    /// How long a write to the client may make no progress.
    pub write: Duration,
}

impl Default for ClientTimeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            body_idle: Duration::from_secs(30),
            write: Duration::from_secs(60),
        }
    }
}

/// How a path is brought to the one form that is matched, authorized and sent upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathNormalization {
    /// Whether runs of slashes become one.
    pub merge_slashes: bool,
    /// What becomes of `%2F` and `%5C`.
    pub escaped_slashes: EscapedSlashes,
}

impl Default for PathNormalization {
    fn default() -> Self {
        Self { merge_slashes: true, escaped_slashes: EscapedSlashes::Reject }
    }
}

/// What becomes of an escaped slash or backslash in a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EscapedSlashes {
    /// 400: it has no form that every backend reads alike.
    #[default]
    Reject,
    /// It is kept escaped and matched as written.
    Keep,
    /// It becomes a slash before matching, and is sent so.
    Decode,
}

/// HTTP/2 settings towards clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http2Settings {
    /// SETTINGS_MAX_CONCURRENT_STREAMS.
    pub max_concurrent_streams: u32,
    /// Initial window of a stream, bytes.
    pub stream_window: u32,
    /// Window of the connection, bytes.
    pub connection_window: u32,
}

impl Default for Http2Settings {
    fn default() -> Self {
        Self { max_concurrent_streams: 128, stream_window: 256 * 1024, connection_window: 1024 * 1024 }
    }
}

/// The access log: one JSON object a line on standard output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessLog {
    /// Which requests are logged.
    pub mode: AccessLogMode,
    /// Names of the fields, in order; empty: the default list of the dataplane.
    pub fields: Vec<String>,
}

/// Which requests are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum AccessLogMode {
    /// None.
    #[default]
    Off,
    /// All.
    On,
    /// One in `1 / ratio`, and every answer of 500 and above. 0 < ratio < 1.
    Sampled {
        /// The share of requests.
        ratio: f64,
    },
}

/// How a draining process treats its connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// How long connections are still accepted after SIGTERM.
    pub min: Duration,
    /// How long requests in flight may take, from SIGTERM on.
    pub max: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self { min: Duration::from_secs(1), max: Duration::from_secs(30) }
    }
}
