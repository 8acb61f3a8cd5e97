//! `Connection` and `Upgrade` (RFC 9110 sections 7.6.1 and 7.8).

use super::facts::{Facts, is_asserted};
use crate::error::{Code, Error};

/// Reads the options of one `Connection` field.
///
/// # Errors
/// No token, or one that would have the gateway remove a field that somebody relies on.
pub(super) fn nominate(value: &[u8], facts: &mut Facts) -> Result<(), Error> {
    for option in value.split(|byte| *byte == b',') {
        match option.trim_ascii() {
            [] => {}
            o if o.eq_ignore_ascii_case(b"keep-alive") || o.eq_ignore_ascii_case(b"close") => {}
            o if o.eq_ignore_ascii_case(b"upgrade") => facts.see(Facts::CONNECTION_UPGRADE),
            // These go whether they are nominated or not.
            o if o.eq_ignore_ascii_case(b"te") || o.eq_ignore_ascii_case(b"http2-settings") => {}
            o => nominate_field(o, facts)?,
        }
    }
    Ok(())
}

fn nominate_field(option: &[u8], facts: &mut Facts) -> Result<(), Error> {
    let name = str::from_utf8(option).ok().filter(|name| name.bytes().all(is_token));
    let name = name.ok_or_else(|| Error::new(Code::BadHeader).detail("Connection is malformed."))?;
    let name = name.to_ascii_lowercase().replace('_', "-");
    if is_asserted(&name) || is_end_to_end(&name) {
        return Err(Error::new(Code::BadHeader).detail("Connection names a field that is not its own."));
    }
    facts.see(Facts::NOMINATED);
    Ok(())
}

/// Fields for the final recipient whose removal would change who asks or what for.
fn is_end_to_end(name: &str) -> bool {
    matches!(name, "cache-control" | "date" | "origin" | "pragma" | "range" | "via")
}

/// Whether `Upgrade` names HTTP itself (`h2c`, `HTTP/2.0`): a backend that switches to it would open a tunnel
/// in which nothing is routed or authorized.
///
/// # Errors
/// No list of protocols.
pub(super) fn names_h2c(value: &[u8]) -> Result<bool, Error> {
    let mut found = false;
    for protocol in value.split(|byte| *byte == b',') {
        let protocol = protocol.trim_ascii();
        if protocol.is_empty() || !protocol.iter().all(|byte| is_token(*byte) || *byte == b'/') {
            return Err(Error::new(Code::BadHeader).detail("Upgrade is malformed."));
        }
        let http = |name: &[u8]| protocol.get(..name.len()).is_some_and(|p| p.eq_ignore_ascii_case(name));
        found |= http(b"h2") || http(b"http/") || protocol.eq_ignore_ascii_case(b"http");
    }
    Ok(found)
}

/// `tchar` of RFC 9110 section 5.6.2.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
