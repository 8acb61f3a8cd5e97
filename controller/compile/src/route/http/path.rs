//! Path matches, in the one form that the dataplane brings request paths to (RFC 3986 section 6.2.2): escaped
//! unreserved characters decoded, other escapes in upper case, and what may not stand in a path escaped.

use crate::{problem::Problem, route::Regexes, text};
use corten_crds::gateway::{HttpPathMatch, PathMatchType};
use corten_snapshot::PathMatch;

/// Compiles a path match.
pub(super) fn compile(path: &HttpPathMatch, regexes: &mut Regexes) -> Result<PathMatch, Problem> {
    let value = path.value.as_deref().unwrap_or("/");
    let refused = |message: String, remedy: &'static str| {
        Problem::new("UnsupportedValue", "path.value", message, remedy)
    };
    let plain = || {
        normalize(value).map_err(|why| {
            let message = format!("no request has the path `{}`: {why}", value.escape_debug());
            refused(message, "write an absolute path without empty or dot segments, query and fragment")
        })
    };
    match path.type_.unwrap_or_default() {
        PathMatchType::Exact => Ok(PathMatch::Exact(plain()?)),
        PathMatchType::PathPrefix => {
            let mut prefix = plain()?;
            prefix.truncate(prefix.trim_end_matches('/').len());
            Ok(PathMatch::Prefix(prefix))
        }
        PathMatchType::RegularExpression => {
            regexes.check(value).map_err(|why| {
                let message = format!("`{}` is no regular expression: {why}", value.escape_debug());
                refused(message, "see the syntax of the Rust crate `regex`")
            })?;
            Ok(PathMatch::Regex(value.to_owned()))
        }
    }
}

/// The normal form of `path`, or why there is none.
fn normalize(path: &str) -> Result<String, &'static str> {
    if !path.starts_with('/') {
        return Err("it does not begin with a slash");
    }
    let mut normal = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()];
                let byte = unescape(digits).ok_or("a `%` has no two hexadecimal digits behind it")?;
                match byte {
                    b'/' | b'\\' => return Err("it has an escaped slash or backslash"),
                    byte if byte.is_ascii_control() => return Err("it has a control character"),
                    byte if is_unreserved(byte) => normal.push(char::from(byte)),
                    byte => escape(byte, &mut normal),
                }
            }
            b'?' | b'#' => return Err("it has a query or a fragment"),
            b'\\' => return Err("it has a backslash"),
            byte if byte.is_ascii_control() => return Err("it has a control character"),
            byte if byte == b'/' || text::is_pchar(byte) => normal.push(char::from(byte)),
            byte => escape(byte, &mut normal),
        }
    }
    // The last segment may be empty: `/a/` is not `/a`.
    if normal.contains("//") {
        return Err("it has an empty segment");
    }
    if normal.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("it has a dot segment");
    }
    Ok(normal)
}

fn unescape(digits: [Option<u8>; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit.unwrap_or_default()).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

fn escape(byte: u8, normal: &mut String) {
    use std::fmt::Write as _;
    // Writing to a String does not fail.
    let _ = write!(normal, "%{byte:02X}");
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms() {
        for (path, normal) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/", "/a/"),
            ("/%61", "/a"),
            ("/%7euser", "/~user"),
            ("/a%2bb", "/a%2Bb"),
            ("/a b", "/a%20b"),
            ("/ä", "/%C3%A4"),
            ("/%c3%a4", "/%C3%A4"),
            ("/a{b}", "/a%7Bb%7D"),
            ("/a;v=1,2/@x:y!$&'()*+", "/a;v=1,2/@x:y!$&'()*+"),
            ("/...", "/..."),
        ] {
            assert_eq!(normalize(path).as_deref(), Ok(normal), "{path}");
            assert_eq!(normalize(normal).as_deref(), Ok(normal), "the normal form is its own");
        }
    }

    #[test]
    fn paths_that_no_request_has() {
        for path in [
            "",
            "a",
            "//",
            "/a//b",
            "//a",
            "/./a",
            "/a/.",
            "/a/..",
            "/../a",
            "/%2e%2e/a",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a?b",
            "/a#b",
            "/%",
            "/%4",
            "/%4g",
            "/a\n",
            "/%00",
            "/\u{7f}",
        ] {
            assert!(normalize(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn prefixes_end_without_a_slash() {
        let prefix = |value: &str| {
            let path = HttpPathMatch { type_: None, value: Some(value.to_owned()) };
            compile(&path, &mut Regexes::default()).unwrap()
        };
        assert_eq!(prefix("/"), PathMatch::Prefix(String::new()));
        assert_eq!(prefix("/a/"), PathMatch::Prefix("/a".to_owned()));
        assert_eq!(prefix("/a"), PathMatch::Prefix("/a".to_owned()));
    }
}
