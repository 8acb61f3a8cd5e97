//! Listeners: where clients connect.

use crate::{CertificateKey, HostnamePattern, ListenerSettings, TrustKey};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One listener of a Gateway. Listeners that share a [`Bind`] share a socket and are told apart by
/// hostname (SNI, then `Host`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    /// Namespace of the Gateway.
    pub namespace: String,
    /// Name of the Gateway.
    pub gateway: String,
    /// Name of the listener (a section of the Gateway or of a ListenerSet).
    pub name: String,
    /// Where the dataplane listens.
    pub bind: Bind,
    /// The port that the listener declares and clients see (`X-Forwarded-Port`, redirects).
    pub port: u16,
    /// What is spoken on it.
    pub protocol: ListenerProtocol,
    /// Which names it answers for.
    pub hostname: HostnamePattern,
    /// TLS termination; `Some` exactly for [`ListenerProtocol::Https`].
    pub tls: Option<ListenerTls>,
    /// How its clients are treated, with every default filled in.
    pub settings: ListenerSettings,
}

/// A socket address of the dataplane.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bind {
    /// `None`: the address that the process was started with (`--bind`, else every address).
    pub address: Option<IpAddr>,
    /// The port to listen on, after `--port-map` or the allocation in the pod.
    pub port: u16,
}

/// Listener protocols that terminate HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListenerProtocol {
    /// Cleartext HTTP/1.1 and HTTP/2 by prior knowledge.
    Http,
    /// The same over TLS, HTTP/2 by ALPN.
    Https,
}

/// TLS termination of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerTls {
    /// At least one; the first whose names include the SNI is presented, else the first.
    pub certificates: Vec<CertificateKey>,
    /// Verification of client certificates, if asked for.
    pub client_validation: Option<ClientValidation>,
}

/// Verification of client certificates (GEP-91).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientValidation {
    /// The authorities, all together.
    pub trust: Vec<TrustKey>,
    /// `false`: a client without a certificate, or with one that does not verify, is refused in the
    /// handshake. `true`: it is let in (`AllowInsecureFallback`).
    pub allow_insecure_fallback: bool,
}
