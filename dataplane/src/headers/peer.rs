//! What is the same for all requests of a connection or a listener, made once.

use corten_snapshot::{ClientIp, Listener, ListenerProtocol};
use http::HeaderValue;
use std::net::{IpAddr, SocketAddr};

/// The other end of a client's connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its address; an IPv4-mapped one as IPv4.
    pub(crate) ip: IpAddr,
    /// The address as text.
    pub(crate) text: HeaderValue,
}

impl Peer {
    /// The peer at `address`.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let ip = address.ip().to_canonical();
        Self { ip, text: ip_value(ip) }
    }
}

/// An address as a header value.
pub(super) fn ip_value(ip: IpAddr) -> HeaderValue {
    // The text of an address is always a valid value.
    HeaderValue::try_from(ip.to_string()).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// How a listener forwards: the part of its settings that matters here.
#[derive(Clone, Debug)]
pub(crate) struct ForwardRules {
    /// Whose word is believed.
    pub(super) client_ip: ClientIp,
    /// Whether `Forwarded` is sent.
    pub(super) forwarded: bool,
    /// Whether a client's request id is kept.
    pub(super) trust_request_id: bool,
    /// The listener's scheme.
    pub(super) proto: HeaderValue,
    /// The port that clients see.
    pub(super) port: HeaderValue,
}

impl ForwardRules {
    /// The rules of `listener`.
    pub(crate) fn new(listener: &Listener) -> Self {
        let proto = match listener.protocol {
            ListenerProtocol::Http => HeaderValue::from_static("http"),
            ListenerProtocol::Https => HeaderValue::from_static("https"),
        };
        let settings = &listener.settings;
        Self {
            client_ip: settings.client_ip.clone(),
            forwarded: settings.forwarded_header,
            trust_request_id: settings.trust_request_id,
            proto,
            port: HeaderValue::from(listener.port),
        }
    }

    /// Whether an address at this distance is a proxy that is believed; 0 is the socket's own.
    pub(super) fn trusts(&self, distance: usize, ip: IpAddr) -> bool {
        distance < usize::from(self.client_ip.trusted_hops)
            || self.client_ip.trusted_ranges.iter().any(|range| range.contains(ip))
    }
}
