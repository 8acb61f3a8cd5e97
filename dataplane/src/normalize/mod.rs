//! The one form of a request path: matched, authorized, cached and sent upstream.
//!
//! RFC 3986 section 6.2.2 and what attacks on gateways have taught since. What has no form that every
//! backend reads alike is refused, so that a rule for `/admin` cannot be walked around.

mod class;
mod decode;
mod resolve;
#[cfg(test)]
mod tests;

use class::{Class, class, is_settled};
use corten_snapshot::{EscapedSlashes, PathNormalization};
use std::{borrow::Cow, fmt};

/// Why a path has no safe form. Each is a 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It is empty or does not start with `/`.
    NotAbsolute,
    /// A `%` without two hexadecimal digits behind it.
    InvalidEscape,
    /// NUL or another control character, escaped or not.
    Control,
    /// A character that has to be escaped and is not: a space, `#`, `?` or a byte above 127.
    InvalidCharacter,
    /// A backslash: some backends take it for a slash.
    Backslash,
    /// An escaped slash or backslash where the policy refuses them.
    EscapedSlash,
    /// An escaped UTF-8 form that is longer than needed (`%C0%AE` for a dot).
    Overlong,
    /// `..` beyond the root.
    AboveRoot,
    /// `..;x`, `.;x`, or a dot segment between escaped slashes.
    HiddenDotSegment,
}

impl PathError {
    /// A sentence for the client.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotAbsolute => "The path does not start with a slash.",
            Self::InvalidEscape => "The path has an incomplete percent-encoding.",
            Self::Control => "The path holds a control character.",
            Self::InvalidCharacter => "The path holds a character that must be percent-encoded.",
            Self::Backslash => "The path holds a backslash.",
            Self::EscapedSlash => "The path holds an escaped slash or backslash.",
            Self::Overlong => "The path holds an overlong UTF-8 sequence.",
            Self::AboveRoot => "The path leads above the root.",
            Self::HiddenDotSegment => "The path hides a dot segment.",
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for PathError {}

/// Brings the path `raw` (without query) to its one form.
///
/// Escaped unreserved characters are decoded, other escapes written in upper case, characters that RFC 3986
/// does not allow in a path but clients send (`"<>[]^{|}` and the backtick) escaped, dot segments resolved,
/// runs of slashes merged and escaped slashes treated as `policy` says. The function is idempotent, and
/// borrows if there is nothing to change.
///
/// # Errors
/// See [`PathError`].
pub fn path<'a>(raw: &'a str, policy: &PathNormalization) -> Result<Cow<'a, str>, PathError> {
    if is_normal(raw.as_bytes(), policy.merge_slashes) {
        return Ok(Cow::Borrowed(raw));
    }
    if !raw.starts_with('/') {
        return Err(PathError::NotAbsolute);
    }
    let decoded = decode::decode(raw, policy.escaped_slashes)?;
    let resolved = resolve::resolve(&decoded, policy)?;
    Ok(if resolved == raw { Cow::Borrowed(raw) } else { Cow::Owned(resolved) })
}

/// Whether one look at each byte shows that the path is in its form already. `false` only means that it
/// has to be looked at more closely.
fn is_normal(raw: &[u8], merge_slashes: bool) -> bool {
    let [b'/', rest @ ..] = raw else { return false };
    let mut rest = rest;
    let mut begins = true;
    loop {
        if begins && begins_oddly(rest, merge_slashes) {
            return false;
        }
        let Some(stop) = rest.iter().position(|byte| !is_settled(*byte)) else { return true };
        let (byte, tail) = match rest.get(stop..) {
            Some([byte, tail @ ..]) => (*byte, tail),
            _ => return true,
        };
        begins = byte == b'/';
        rest = match byte {
            b'/' => tail,
            b'%' => match decode::settled_escape(tail) {
                Some(tail) => tail,
                None => return false,
            },
            _ => return false,
        };
    }
}

/// Whether a segment begins as an empty one that is merged away, or as a dot segment may. A name such as
/// `.well-known` is neither.
fn begins_oddly(segment: &[u8], merge_slashes: bool) -> bool {
    match segment {
        [b'/', ..] => merge_slashes,
        [b'.', next, ..] => class(*next) != Class::Unreserved,
        [b'.'] => true,
        _ => false,
    }
}
