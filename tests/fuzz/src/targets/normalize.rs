//! The normaliser of request paths.

use corten_dataplane::normalize;
use corten_snapshot::{EscapedSlashes, PathNormalization};

/// A path under every policy: the first byte picks the policy, the rest is the path.
///
/// # Panics
/// If the form is not absolute, not its own form, holds what has no place in a path, or still holds something by
/// which a rule could be walked around.
pub fn path(bytes: &[u8]) -> String {
    let Some((choice, raw)) = bytes.split_first() else { return "empty".into() };
    let Ok(raw) = std::str::from_utf8(raw) else { return "no text".into() };
    let escaped_slashes = match choice % 3 {
        0 => EscapedSlashes::Reject,
        1 => EscapedSlashes::Keep,
        _ => EscapedSlashes::Decode,
    };
    let policy = PathNormalization { merge_slashes: choice & 4 == 0, escaped_slashes };
    match normalize::path(raw, &policy) {
        Ok(form) => {
            check(&form, &policy);
            assert_eq!(
                normalize::path(&form, &policy).as_deref(),
                Ok(&*form),
                "the form of {raw:?} is stable"
            );
            format!("{escaped_slashes:?}: changed {}", form != raw)
        }
        Err(error) => format!("{escaped_slashes:?}: {error:?}"),
    }
}

fn check(form: &str, policy: &PathNormalization) {
    assert!(form.starts_with('/'), "{form:?} is absolute");
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>?[\\]^`{|}".contains(&byte);
    assert!(form.bytes().all(plain), "{form:?} holds only what RFC 3986 allows in a path");
    for segment in form.split('/') {
        let name = segment.split(';').next().unwrap_or_default();
        assert!(name != "." && name != "..", "{form:?} holds a dot segment");
    }
    if policy.merge_slashes {
        assert!(!form.contains("//"), "{form:?} holds an empty segment");
    }
    for (at, _) in form.match_indices('%') {
        let digits = form.get(at + 1..at + 3).expect("two digits behind every percent sign");
        assert!(digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')), "{form:?}: upper case");
        let value = u8::from_str_radix(digits, 16).expect("hexadecimal");
        assert!(!value.is_ascii_alphanumeric() && !b"-._~".contains(&value), "{form:?}: decoded");
        assert!(value >= 0x20 && value != 0x7f, "{form:?}: no control characters");
        let slash = matches!(value, b'/' | b'\\');
        assert!(!slash || policy.escaped_slashes == EscapedSlashes::Keep, "{form:?}: an escaped slash");
    }
}
