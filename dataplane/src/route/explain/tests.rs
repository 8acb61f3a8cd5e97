use super::*;
use crate::route::tests::{Request, exact, host, is, like, prefix, regex};

fn with_headers(entry: Entry, headers: Vec<corten_snapshot::ValueMatch>) -> Entry {
    Entry { headers, ..entry }
}

/// The answer, and of the others the number with what is said about each.
fn told(entries: Vec<Entry>, request: &Request) -> (Option<u32>, Vec<(u32, String)>) {
    let explanation = explain(&host(entries), &request.view(), 10);
    let texts = explanation.near.iter().map(|near| {
        let texts: Vec<_> = near.differences.iter().map(ToString::to_string).collect();
        (near.entry, texts.join("; "))
    });
    (explanation.answer.map(|found| found.entry), texts.collect())
}

fn only(entry: Entry, request: &Request) -> String {
    let (answer, near) = told(vec![entry], request);
    assert_eq!(answer, None);
    near[0].1.clone()
}

#[test]
fn each_kind_of_path_is_named() {
    let request = Request::get("/foo/baz");
    assert_eq!(only(exact("/foo/bar"), &request), r#"path is "/foo/baz", wanted exactly "/foo/bar""#);
    assert_eq!(only(prefix("/foo/ba"), &request), r#"path is "/foo/baz", wanted the prefix "/foo/ba""#);
    let text = only(regex("/foo/[0-9]+"), &request);
    assert_eq!(text, r#"path is "/foo/baz", wanted a match of the expression "/foo/[0-9]+""#);
}

#[test]
fn the_method_is_named() {
    let entry = Entry { method: Some("POST".to_owned()), ..prefix("/") };
    assert_eq!(only(entry, &Request::get("/")), "method is GET, wanted POST");
}

#[test]
fn headers_are_named_with_their_combined_value() {
    let entry = with_headers(prefix("/"), vec![is("x-tenant", "a"), like("x-plan", "gold|silver")]);
    let text = only(entry.clone(), &Request::get("/").header("x-tenant", "b").header("x-tenant", "c"));
    let plan = r#"header x-plan is absent, wanted a match of the expression "gold|silver""#;
    assert_eq!(text, format!(r#"header x-tenant is "b,c", wanted "a"; {plan}"#));
    let text = only(entry, &Request::get("/").header("x-tenant", "a").header("x-plan", "tin"));
    assert_eq!(text, r#"header x-plan is "tin", wanted a match of the expression "gold|silver""#);
}

#[test]
fn query_parameters_are_named_decoded() {
    let entry = Entry { query: vec![is("the name", "a b")], ..prefix("/") };
    let text = only(entry.clone(), &Request::get("/?the+name=a%20c&the+name=a+b"));
    assert_eq!(text, r#"query parameter the name is "a c", wanted "a b""#);
    assert_eq!(only(entry, &Request::get("/")), r#"query parameter the name is absent, wanted "a b""#);
}

#[test]
fn what_would_match_too_is_told_without_a_difference() {
    let (answer, near) = told(vec![exact("/a"), prefix("/a"), prefix("")], &Request::get("/a"));
    assert_eq!(answer, Some(0));
    assert_eq!(near, [(1, String::new()), (2, String::new())]);
}

#[test]
fn the_nearest_come_first() {
    let post = |entry| Entry { method: Some("POST".to_owned()), ..entry };
    let entries = vec![
        exact("/x"),
        exact("/a/b/d"),
        regex("/nothing"),
        post(with_headers(prefix("/a/b/c"), vec![is("x", "1")])),
        prefix("/a/x"),
        post(prefix("/a/b")),
        prefix("/a/b/c/d"),
    ];
    let (answer, near) = told(entries, &Request::get("/a/b/c"));
    assert_eq!(answer, None);
    let order: Vec<_> = near.iter().map(|(entry, _)| *entry).collect();
    assert_eq!(order, [5, 3, 6, 1, 4, 0, 2]);
}

#[test]
fn no_more_than_asked_for() {
    let entries = (0..100).map(|n| exact(&format!("/{n}"))).collect();
    let explanation = explain(&host(entries), &Request::get("/50").view(), 3);
    assert_eq!(explanation.answer.map(|found| found.entry), Some(50));
    assert_eq!(explanation.near.len(), 3);
}

#[test]
fn an_expression_that_cannot_be_used_is_a_difference() {
    assert!(only(regex("("), &Request::get("/")).starts_with("an expression cannot be used: "));
    let text = only(with_headers(prefix("/"), vec![like("x", "[")]), &Request::get("/").header("x", "1"));
    assert!(text.starts_with("an expression cannot be used: "), "{text}");
}
