use super::*;
use corten_snapshot::PathModifier;

fn config() -> corten_snapshot::Redirect {
    corten_snapshot::Redirect { scheme: None, hostname: None, port: None, path: None, status: 302 }
}

fn facts() -> Facts<'static> {
    Facts { https: false, host: "shop.example", port: 80, path: "/foo/bar", query: None, prefix_len: 4 }
}

fn location(config: &corten_snapshot::Redirect, facts: &Facts<'_>) -> String {
    let response = Redirect::build(config).unwrap().respond(facts);
    assert_eq!(response.status().as_u16(), config.status);
    assert!(response.body().is_empty());
    response.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// The rules of `HTTPRequestRedirectFilter.port`, as the conformance test asks them.
#[test]
fn scheme_and_port() {
    for (https, listener, scheme, port, expected) in [
        (false, 80, None, None, "http://example.org/"),
        (false, 80, None, Some(80), "http://example.org/"),
        (false, 80, None, Some(8080), "http://example.org:8080/"),
        (false, 80, Some("https"), None, "https://example.org/"),
        (false, 80, Some("https"), Some(443), "https://example.org/"),
        (false, 80, Some("https"), Some(8443), "https://example.org:8443/"),
        (false, 8080, None, None, "http://example.org:8080/"),
        (false, 8080, None, Some(80), "http://example.org/"),
        (false, 8080, Some("https"), None, "https://example.org/"),
        (false, 8080, Some("http"), None, "http://example.org/"),
        (true, 443, None, None, "https://example.org/"),
        (true, 443, None, Some(443), "https://example.org/"),
        (true, 443, None, Some(8443), "https://example.org:8443/"),
        (true, 443, Some("http"), None, "http://example.org/"),
        (true, 443, Some("http"), Some(80), "http://example.org/"),
        (true, 443, Some("http"), Some(8080), "http://example.org:8080/"),
        (true, 443, None, Some(80), "https://example.org:80/"),
        (false, 443, None, None, "http://example.org:443/"),
        (true, 65535, None, None, "https://example.org:65535/"),
    ] {
        let config = corten_snapshot::Redirect {
            scheme: scheme.map(str::to_owned),
            hostname: Some("example.org".to_owned()),
            port,
            ..config()
        };
        let facts = Facts { https, port: listener, path: "/", ..facts() };
        assert_eq!(location(&config, &facts), expected, "{https} {listener} {scheme:?} {port:?}");
    }
}

#[test]
fn what_is_not_said_is_taken_from_the_request() {
    assert_eq!(location(&config(), &facts()), "http://shop.example/foo/bar");
    let facts = Facts { https: true, port: 443, host: "[::1]", query: Some("a=1&b=%20"), ..facts() };
    assert_eq!(location(&config(), &facts), "https://[::1]/foo/bar?a=1&b=%20");
    assert_eq!(location(&config(), &Facts { query: Some(""), ..facts }), "https://[::1]/foo/bar?");
}

#[test]
fn paths_are_replaced_and_the_query_stays() {
    let with = |path| corten_snapshot::Redirect { path: Some(path), ..config() };
    let prefix = with(PathModifier::ReplacePrefixMatch("/new".to_owned()));
    let full = with(PathModifier::ReplaceFullPath("/all/new".to_owned()));
    let facts = Facts { query: Some("q=1"), ..facts() };
    assert_eq!(location(&prefix, &facts), "http://shop.example/new/bar?q=1");
    assert_eq!(location(&full, &facts), "http://shop.example/all/new?q=1");
    let strip = with(PathModifier::ReplacePrefixMatch(String::new()));
    assert_eq!(location(&strip, &Facts { path: "/foo", ..facts }), "http://shop.example/?q=1");
}

#[test]
fn every_status_of_the_specification() {
    for status in [301, 302, 303, 307, 308] {
        location(&corten_snapshot::Redirect { status, ..config() }, &facts());
    }
    for status in [0, 200, 300, 304, 309, 1000] {
        let error = Redirect::build(&corten_snapshot::Redirect { status, ..config() }).unwrap_err();
        assert_eq!(error, BuildError::Status(status));
    }
}

#[test]
fn without_a_host_the_location_is_relative_and_names_no_other_host() {
    let facts = Facts { host: "", ..facts() };
    assert_eq!(location(&config(), &facts), "/foo/bar");
    assert_eq!(location(&config(), &Facts { path: "//evil.example", ..facts }), "/.//evil.example");
    let path = Some(PathModifier::ReplacePrefixMatch(String::new()));
    let strip = corten_snapshot::Redirect { path, ..config() };
    assert_eq!(location(&strip, &Facts { path: "/foo//evil.example", ..facts }), "/.//evil.example");
}

#[test]
fn what_would_break_the_header_is_refused() {
    let bad_scheme = corten_snapshot::Redirect { scheme: Some("ftp".to_owned()), ..config() };
    assert_eq!(Redirect::build(&bad_scheme).unwrap_err(), BuildError::Scheme("ftp".to_owned()));
    for host in ["", "a b", "a/b", "a\r\nb", "a@b", "a?b", "é"] {
        let bad = corten_snapshot::Redirect { hostname: Some(host.to_owned()), ..config() };
        assert_eq!(Redirect::build(&bad).unwrap_err(), BuildError::Hostname(host.to_owned()));
    }
    let response = Redirect::build(&config()).unwrap().respond(&Facts { query: Some("a\nb"), ..facts() });
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.headers().is_empty());
}
