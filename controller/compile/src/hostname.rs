//! Hostnames of listeners and routes (Gateway API `Hostname`), and what two of them have in common.

use corten_snapshot::HostnamePattern;

/// Reads a hostname: RFC 1123 labels in lower case, optionally with one leading `*.`, at most 253 characters, and no
/// IP address. `None` or empty: every hostname.
pub(crate) fn parse(hostname: Option<&str>) -> Result<HostnamePattern, String> {
    let Some(hostname) = hostname.filter(|hostname| !hostname.is_empty()) else {
        return Ok(HostnamePattern::Any);
    };
    match hostname.strip_prefix("*.") {
        Some(suffix) => check(suffix).map(|()| HostnamePattern::Wildcard(suffix.into())),
        None => check(hostname).map(|()| HostnamePattern::Exact(hostname.into())),
    }
    .map_err(|reason| format!("`{}` is not a hostname: {reason}", hostname.escape_debug()))
}

/// Checks a hostname without wildcard (`PreciseHostname`).
pub(crate) fn check(hostname: &str) -> Result<(), &'static str> {
    if hostname.len() > 253 {
        return Err("it is longer than 253 characters");
    }
    if hostname.parse::<std::net::IpAddr>().is_ok() {
        return Err("it is an IP address");
    }
    if hostname.contains('*') {
        return Err("a star stands only for the first label");
    }
    hostname.split('.').try_for_each(check_label)
}

fn check_label(label: &str) -> Result<(), &'static str> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match label.as_bytes() {
        [] => Err("it has an empty label"),
        [first, .., last] if !word(*first) || !word(*last) => {
            Err("labels begin and end with a letter or digit")
        }
        [only] if !word(*only) => Err("labels begin and end with a letter or digit"),
        bytes if bytes.len() > 63 => Err("a label is longer than 63 characters"),
        bytes if bytes.iter().all(|byte| word(*byte) || *byte == b'-') => Ok(()),
        _ => Err("only lower-case letters, digits, hyphens and dots may be in it"),
    }
}

/// The hostnames that both patterns hold, as one pattern. `None`: there are none.
pub(crate) fn intersect(a: &HostnamePattern, b: &HostnamePattern) -> Option<HostnamePattern> {
    use HostnamePattern::{Any, Exact, Wildcard};
    match (a, b) {
        (Any, other) | (other, Any) => Some(other.clone()),
        (Exact(name), pattern) | (pattern, Exact(name)) => pattern.matches(name).then(|| Exact(name.clone())),
        (Wildcard(x), Wildcard(y)) => {
            let (long, short) = if x.len() >= y.len() { (x, y) } else { (y, x) };
            let inside =
                long.strip_suffix(&**short).is_some_and(|head| head.is_empty() || head.ends_with('.'));
            inside.then(|| Wildcard(long.clone()))
        }
    }
}

#[cfg(test)]
mod tests;
