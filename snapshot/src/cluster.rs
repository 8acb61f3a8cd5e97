//! Clusters (upstreams) and their endpoints.

use crate::{CertificateKey, EndpointsKey, TrustKey};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, time::Duration};

/// An upstream: a port of a Service, or a Backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Where its addresses are.
    pub endpoints: EndpointsKey,
    /// What it speaks.
    pub protocol: UpstreamProtocol,
    /// TLS towards it.
    pub tls: Option<Box<UpstreamTls>>,
    /// How it is treated: the compiled BackendPolicy with its defaults.
    pub settings: ClusterSettings,
}

/// What an upstream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without negotiation (`kubernetes.io/h2c`; over TLS by ALPN `h2` only).
    Http2,
    /// Over TLS only: HTTP/2 or HTTP/1.1 as the endpoint picks by ALPN, HTTP/1.1 if it knows no ALPN. A request that
    /// upgrades gets a connection for which only HTTP/1.1 is offered.
    Negotiated,
}

/// TLS towards an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamTls {
    /// SNI, and the name that the certificate must hold unless `subject_alt_names` says otherwise.
    pub hostname: String,
    /// If not empty, the certificate must hold one of these instead (BackendTLSPolicy).
    pub subject_alt_names: Vec<SubjectAltName>,
    /// Who vouches for it.
    pub trust: TrustSource,
    /// What the gateway shows of itself, if anything.
    pub client_certificate: Option<CertificateKey>,
}

/// One accepted subject alternative name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectAltName {
    /// A DNS name; a leading `*.` stands for one or more labels.
    Hostname(String),
    /// A URI, byte for byte (SPIFFE).
    Uri(String),
}

/// Who vouches for an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrustSource {
    /// The authorities of the operating system.
    System,
    /// These bundles, all together.
    Bundles(Vec<TrustKey>),
}

/// How an upstream is treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSettings {
    /// How an endpoint is picked.
    pub balancing: Balancing,
    /// For a new connection with its TLS handshake. Zero: no limit.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// Idle HTTP/1.1 connections kept for each endpoint and worker.
    pub max_idle_per_endpoint: u32,
    /// Requests in flight on one HTTP/2 connection before another is opened.
    pub max_concurrent_streams: u32,
    /// TCP keep-alive probes after this much silence. `None`: none.
    pub tcp_keepalive: Option<Duration>,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            balancing: Balancing::PowerOfTwoChoices,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            max_idle_per_endpoint: 256,
            max_concurrent_streams: 100,
            tcp_keepalive: Some(Duration::from_secs(60)),
        }
    }
}

/// How an endpoint is picked among the ready ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Balancing {
    /// Of two taken at random, the one with fewer requests in flight.
    PowerOfTwoChoices,
    /// One after the other.
    RoundRobin,
}

/// The addresses of an upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Sorted, without duplicates. Empty: 503.
    pub endpoints: Vec<Endpoint>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where.
    pub host: EndpointHost,
    /// Which port.
    pub port: u16,
    /// `false`: it still serves but is going away; used only when no endpoint is ready.
    pub ready: bool,
}

/// An IP address or a name that the dataplane resolves.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EndpointHost {
    /// An address.
    Ip(IpAddr),
    /// A DNS name.
    Name(String),
}

impl fmt::Display for EndpointHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}
