//! Who the client is.

use super::names::{FORWARDED, X_FORWARDED_FOR};
use super::peer::ip_value;
use super::{ForwardRules, Peer, node};
use crate::check::Facts;
use corten_snapshot::ClientIpHeader;
use http::{HeaderMap, HeaderValue};
use std::net::IpAddr;

/// The client of a request, as the listener's policy knows it: for limits, rules and the log.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The address.
    pub(crate) ip: IpAddr,
    /// The address as text.
    pub(crate) text: HeaderValue,
    /// Whether the peer is a proxy whose `X-Forwarded-*` are believed and passed on.
    pub(crate) trusted_peer: bool,
}

/// Finds the client: from the socket's address leftwards through the chain, the first address that is no
/// trusted proxy, where the first `trusted_hops` addresses and all in `trusted_ranges` are trusted. An entry
/// that is no address ends the walk at the last trusted proxy, whose word it was. If all are trusted, the
/// leftmost is the client.
///
/// Must be called before fields are removed.
pub(crate) fn resolve(peer: &Peer, rules: &ForwardRules, headers: &HeaderMap, facts: Facts) -> Client {
    if !rules.trusts(0, peer.ip) {
        return Client { ip: peer.ip, text: peer.text.clone(), trusted_peer: false };
    }
    let chain: Vec<Option<IpAddr>> = match rules.client_ip.header {
        ClientIpHeader::XForwardedFor if facts.contains(Facts::X_FORWARDED_FOR) => {
            node::x_forwarded_for(headers, &X_FORWARDED_FOR).collect()
        }
        ClientIpHeader::Forwarded if facts.contains(Facts::FORWARDED) => node::forwarded(headers, &FORWARDED),
        _ => Vec::new(),
    };
    let mut client = peer.ip;
    for (entry, distance) in chain.into_iter().rev().zip(1..) {
        let Some(ip) = entry else { break };
        client = ip;
        if !rules.trusts(distance, ip) {
            break;
        }
    }
    let text = if client == peer.ip { peer.text.clone() } else { ip_value(client) };
    Client { ip: client, text, trusted_peer: true }
}
