use super::{PathError, path};
use corten_snapshot::{EscapedSlashes, PathNormalization};
use proptest::prelude::*;
use std::borrow::Cow;

fn policy(merge_slashes: bool, escaped_slashes: EscapedSlashes) -> PathNormalization {
    PathNormalization { merge_slashes, escaped_slashes }
}

fn default(raw: &str) -> Result<String, PathError> {
    path(raw, &PathNormalization::default()).map(Cow::into_owned)
}

#[test]
fn what_is_normal_is_borrowed() {
    for raw in [
        "/",
        "/a",
        "/a/",
        "/a/b.txt",
        "/a..b/c...",
        "/.well-known/acme",
        "/..a",
        "/a;v=1/b",
        "/a%20b/%C3%A4",
        "/!$&'()*+,;=:@",
        "/%25%2B",
        "/a/.b/~c_d-e",
    ] {
        match path(raw, &PathNormalization::default()) {
            Ok(Cow::Borrowed(same)) => assert_eq!(same, raw),
            other => panic!("{raw}: {other:?}"),
        }
    }
}

#[test]
fn one_form() {
    for (raw, want) in [
        ("/%61%2D%7e", "/a-~"),
        ("/a%3fb%c3%a4", "/a%3Fb%C3%A4"),
        ("//a///b//", "/a/b/"),
        ("/a/./b/../c", "/a/c"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/a/..", "/"),
        ("/.", "/"),
        ("/./", "/"),
        ("/a/%2e%2E/b", "/b"),
        ("/%2e/a", "/a"),
        ("/a/.%2e/b", "/b"),
        ("/a//../b", "/b"),
        ("/a{b}|c", "/a%7Bb%7D%7Cc"),
        ("/a[1]\"<>^`", "/a%5B1%5D%22%3C%3E%5E%60"),
        ("/%252e%252e/x", "/%252e%252e/x"),
    ] {
        assert_eq!(default(raw).as_deref(), Ok(want), "{raw}");
    }
}

#[test]
fn refused() {
    use PathError as E;
    for (name, raw, want) in [
        ("empty", "", E::NotAbsolute),
        ("relative", "a/b", E::NotAbsolute),
        ("asterisk", "*", E::NotAbsolute),
        ("escape cut short", "/a%2", E::InvalidEscape),
        ("escape without digits", "/a%zz", E::InvalidEscape),
        ("lone percent", "/100%", E::InvalidEscape),
        ("unicode escape", "/%u002e", E::InvalidEscape),
        ("NUL", "/a%00.txt", E::Control),
        ("line feed", "/a%0aSet-Cookie:", E::Control),
        ("carriage return", "/%0D", E::Control),
        ("DEL", "/%7F", E::Control),
        ("escape character", "/%1b[31m", E::Control),
        ("raw control", "/a\u{1}", E::Control),
        ("raw space", "/a b", E::InvalidCharacter),
        ("raw fragment", "/a#b", E::InvalidCharacter),
        ("raw query", "/a?b", E::InvalidCharacter),
        ("raw non-ASCII", "/ä", E::InvalidCharacter),
        ("raw backslash", "/a\\..\\b", E::Backslash),
        ("escaped slash", "/a%2fb", E::EscapedSlash),
        ("escaped backslash", "/a%5Cb", E::EscapedSlash),
        ("above the root", "/..", E::AboveRoot),
        ("above the root, deeper", "/a/../../b", E::AboveRoot),
        ("above the root, escaped", "/%2e%2e/b", E::AboveRoot),
        ("above the root, doubled slash", "//../b", E::AboveRoot),
        ("overlong dot", "/%c0%ae%c0%ae/x", E::Overlong),
        ("overlong slash of three bytes", "/%e0%80%af", E::Overlong),
        ("overlong slash of four bytes", "/%F0%80%80%AF", E::Overlong),
        ("parameter behind two dots", "/a/..;/b", E::HiddenDotSegment),
        ("parameter behind two escaped dots", "/a/%2e%2e;x=1/b", E::HiddenDotSegment),
        ("parameter behind one dot", "/a/.;x/b", E::HiddenDotSegment),
        ("escaped parameter behind two dots", "/a/..%3b/b", E::HiddenDotSegment),
        ("parameter at the end", "/admin/..;", E::HiddenDotSegment),
    ] {
        assert_eq!(default(raw), Err(want), "{name}: {raw}");
    }
}

#[test]
fn slashes_are_kept_apart_if_the_policy_says_so() {
    let apart = policy(false, EscapedSlashes::Reject);
    for (raw, want) in
        [("//a//b/", "//a//b/"), ("/a//../b", "/a/b"), ("/a/..//b", "//b"), ("//..", "/"), ("/a//.", "/a//")]
    {
        assert_eq!(path(raw, &apart).as_deref(), Ok(want), "{raw}");
    }
}

#[test]
fn escaped_slashes_by_policy() {
    let keep = policy(true, EscapedSlashes::Keep);
    let decode = policy(true, EscapedSlashes::Decode);
    for (raw, kept, decoded) in [
        ("/@scope%2fname", Ok("/@scope%2Fname"), Ok("/@scope/name")),
        ("/a%5cb", Ok("/a%5Cb"), Ok("/a/b")),
        ("/a%2f%2Fb", Ok("/a%2F%2Fb"), Ok("/a/b")),
        ("/public%2f..%2fadmin", Err(PathError::HiddenDotSegment), Ok("/admin")),
        ("/public/..%2fadmin", Err(PathError::HiddenDotSegment), Ok("/admin")),
        ("/public%5c..;%5cadmin", Err(PathError::HiddenDotSegment), Err(PathError::HiddenDotSegment)),
        ("/%2f..", Err(PathError::HiddenDotSegment), Err(PathError::AboveRoot)),
    ] {
        assert_eq!(path(raw, &keep).as_deref(), kept.as_deref(), "keep {raw}");
        assert_eq!(path(raw, &decode).as_deref(), decoded.as_deref(), "decode {raw}");
    }
}

/// RFC 3986 section 5.2.4, word for word, as the oracle for dot segments.
fn remove_dot_segments(path: &str) -> String {
    let (mut input, mut output) = (path.to_owned(), String::new());
    while !input.is_empty() {
        if input.starts_with("/./") {
            input.replace_range(..2, "");
        } else if input == "/." {
            input = "/".to_owned();
        } else if input.starts_with("/../") || input == "/.." {
            input.replace_range(..3, "");
            if input.is_empty() {
                input.push('/');
            }
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            let end = input[1..].find('/').map_or(input.len(), |at| at + 1);
            output.push_str(&input[..end]);
            input.replace_range(..end, "");
        }
    }
    output
}

fn any_policy() -> impl Strategy<Value = PathNormalization> {
    let slashes =
        prop_oneof![Just(EscapedSlashes::Reject), Just(EscapedSlashes::Keep), Just(EscapedSlashes::Decode)];
    (any::<bool>(), slashes).prop_map(|(merge, slashes)| policy(merge, slashes))
}

/// Paths made of the pieces that attacks are made of.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("/"), 2 => Just("."), 2 => Just(".."), 1 => Just("%2e"), 1 => Just("%2E"), 1 => Just("%2f"),
        1 => Just("%5C"), 1 => Just(";"), 1 => Just("%3b"), 1 => Just("%25"), 3 => Just("a"), 1 => Just("%61"),
        1 => Just("%C0"), 1 => Just("%AE"), 1 => Just("{"), 1 => Just("%c3%a4"), 1 => Just("2e"),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn normal_forms_are_stable_and_safe(raw in prop_oneof![hostile(), "/[ -~]{0,24}", ".{0,12}"], by in any_policy()) {
        if let Ok(form) = path(&raw, &by) {
            let again = path(&form, &by).map(Cow::into_owned);
            prop_assert_eq!(again, Ok(form.clone().into_owned()), "not idempotent: {}", raw);
            prop_assert!(form.starts_with('/') && form.is_ascii());
            prop_assert!(!form.split('/').any(|segment| {
                let name = segment.split(';').next().unwrap_or_default().replace("%2E", ".");
                name == "." || name == ".."
            }), "a dot segment is left: {}", form);
            prop_assert!(!by.merge_slashes || !form.contains("//"), "a run of slashes is left: {}", form);
            prop_assert!(by.escaped_slashes == EscapedSlashes::Keep
                || !(form.contains("%2F") || form.contains("%5C")), "an escaped slash is left: {}", form);
        }
    }

    #[test]
    fn dot_segments_as_in_the_rfc(segments in prop::collection::vec("[.a]{0,3}", 1..8)) {
        let raw = format!("/{}", segments.join("/"));
        if let Ok(form) = path(&raw, &policy(false, EscapedSlashes::Reject)) {
            prop_assert_eq!(&*form, remove_dot_segments(&raw));
        }
    }
}
