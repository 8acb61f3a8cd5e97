//! First step: every escape in its one form.

use super::{Class, PathError, class};
use corten_snapshot::EscapedSlashes;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Decodes escaped unreserved characters, writes other escapes in upper case and refuses what has no place
/// in a path.
pub(super) fn decode(raw: &str, slashes: EscapedSlashes) -> Result<String, PathError> {
    let mut out = String::with_capacity(raw.len() + 8);
    let mut rest = raw.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match class(*byte) {
            Class::Unreserved | Class::Dot | Class::Plain | Class::Slash => out.push(char::from(*byte)),
            Class::Escape => push_escape(&mut out, *byte),
            Class::Backslash => return Err(PathError::Backslash),
            Class::Control => return Err(PathError::Control),
            Class::Invalid => return Err(PathError::InvalidCharacter),
            Class::Percent => {
                let (value, tail) = escape(rest)?;
                rest = tail;
                if is_overlong(value, rest) {
                    return Err(PathError::Overlong);
                }
                push_decoded(&mut out, value, slashes)?;
            }
        }
    }
    Ok(out)
}

/// The value of the two digits that `bytes` starts with, and what follows.
fn escape(bytes: &[u8]) -> Result<(u8, &[u8]), PathError> {
    let [high, low, tail @ ..] = bytes else { return Err(PathError::InvalidEscape) };
    match (hex(*high), hex(*low)) {
        (Some(high), Some(low)) => Ok(((high << 4) | low, tail)),
        _ => Err(PathError::InvalidEscape),
    }
}

/// What follows an escape that no policy changes: upper case, of a character that stays escaped, and no
/// start of an overlong sequence.
pub(super) fn settled_escape(bytes: &[u8]) -> Option<&[u8]> {
    let [b'0'..=b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F', ..] = bytes else { return None };
    let (value, tail) = escape(bytes).ok()?;
    match class(value) {
        Class::Plain | Class::Percent | Class::Escape => Some(tail),
        Class::Invalid if !matches!(value, 0xC0 | 0xC1 | 0xE0 | 0xF0) => Some(tail),
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether the escaped byte `first`, with the escape that follows it, is longer than its character needs
/// (RFC 3629 section 3): old decoders make a dot or a slash of such forms.
fn is_overlong(first: u8, rest: &[u8]) -> bool {
    let last = match first {
        0xC0 | 0xC1 => 0xBF,
        0xE0 => 0x9F,
        0xF0 => 0x8F,
        _ => return false,
    };
    let [b'%', digits @ ..] = rest else { return false };
    escape(digits).is_ok_and(|(next, _)| (0x80..=last).contains(&next))
}

fn push_decoded(out: &mut String, value: u8, slashes: EscapedSlashes) -> Result<(), PathError> {
    match class(value) {
        Class::Unreserved | Class::Dot => out.push(char::from(value)),
        Class::Control => return Err(PathError::Control),
        Class::Slash | Class::Backslash => match slashes {
            EscapedSlashes::Reject => return Err(PathError::EscapedSlash),
            EscapedSlashes::Keep => push_escape(out, value),
            EscapedSlashes::Decode => out.push('/'),
        },
        Class::Plain | Class::Percent | Class::Escape | Class::Invalid => push_escape(out, value),
    }
    Ok(())
}

fn push_escape(out: &mut String, value: u8) {
    let digit = |nibble: u8| char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    out.push('%');
    out.push(digit(value >> 4));
    out.push(digit(value & 15));
}
