//! Hop-by-hop fields (RFC 9110 section 7.6.1).

use super::names::{HTTP2_SETTINGS, KEEP_ALIVE, PROXY_CONNECTION};
use crate::check::{Facts, is_asserted};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Removes from a request what ends at the gateway: connection-specific fields, those that `Connection`
/// nominates (the check has refused nominations that harm), `Expect` (hyper answers it when the body is first
/// read), credentials for proxies, and names with underscores, which backends may confuse with others.
///
/// What stays: `TE: trailers`, for gRPC (to HTTP/1.1 upstreams the field means nothing without a nomination,
/// and is ignored); `Upgrade` of a request that may upgrade, with `Connection: upgrade`.
///
/// Returns how many fields went for an underscore in their names: their client may miss them.
pub(crate) fn strip_request(headers: &mut HeaderMap, facts: Facts) -> usize {
    let mut underscores = 0;
    if facts.contains(Facts::NOMINATED) {
        remove_nominated(headers);
    }
    if facts.contains(Facts::UNDERSCORE) {
        let before = headers.len();
        remove_if(headers, |name| name.contains('_'));
        underscores = before - headers.len();
    }
    for (fact, name) in [
        (Facts::CONNECTION, CONNECTION),
        (Facts::KEEP_ALIVE, KEEP_ALIVE),
        (Facts::TRANSFER_ENCODING, TRANSFER_ENCODING),
        (Facts::EXPECT, EXPECT),
        (Facts::PROXY_CONNECTION, PROXY_CONNECTION),
        (Facts::PROXY_AUTHORIZATION, PROXY_AUTHORIZATION),
        (Facts::HTTP2_SETTINGS, HTTP2_SETTINGS),
    ] {
        if facts.contains(fact) {
            headers.remove(name);
        }
    }
    if facts.contains(Facts::TE) {
        keep_trailers_only(headers);
    }
    if facts.contains(Facts::UPGRADE_ASKED) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    } else if facts.contains(Facts::UPGRADE) {
        headers.remove(UPGRADE);
    }
    underscores
}

/// Removes from a response what belongs to the upstream's connection. `switching`: it is a 101 that the
/// client asked for, and keeps its `Upgrade`.
pub(crate) fn strip_response(headers: &mut HeaderMap, switching: bool) {
    let mut found = 0;
    for name in headers.keys() {
        let name = name.as_str();
        found |= match (name.len(), name) {
            (2, "te") => 1,
            (7, "upgrade") => 2,
            (10, "connection") => 4,
            (10, "keep-alive") => 8,
            (16, "proxy-connection") => 16,
            (17, "transfer-encoding") => 32,
            _ => 0,
        };
    }
    if found & 4 != 0 && !names_nothing(headers) {
        remove_nominated(headers);
    }
    for (bit, name) in
        [(1, TE), (4, CONNECTION), (8, KEEP_ALIVE), (16, PROXY_CONNECTION), (32, TRANSFER_ENCODING)]
    {
        if found & bit != 0 {
            headers.remove(name);
        }
    }
    if found & 32 != 0 {
        // The coding counts, and the length beside it is wrong for whoever reads on (RFC 9112 section 6.3).
        headers.remove(CONTENT_LENGTH);
    }
    if switching {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    } else if found & 2 != 0 {
        headers.remove(UPGRADE);
    }
}

/// Removes from a request's trailers what the gateway vouches for in the header, and what means framing or
/// routing (RFC 9110 section 6.5.1): some backends merge trailers into the header.
pub(crate) fn strip_trailers(trailers: &mut HeaderMap) {
    remove_if(trailers, |name| {
        is_asserted(name) || name.contains('_') && is_asserted(&name.replace('_', "-"))
    });
}

/// Whether `Connection` is the one word that it nearly always is.
fn names_nothing(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONNECTION).iter();
    let word = |value: &HeaderValue| {
        value.as_bytes().eq_ignore_ascii_case(b"keep-alive")
            || value.as_bytes().eq_ignore_ascii_case(b"close")
    };
    values.next().is_some_and(word) && values.next().is_none()
}

/// Removes the fields that `Connection` names, but none that the message's meaning hangs on.
fn remove_nominated(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|option| {
            !option.eq_ignore_ascii_case(b"keep-alive") && !option.eq_ignore_ascii_case(b"close")
        })
        .filter_map(|option| HeaderName::from_bytes(option).ok())
        .filter(|name| !is_asserted(name.as_str()) && *name != http::header::SET_COOKIE)
        .collect();
    for name in names {
        headers.remove(name);
    }
}

/// Removes every field whose name `unwanted` says so of.
pub(super) fn remove_if(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

fn keep_trailers_only(headers: &mut HeaderMap) {
    let trailers = headers
        .get_all(TE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"));
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    } else {
        headers.remove(TE);
    }
}
