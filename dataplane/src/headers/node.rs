//! Addresses in `X-Forwarded-For` and `Forwarded`.

use http::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// All entries of `X-Forwarded-For`, left to right over all its fields. `None`: no address.
pub(super) fn x_forwarded_for<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Option<IpAddr>> + use<'a> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|entry| str::from_utf8(entry).ok().and_then(address))
}

/// The `for` of every element of `Forwarded` (RFC 7239 section 4), left to right over all its fields. `None`:
/// the element has none, or it is no address (`unknown`, an obfuscated name), or the field is malformed.
pub(super) fn forwarded(headers: &HeaderMap, name: &HeaderName) -> Vec<Option<IpAddr>> {
    let mut nodes = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().unwrap_or("\"");
        for element in split_outside_quotes(text, ',') {
            nodes.push(element.and_then(for_parameter));
        }
    }
    nodes
}

fn for_parameter(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split_outside_quotes(element, ';') {
        let (name, value) = pair?.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") {
            if found.is_some() {
                return None;
            }
            let value = value.trim();
            found = Some(value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value));
        }
    }
    found.and_then(address)
}

/// The parts of `text` between separators that stand outside of quoted strings. `None` in the place of a part
/// whose quotes do not close.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = Option<&str>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in text.char_indices() {
            match byte {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if byte == separator && !quoted => {
                    rest = text.get(at + 1..);
                    return Some(text.get(..at));
                }
                _ => {}
            }
        }
        rest = None;
        Some((!quoted).then_some(text))
    })
}

/// An address with or without a port: `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let ip = text.parse::<IpAddr>().ok();
    let ip = ip.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    ip.or_else(bracketed).map(|ip| ip.to_canonical())
}
