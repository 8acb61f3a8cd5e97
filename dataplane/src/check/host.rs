//! The host that a request names.

use http::HeaderValue;
use std::net::Ipv6Addr;

/// Longest name of DNS, with a trailing dot.
const MAX_NAME: usize = 254;

/// A host with an optional port, as in `Host` (RFC 9110 section 7.2).
#[derive(Clone, Debug)]
pub(crate) struct HostName {
    text: HeaderValue,
    lower: Option<Box<str>>,
    len: usize,
    port: Option<u16>,
}

impl HostName {
    /// Parses the value of a `Host` field. `None`: it is malformed. Stricter than RFC 3986: a name consists of
    /// letters, digits, hyphens, underscores and dots, and no label is empty.
    pub(crate) fn parse(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let (name, port) = split_port(bytes)?;
        let len = match name {
            [b'[', ..] => ip_literal(name)?,
            _ => registered_name(name)?,
        };
        let name = bytes.get(..len)?;
        let upper = name.iter().any(u8::is_ascii_uppercase);
        let lower = if upper { Some(str::from_utf8(name).ok()?.to_ascii_lowercase().into()) } else { None };
        Some(Self { text: value.clone(), lower, len, port })
    }

    /// The host in lower case, without port and trailing dot; an IPv6 address in its brackets.
    pub(crate) fn name(&self) -> &str {
        match &self.lower {
            Some(lower) => lower,
            // The parser let only ASCII through.
            None => self.text.as_bytes().get(..self.len).and_then(|b| str::from_utf8(b).ok()).unwrap_or(""),
        }
    }

    /// The port, if one is given.
    #[cfg(test)]
    pub(crate) const fn port(&self) -> Option<u16> {
        self.port
    }

    /// As the client wrote it.
    pub(crate) const fn text(&self) -> &HeaderValue {
        &self.text
    }

    /// Whether both name the same host and port, where no port is the scheme's own.
    pub(crate) fn same_origin(&self, other: &Self, https: bool) -> bool {
        let own = if https { 443 } else { 80 };
        self.name() == other.name() && self.port.unwrap_or(own) == other.port.unwrap_or(own)
    }
}

/// Splits off `:port`. An empty port is none (RFC 3986 section 3.2.3).
fn split_port(bytes: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let start = if bytes.first() == Some(&b'[') { bytes.iter().position(|b| *b == b']')? } else { 0 };
    let Some(colon) = bytes.get(start..)?.iter().position(|b| *b == b':') else {
        return Some((bytes, None));
    };
    let (name, port) = bytes.split_at_checked(start + colon)?;
    let digits = port.get(1..)?;
    if digits.is_empty() {
        return Some((name, None));
    }
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let port = digits.iter().fold(0u32, |port, digit| port * 10 + u32::from(digit - b'0'));
    u16::try_from(port).ok().filter(|port| *port > 0).map(|port| (name, Some(port)))
}

/// The length of a name without its trailing dot.
fn registered_name(name: &[u8]) -> Option<usize> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if name.is_empty() || name.len() > MAX_NAME {
        return None;
    }
    let mut label = 0;
    for byte in name {
        label = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'A'..=b'Z' => label + 1,
            b'.' if label > 0 => 0,
            _ => return None,
        };
    }
    (label > 0).then_some(name.len())
}

/// An IPv6 address in brackets, without a zone.
fn ip_literal(name: &[u8]) -> Option<usize> {
    let inner = name.strip_prefix(b"[")?.strip_suffix(b"]")?;
    str::from_utf8(inner).ok()?.parse::<Ipv6Addr>().ok()?;
    Some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the rule is said: labels between dots, none of them empty, one dot at the end left out.
    fn by_labels(name: &str) -> Option<usize> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let sound = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        (name.len() <= MAX_NAME && name.split('.').all(sound)).then_some(name.len())
    }

    proptest! {
        #[test]
        fn a_name_is_sound_if_its_labels_are(name in "[a-cA-C0-1._ /-]{0,12}|[a.]{250,258}|\\PC{0,6}") {
            prop_assert_eq!(registered_name(name.as_bytes()), by_labels(&name));
        }
    }
}
