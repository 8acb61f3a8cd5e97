//! RequestRedirect in all its forms.

use corten_test_support::{Backend, Client, Gateway};

/// The `Location` that a GET of `path` on host `shop.test` is sent to, with its status.
fn location(redirect: &str, prefix: &str, path: &str) -> (u16, String) {
    let rule = format!(
        "- matches: [{{path: {{type: PathPrefix, value: {prefix}}}}}]\n  filters:\n  \
         - {{type: RequestRedirect, requestRedirect: {redirect}}}\n"
    );
    let gateway = Gateway::builder().route("app", &[], &rule).start();
    let response = gateway.get("shop.test", path);
    let location =
        response.header("location").unwrap_or_default().replace(&gateway.http().to_string(), "PORT");
    (response.status, location)
}

#[test]
fn scheme_and_status() {
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!("{{scheme: https, statusCode: {status}}}");
        assert_eq!(location(&redirect, "/", "/a?b=c"), (status, "https://shop.test/a?b=c".to_owned()));
    }
}

#[test]
fn the_default_is_302_and_keeps_the_listeners_port() {
    assert_eq!(location("{hostname: new.test}", "/", "/a"), (302, "http://new.test:PORT/a".to_owned()));
}

#[test]
fn port() {
    assert_eq!(location("{port: 8443}", "/", "/a").1, "http://shop.test:8443/a");
    assert_eq!(location("{scheme: https, port: 443}", "/", "/a").1, "https://shop.test/a");
    assert_eq!(location("{scheme: http, port: 80}", "/", "/a").1, "http://shop.test/a");
    assert_eq!(location("{scheme: https, port: 80}", "/", "/a").1, "https://shop.test:80/a");
}

#[test]
fn the_whole_path() {
    let redirect = "{path: {type: ReplaceFullPath, replaceFullPath: /new}}";
    assert_eq!(location(redirect, "/", "/old/x?q=1").1, "http://shop.test:PORT/new?q=1");
}

#[test]
fn the_matched_prefix() {
    let redirect = |to: &str| format!("{{path: {{type: ReplacePrefixMatch, replacePrefixMatch: {to}}}}}");
    for (to, path, expected) in [
        ("/new", "/old", "/new"),
        ("/new", "/old/", "/new/"),
        ("/new", "/old/x", "/new/x"),
        ("/new/", "/old/x", "/new/x"),
        ("/", "/old/x", "/x"),
        ("/", "/old", "/"),
    ] {
        let (_, location) = location(&redirect(to), "/old", path);
        assert_eq!(location, format!("http://shop.test:PORT{expected}"), "{path} to {to}");
    }
}

/// From a TLS listener on a port that is not 443, the scheme and port stay.
#[test]
fn from_https() {
    let backend = Backend::named("a");
    let rule = "- filters: [{type: RequestRedirect, requestRedirect: {hostname: new.test}}]\n";
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], rule)
        .https("cert", "", &["shop.test"])
        .start();
    let mut client = Client::connect_tls(gateway.https(), gateway.authority(), "shop.test").unwrap();
    let response = client.get("shop.test", "/a");
    assert_eq!(response.header("location"), Some(format!("https://new.test:{}/a", gateway.https()).as_str()));
}

/// A redirect does not reach for a backend, and the connection stays open.
#[test]
fn the_connection_stays_open() {
    let rule = "- filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]\n";
    let gateway = Gateway::builder().route("app", &[], rule).start();
    let mut client = gateway.client();
    for _ in 0..3 {
        assert_eq!(client.get("h", "/").status, 302);
    }
}
