//! What the gateway says of the client: `X-Forwarded-*`, `Forwarded` (RFC 7239).

use super::hop::remove_if;
use super::names::{
    FORWARDED, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PORT, X_FORWARDED_PROTO, X_REAL_IP,
};
use super::{Client, ForwardRules, Peer};
use crate::check::{Facts, HostName};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write;
use std::net::IpAddr;

/// How many fields a request commonly gets here: four of `X-Forwarded-*`, `X-Request-Id`, `Host`.
const OWN_FIELDS: usize = 6;

/// Writes the fields. Of an untrusted peer nothing is left; a trusted proxy's `X-Forwarded-For` and
/// `Forwarded` are continued, and its `X-Forwarded-Proto`, `-Host` and `-Port` kept.
pub(crate) fn vouch(
    headers: &mut HeaderMap,
    facts: Facts,
    peer: &Peer,
    rules: &ForwardRules,
    client: &Client,
    host: Option<&HostName>,
) {
    // Once, for these and those that come later: growing by steps would build the map's index anew each time.
    headers.reserve(OWN_FIELDS);
    let trusted = client.trusted_peer;
    if !trusted && facts.intersects(UNTRUSTED) {
        remove_untrusted(headers, facts);
    }
    let chained = trusted && facts.contains(Facts::X_FORWARDED_FOR);
    let chain = if chained { joined(headers, &X_FORWARDED_FOR, peer.text.as_bytes()) } else { None };
    headers.insert(X_FORWARDED_FOR, chain.unwrap_or_else(|| peer.text.clone()));
    let keeps = |field: Facts| trusted && facts.contains(field) && !facts.twice(field);
    if !keeps(Facts::X_FORWARDED_PROTO) {
        headers.insert(X_FORWARDED_PROTO, rules.proto.clone());
    }
    if !keeps(Facts::X_FORWARDED_PORT) {
        headers.insert(X_FORWARDED_PORT, rules.port.clone());
    }
    match host {
        _ if keeps(Facts::X_FORWARDED_HOST) => {}
        Some(host) => drop(headers.insert(X_FORWARDED_HOST, host.text().clone())),
        None if facts.contains(Facts::X_FORWARDED_HOST) => drop(headers.remove(X_FORWARDED_HOST)),
        None => {}
    }
    if rules.forwarded {
        let own = element(peer.ip, &rules.proto, host);
        let chained = trusted && facts.contains(Facts::FORWARDED);
        let chain = if chained { joined(headers, &FORWARDED, own.as_bytes()) } else { None };
        if let Some(value) = chain.or_else(|| HeaderValue::try_from(own).ok()) {
            headers.insert(FORWARDED, value);
        }
    }
}

const UNTRUSTED: Facts = Facts::FORWARDED.or(Facts::X_FORWARDED_OTHER).or(Facts::X_REAL_IP);

fn remove_untrusted(headers: &mut HeaderMap, facts: Facts) {
    headers.remove(FORWARDED);
    headers.remove(X_REAL_IP);
    if facts.contains(Facts::X_FORWARDED_OTHER) {
        remove_if(headers, |name| name.starts_with("x-forwarded-"));
    }
}

/// All values of a field and one more, as one list.
fn joined(headers: &HeaderMap, name: &HeaderName, last: &[u8]) -> Option<HeaderValue> {
    let mut list = Vec::with_capacity(64);
    for value in headers.get_all(name) {
        list.extend_from_slice(value.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(last);
    HeaderValue::try_from(list).ok()
}

/// An element of `Forwarded`. Hosts have been checked and hold no quotes.
fn element(ip: IpAddr, proto: &HeaderValue, host: Option<&HostName>) -> String {
    let mut out = String::with_capacity(64);
    // Writing to a string does not fail.
    let _ = match ip {
        IpAddr::V4(ip) => write!(out, "for={ip}"),
        IpAddr::V6(ip) => write!(out, "for=\"[{ip}]\""),
    };
    if let Some(host) = host.and_then(|host| host.text().to_str().ok()) {
        let _ = write!(out, ";host=\"{host}\"");
    }
    let _ = write!(out, ";proto={}", proto.to_str().unwrap_or("http"));
    out
}
