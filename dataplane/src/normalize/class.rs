//! What each byte of a path means.

/// The classes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Unreserved (RFC 3986 section 2.3) but the dot; the same escaped and not.
    Unreserved,
    /// `.`: unreserved, and what dot segments are made of.
    Dot,
    /// `sub-delims`, `:` and `@`: allowed, and not the same as their escaped form.
    Plain,
    /// `/`.
    Slash,
    /// `\`.
    Backslash,
    /// `%`.
    Percent,
    /// Not allowed, but sent by clients and without a meaning of its own: escaped.
    Escape,
    /// Below 32, and 127.
    Control,
    /// Space, `#`, `?`, above 127.
    Invalid,
}

const fn of(byte: u8) -> Class {
    match byte {
        b'.' => Class::Dot,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => Class::Unreserved,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' => {
            Class::Plain
        }
        b'/' => Class::Slash,
        b'\\' => Class::Backslash,
        b'%' => Class::Percent,
        b'"' | b'<' | b'>' | b'[' | b']' | b'^' | b'`' | b'{' | b'|' | b'}' => Class::Escape,
        0..=31 | 127 => Class::Control,
        b' ' | b'#' | b'?' | 128..=255 => Class::Invalid,
    }
}

const TABLE: [Class; 256] = {
    let mut table = [Class::Invalid; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated at compile time, within the table")]
        {
            table[byte] = of(byte as u8);
        }
        byte += 1;
    }
    table
};

/// The class of `byte`.
#[inline]
pub(super) fn class(byte: u8) -> Class {
    #[expect(clippy::indexing_slicing, reason = "a table of 256 has an entry for every byte")]
    TABLE[usize::from(byte)]
}

/// Bytes that a segment may hold anywhere but at its start, in their one form.
const SETTLED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated at compile time, within the table")]
        {
            table[byte] = matches!(of(byte as u8), Class::Unreserved | Class::Dot | Class::Plain);
        }
        byte += 1;
    }
    table
};

/// Whether `byte` stays as it is within a segment.
#[inline]
pub(super) fn is_settled(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a table of 256 has an entry for every byte")]
    SETTLED[usize::from(byte)]
}
