//! Checks of strings that end up in requests, responses or matchers.

/// A sentence for people and logs: what control characters a name may have brought in is spelled out.
pub(crate) fn clean(text: String) -> String {
    if text.chars().any(char::is_control) { text.escape_debug().to_string() } else { text }
}

/// A header name (RFC 9110 section 5.1), in lower case.
pub(crate) fn header_name(name: &str) -> Result<String, String> {
    match http::HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err(format!("`{}` is not a header name", name.escape_debug())),
    }
}

/// A header value (RFC 9110 section 5.5): no control characters except the tab.
pub(crate) fn header_value(value: &str) -> Result<(), String> {
    match value.chars().find(|c| c.is_control() && *c != '\t') {
        Some(c) => Err(format!("the value holds the control character {}", c.escape_debug())),
        None => Ok(()),
    }
}

/// A path that is written into a request or a `Location`: it begins with a slash and holds only what RFC 3986 section
/// 3.3 allows in a path, with percent-encoding for the rest.
pub(crate) fn path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("`{}` does not begin with a slash", path.escape_debug()));
    }
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = |bytes: &mut std::str::Bytes<'_>| {
            let mut hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
            hex() && hex()
        };
        let fine = match byte {
            b'%' => escaped(&mut bytes),
            b'?' | b'#' => false,
            byte => byte == b'/' || is_pchar(byte),
        };
        if !fine {
            return Err(format!("`{}` is not a path (RFC 3986 section 3.3)", path.escape_debug()));
        }
    }
    Ok(())
}

/// `pchar` without percent-encoding.
pub(crate) fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names() {
        assert_eq!(header_name("X-Request-Id"), Ok("x-request-id".to_owned()));
        for name in ["", "a b", "a:b", ":path", "a\r\nb", "ä", "a\0"] {
            assert!(header_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn header_values() {
        for value in ["", "a", "a b", "a\tb", "ä", "\"quoted\""] {
            assert_eq!(header_value(value), Ok(()), "{value:?}");
        }
        for value in ["a\r\nSet-Cookie: x", "a\n", "\0", "\u{7f}", "\u{1b}[31m", "\u{85}"] {
            assert!(header_value(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn paths() {
        for text in ["/", "/a/b", "/a%20b", "/a;v=1/@x:y", "/~a.b-c_d"] {
            assert_eq!(path(text), Ok(()), "{text:?}");
        }
        for text in ["", "a", "/a b", "/a?b", "/a#b", "/%", "/%2", "/%zz", "/a\r\n", "/ä", "/a\\b", "/{x}"] {
            assert!(path(text).is_err(), "{text:?}");
        }
    }
}
