//! HTTPPathModifier: how redirects and rewrites change a path.

use corten_snapshot::PathModifier;
use std::fmt::Write as _;

/// A new path, or a new beginning of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathEdit {
    /// The whole path; begins with a slash.
    Full(Box<str>),
    /// Stands for the prefix that matched; begins with a slash and ends without, or is empty.
    Prefix(Box<str>),
}

impl PathEdit {
    /// Brings the text into the form of a path: a missing first slash is added, and what may not stand in
    /// a path (RFC 3986 section 3.3) is percent-encoded. So nothing in it can end the path, the line or
    /// the header that it is written to; `?` and `#` are characters of the path like others.
    pub(super) fn build(modifier: &PathModifier) -> Self {
        match modifier {
            PathModifier::ReplaceFullPath(text) => {
                Self::Full(if text.is_empty() { Box::from("/") } else { encoded(text).into() })
            }
            PathModifier::ReplacePrefixMatch(text) => Self::Prefix(match text.trim_end_matches('/') {
                "" => Box::from(""),
                text => encoded(text).into(),
            }),
        }
    }

    /// The changed path in two pieces, never both empty. `prefix_len` is the length of the prefix that
    /// matched (see [`crate::route::Found`]); what follows it is kept as it is, so that a trailing slash
    /// of the request stays and none comes from the configuration.
    pub(super) fn apply<'a>(&'a self, path: &'a str, prefix_len: usize) -> (&'a str, &'a str) {
        match self {
            Self::Full(full) => (full, ""),
            Self::Prefix(replacement) => match (&**replacement, path.get(prefix_len..).unwrap_or_default()) {
                ("", "") => ("/", ""),
                pieces => pieces,
            },
        }
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        out.push('/');
    }
    for (at, byte) in text.bytes().enumerate() {
        let digits = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
        let escape = byte == b'%' && digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
        if escape || is_path_byte(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `pchar` without the escapes, and the slash.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(path: &str, matched: &str, replacement: &str) -> String {
        let edit = PathEdit::build(&PathModifier::ReplacePrefixMatch(replacement.to_owned()));
        let (head, tail) = edit.apply(path, matched.trim_end_matches('/').len());
        format!("{head}{tail}")
    }

    fn full(replacement: &str) -> String {
        let edit = PathEdit::build(&PathModifier::ReplaceFullPath(replacement.to_owned()));
        let (head, tail) = edit.apply("/some/path", 5);
        format!("{head}{tail}")
    }

    /// The table of `HTTPPathModifier.replacePrefixMatch`, row by row.
    #[test]
    fn the_table_of_the_specification() {
        for (path, matched, replacement, expected) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
        ] {
            let actual = prefix(path, matched, replacement);
            assert_eq!(actual, expected, "{path} with {matched} replaced by {replacement:?}");
        }
    }

    #[test]
    fn rows_that_the_table_leaves_out() {
        assert_eq!(prefix("/foo", "/foo", "/xyz/"), "/xyz");
        assert_eq!(prefix("/foo/bar/", "/foo", "/"), "/bar/");
        assert_eq!(prefix("/bar", "/", "/xyz"), "/xyz/bar");
        assert_eq!(prefix("/bar", "/", ""), "/bar");
        assert_eq!(prefix("/", "/", "/"), "/");
        assert_eq!(prefix("/foo/a%2Fb", "/foo", "/x"), "/x/a%2Fb", "the rest is not touched");
        assert_eq!(prefix("/foo/bar", "/foo", "xyz"), "/xyz/bar");
    }

    #[test]
    fn a_full_path_is_taken_as_it_is() {
        assert_eq!(full("/one"), "/one");
        assert_eq!(full("/one/"), "/one/");
        assert_eq!(full("one"), "/one");
        assert_eq!(full(""), "/");
        assert_eq!(full("/"), "/");
    }

    #[test]
    fn what_may_not_stand_in_a_path_is_encoded() {
        assert_eq!(full("/a b"), "/a%20b");
        assert_eq!(full("/a?b=c#d"), "/a%3Fb=c%23d");
        assert_eq!(full("/a\r\nX: y"), "/a%0D%0AX:%20y");
        assert_eq!(full("/é"), "/%C3%A9");
        assert_eq!(full("/a%2fb%zz%4"), "/a%2fb%25zz%254");
        assert_eq!(full("/-._~!$&'()*+,;=:@"), "/-._~!$&'()*+,;=:@");
        assert_eq!(prefix("/foo/bar", "/foo", "/x y/"), "/x%20y/bar");
    }
}
