use super::*;
use proptest::prelude::*;

fn pattern(text: &str) -> HostnamePattern {
    parse(Some(text)).unwrap()
}

#[test]
fn hostnames_that_are_read() {
    assert_eq!(parse(None), Ok(HostnamePattern::Any));
    assert_eq!(parse(Some("")), Ok(HostnamePattern::Any));
    assert_eq!(pattern("a.example.com"), HostnamePattern::Exact("a.example.com".into()));
    assert_eq!(pattern("*.example.com"), HostnamePattern::Wildcard("example.com".into()));
    assert_eq!(pattern("localhost"), HostnamePattern::Exact("localhost".into()));
    assert_eq!(pattern("x-1.de"), HostnamePattern::Exact("x-1.de".into()));
}

#[test]
fn hostnames_that_are_refused() {
    for text in [
        "*",
        "*.",
        "a..b",
        ".a",
        "a.",
        "A.example.com",
        "a_b.com",
        "-a.com",
        "a-.com",
        "*.*.com",
        "a.*.com",
        "ä.de",
        "1.2.3.4",
        "::1",
        "a b",
        "a\r\n",
        "a.com:80",
    ] {
        assert!(parse(Some(text)).is_err(), "{text}");
    }
    assert!(parse(Some(&"a".repeat(64))).is_err(), "a label of 64 characters");
    assert!(parse(Some(&"a".repeat(63))).is_ok());
    let long = vec!["abcdefg"; 32].join(".");
    assert_eq!(long.len(), 255);
    assert!(parse(Some(&long)).is_err(), "more than 253 characters");
}

#[test]
fn intersections_from_the_specification() {
    let cases = [
        ("*.example.com", "test.example.com", Some("test.example.com")),
        ("*.example.com", "*.test.example.com", Some("*.test.example.com")),
        ("*.example.com", "*.example.com", Some("*.example.com")),
        ("*.example.com", "example.com", None),
        ("*.example.com", "*.ample.com", None),
        ("test.example.com", "test.example.com", Some("test.example.com")),
        ("test.example.com", "other.example.com", None),
        ("*.com", "*.example.org", None),
    ];
    for (a, b, both) in cases {
        let both = both.map(pattern);
        assert_eq!(intersect(&pattern(a), &pattern(b)), both, "{a} and {b}");
        assert_eq!(intersect(&pattern(b), &pattern(a)), both, "{b} and {a}");
        assert_eq!(intersect(&HostnamePattern::Any, &pattern(a)), Some(pattern(a)));
    }
    assert_eq!(intersect(&HostnamePattern::Any, &HostnamePattern::Any), Some(HostnamePattern::Any));
}

/// Names over a tiny alphabet, so that patterns and names meet often.
fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "aa"]), 1..5)
        .prop_map(|labels| labels.join("."))
}

fn any_pattern() -> impl Strategy<Value = HostnamePattern> {
    prop_oneof![
        1 => Just(HostnamePattern::Any),
        3 => name().prop_map(|name| HostnamePattern::Exact(name.into())),
        4 => name().prop_map(|name| HostnamePattern::Wildcard(name.into())),
    ]
}

/// The definition of a match, label by label, written without `HostnamePattern::matches`.
fn oracle(pattern: &HostnamePattern, name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    match pattern {
        HostnamePattern::Any => true,
        HostnamePattern::Exact(exact) => labels == exact.split('.').collect::<Vec<_>>(),
        HostnamePattern::Wildcard(suffix) => {
            let suffix: Vec<&str> = suffix.split('.').collect();
            labels.len() > suffix.len() && labels[labels.len() - suffix.len()..] == suffix[..]
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_intersection_holds_exactly_the_names_of_both(a in any_pattern(), b in any_pattern(), name in name()) {
        let in_both = oracle(&a, &name) && oracle(&b, &name);
        let in_intersection = intersect(&a, &b).is_some_and(|both| oracle(&both, &name));
        prop_assert_eq!(in_both, in_intersection, "{} and {} for {}", a, b, name);
    }

    #[test]
    fn an_intersection_does_not_depend_on_the_order(a in any_pattern(), b in any_pattern()) {
        prop_assert_eq!(intersect(&a, &b), intersect(&b, &a));
    }

    #[test]
    fn no_text_makes_the_parser_fail(text in ".{0,300}") {
        if let Ok(pattern) = parse(Some(&text)) {
            prop_assert!(text.is_empty() || pattern.to_string() == text);
        }
    }
}
