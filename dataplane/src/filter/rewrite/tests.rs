use super::*;
use corten_snapshot::PathModifier;

fn facts(path: &'static str, query: Option<&'static str>) -> Facts<'static> {
    Facts { https: false, host: "shop.example", port: 80, path, query, prefix_len: 4 }
}

fn build(hostname: Option<&str>, path: Option<PathModifier>) -> Rewrite {
    Rewrite::build(&corten_snapshot::Rewrite { hostname: hostname.map(str::to_owned), path }).unwrap()
}

fn prefix(text: &str) -> Option<PathModifier> {
    Some(PathModifier::ReplacePrefixMatch(text.to_owned()))
}

fn full(text: &str) -> Option<PathModifier> {
    Some(PathModifier::ReplaceFullPath(text.to_owned()))
}

fn target(rewrite: &Rewrite, facts: &Facts<'_>) -> String {
    rewrite.target(facts).unwrap().unwrap().to_string()
}

#[test]
fn a_prefix_is_replaced_and_the_query_kept() {
    let rewrite = build(None, prefix("/xyz/"));
    assert_eq!(target(&rewrite, &facts("/foo/bar", None)), "/xyz/bar");
    assert_eq!(target(&rewrite, &facts("/foo/bar", Some("a=1?b"))), "/xyz/bar?a=1?b");
    assert_eq!(target(&rewrite, &facts("/foo", Some(""))), "/xyz?");
    assert_eq!(target(&rewrite, &facts("/foo/", None)), "/xyz/");
    assert_eq!(target(&build(None, prefix("/")), &facts("/foo", Some("q"))), "/?q");
}

#[test]
fn a_full_path_is_replaced_and_the_query_kept() {
    let rewrite = build(None, full("/one"));
    assert_eq!(target(&rewrite, &facts("/foo/bar", None)), "/one");
    assert_eq!(target(&rewrite, &facts("/foo/bar", Some("a=1"))), "/one?a=1");
    assert_eq!(target(&build(None, full("a b?c")), &facts("/foo", None)), "/a%20b%3Fc");
}

#[test]
fn what_is_not_rewritten_is_said_to_stay() {
    let host_only = build(Some("one.example.org"), None);
    assert_eq!(host_only.host().unwrap(), "one.example.org");
    assert_eq!(host_only.target(&facts("/foo", None)).unwrap(), None);
    assert!(build(None, full("/x")).host().is_none());
    assert!(build(None, None).is_empty() && !host_only.is_empty());
}

#[test]
fn of_two_rewrites_each_part_is_the_later_ones() {
    let mut rewrite = build(Some("a.example"), full("/a"));
    rewrite.then(build(Some("b.example"), None));
    assert_eq!(rewrite.host().unwrap(), "b.example");
    assert_eq!(target(&rewrite, &facts("/foo", None)), "/a");
    rewrite.then(build(None, prefix("/b")));
    assert_eq!(target(&rewrite, &facts("/foo/x", None)), "/b/x");
    rewrite.set_host(HeaderValue::from_static("c.example"));
    assert_eq!(rewrite.host().unwrap(), "c.example");
}

#[test]
fn a_bad_hostname_is_refused() {
    for host in ["", "a b", "a/b", "a\r\nb"] {
        let config = corten_snapshot::Rewrite { hostname: Some(host.to_owned()), path: None };
        assert_eq!(Rewrite::build(&config).unwrap_err(), BuildError::Hostname(host.to_owned()));
    }
}

#[test]
fn a_target_that_grows_too_long_is_an_error_and_no_panic() {
    let path: &'static str = Box::leak(format!("/foo/{}", "x".repeat(65_500)).into_boxed_str());
    let rewrite = build(None, prefix(&format!("/{}", "y".repeat(1000))));
    assert!(rewrite.target(&facts(path, None)).is_err());
}
