//! Which rule answers: every kind of match, and the order among them (HTTPRouteRule `matches`).

use crate::named;
use corten_test_support::{Backend, Gateway, yaml};

fn rule(matches: &str, service: &str) -> String {
    format!("- matches: [{matches}]\n  backendRefs: [{{name: {service}, port: 80}}]\n")
}

fn path(kind: &str, value: &str) -> String {
    format!("{{path: {{type: {kind}, value: \"{value}\"}}}}")
}

#[test]
fn exact_before_longer_prefix_before_shorter() {
    let rules = [
        rule(&path("PathPrefix", "/"), "root"),
        rule(&path("PathPrefix", "/a"), "a"),
        rule(&path("PathPrefix", "/a/b"), "ab"),
        rule(&path("Exact", "/a/b"), "exact"),
    ];
    let (gateway, _backends) = named(&["root", "a", "ab", "exact"], &rules.concat());
    for (path, name) in [
        ("/", "root"),
        ("/x", "root"),
        ("/a", "a"),
        ("/a/", "a"),
        ("/ab", "root"),
        ("/a/x", "a"),
        ("/a/b", "exact"),
        ("/a/b/", "ab"),
        ("/a/b/c", "ab"),
        ("/a/bc", "a"),
        ("/A", "root"),
    ] {
        assert_eq!(gateway.get("h", path).text(), name, "{path}");
    }
}

#[test]
fn a_prefix_with_a_trailing_slash_is_the_same_prefix() {
    let rules = rule(&path("PathPrefix", "/a/"), "a") + &rule(&path("PathPrefix", "/"), "root");
    let (gateway, _backends) = named(&["a", "root"], &rules);
    for (path, name) in [("/a", "a"), ("/a/", "a"), ("/a/x", "a"), ("/ax", "root")] {
        assert_eq!(gateway.get("h", path).text(), name, "{path}");
    }
}

#[test]
fn a_regular_expression_matches_the_whole_path() {
    let rules = rule(&path("RegularExpression", "/v[0-9]+/items"), "versioned")
        + &rule(&path("PathPrefix", "/"), "root");
    let (gateway, _backends) = named(&["versioned", "root"], &rules);
    for (path, name) in [
        ("/v1/items", "versioned"),
        ("/v12/items", "versioned"),
        ("/v1/items/1", "root"),
        ("/x/v1/items", "root"),
    ] {
        assert_eq!(gateway.get("h", path).text(), name, "{path}");
    }
}

#[test]
fn methods() {
    let rules =
        rule("{method: POST}", "post") + &rule("{method: DELETE}", "delete") + &rule("{method: GET}", "get");
    let (gateway, _backends) = named(&["post", "delete", "get"], &rules);
    for (method, name) in [("POST", "post"), ("DELETE", "delete"), ("GET", "get")] {
        let response =
            gateway.client().request(&format!("{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(response.text(), name);
    }
    let response = gateway.client().request("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(response.status, 404);
}

#[test]
fn headers_exact_and_by_regular_expression() {
    let rules = [
        rule("{headers: [{name: X-Version, value: two}, {name: x-user, value: ann}]}", "both"),
        rule("{headers: [{name: X-Version, value: two}]}", "one"),
        rule("{headers: [{name: x-version, type: RegularExpression, value: \"v[0-9]+\"}]}", "regex"),
        rule(&path("PathPrefix", "/"), "other"),
    ];
    let (gateway, _backends) = named(&["both", "one", "regex", "other"], &rules.concat());
    for (fields, name) in [
        ("X-VERSION: two\r\nX-User: ann\r\n", "both"),
        ("x-version: two\r\n", "one"),
        ("x-version: Two\r\n", "other"),
        ("x-version: v12\r\n", "regex"),
        ("x-version: v12a\r\n", "other"),
        ("", "other"),
    ] {
        let response = gateway.client().request(&format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"));
        assert_eq!(response.text(), name, "{fields:?}");
    }
}

#[test]
fn query_parameters() {
    let rules = [
        rule("{queryParams: [{name: animal, value: whale}, {name: colour, value: blue}]}", "both"),
        rule("{queryParams: [{name: animal, value: whale}]}", "whale"),
        rule("{queryParams: [{name: animal, type: RegularExpression, value: \"d.*\"}]}", "d"),
        rule(&path("PathPrefix", "/"), "other"),
    ];
    let (gateway, _backends) = named(&["both", "whale", "d", "other"], &rules.concat());
    for (query, name) in [
        ("?animal=whale", "whale"),
        ("?colour=blue&animal=whale", "both"),
        ("?animal=dolphin", "d"),
        ("?animal=Whale", "other"),
        ("?Animal=whale", "other"),
        ("?animal=whale&animal=dolphin", "whale"),
        ("?animal=wh%61le", "whale"),
        ("", "other"),
    ] {
        assert_eq!(gateway.get("h", &format!("/{query}")).text(), name, "{query}");
    }
}

/// Method before more headers before more query parameters, all behind the path.
#[test]
fn precedence_among_equal_paths() {
    let rules = [
        rule("{queryParams: [{name: q, value: \"1\"}]}", "query"),
        rule("{headers: [{name: x-a, value: \"1\"}]}", "header"),
        rule("{headers: [{name: x-a, value: \"1\"}, {name: x-b, value: \"1\"}]}", "headers"),
        rule("{method: GET}", "method"),
        rule("{path: {type: PathPrefix, value: /p}}", "path"),
    ];
    let (gateway, _backends) = named(&["query", "header", "headers", "method", "path"], &rules.concat());
    for (line, fields, name) in [
        ("GET /p?q=1", "x-a: 1\r\nx-b: 1\r\n", "path"),
        ("GET /?q=1", "x-a: 1\r\nx-b: 1\r\n", "method"),
        ("POST /?q=1", "x-a: 1\r\nx-b: 1\r\n", "headers"),
        ("POST /?q=1", "x-a: 1\r\n", "header"),
        ("POST /?q=1", "", "query"),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{fields}\r\n");
        assert_eq!(gateway.client().request(&request).text(), name, "{line} {fields:?}");
    }
}

/// A longer path whose other conditions fail gives way to a shorter one.
#[test]
fn a_match_that_fails_falls_through_to_a_shorter_path() {
    let rules = [
        rule("{path: {type: PathPrefix, value: /a/b}, headers: [{name: x, value: \"1\"}]}", "deep"),
        rule(&path("PathPrefix", "/a"), "shallow"),
    ];
    let (gateway, _backends) = named(&["deep", "shallow"], &rules.concat());
    let with = gateway.client().request("GET /a/b HTTP/1.1\r\nHost: h\r\nx: 1\r\n\r\n");
    assert_eq!(with.text(), "deep");
    assert_eq!(gateway.get("h", "/a/b").text(), "shallow");
}

/// Several matches of a rule are alternatives; a rule without any is `/`.
#[test]
fn matches_are_alternatives_and_default_to_everything() {
    let either = format!("{}, {}", path("Exact", "/one"), "{method: DELETE}");
    let rules = rule(&either, "either") + "- backendRefs: [{name: rest, port: 80}]\n";
    let (gateway, _backends) = named(&["either", "rest"], &rules);
    assert_eq!(gateway.get("h", "/one").text(), "either");
    assert_eq!(gateway.get("h", "/two").text(), "rest");
    let deleted = gateway.client().request("DELETE /two HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(deleted.text(), "either");
}

#[test]
fn hostnames_exact_before_wildcard_before_any() {
    let backends: Vec<_> = ["exact", "wild", "deep", "any"].map(Backend::named).into();
    let mut builder = Gateway::builder();
    for (name, host, backend) in [
        ("exact", Some("a.shop.test"), &backends[0]),
        ("wild", Some("*.shop.test"), &backends[1]),
        ("deep", Some("*.eu.shop.test"), &backends[2]),
        ("any", None, &backends[3]),
    ] {
        let hosts: Vec<_> = host.into_iter().collect();
        builder = builder.service(name, &[backend]).route(name, &hosts, &yaml::prefix_rule("/", name));
    }
    let gateway = builder.start();
    for (host, name) in [
        ("a.shop.test", "exact"),
        ("A.Shop.Test", "exact"),
        ("a.shop.test:8080", "exact"),
        ("b.shop.test", "wild"),
        ("x.y.shop.test", "wild"),
        ("b.eu.shop.test", "deep"),
        ("shop.test", "any"),
        ("other.test", "any"),
        ("127.0.0.1", "any"),
    ] {
        assert_eq!(gateway.get(host, "/").text(), name, "{host}");
    }
}

/// Two routes with the same match: the older one wins, here the first by name (no creation time in files).
#[test]
fn among_equal_routes_the_first_by_name_wins() {
    let (first, second) = (Backend::named("first"), Backend::named("second"));
    let gateway = Gateway::builder()
        .service("first", &[&first])
        .service("second", &[&second])
        .route("b-route", &[], &yaml::prefix_rule("/", "second"))
        .route("a-route", &[], &yaml::prefix_rule("/", "first"))
        .start();
    assert_eq!(gateway.get("h", "/").text(), "first");
}
