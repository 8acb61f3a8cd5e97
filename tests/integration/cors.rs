//! The CORS filter (GEP-1767).

use crate::filtered;
use corten_test_support::{Backend, Gateway, Response};

const POLICY: &str = "- type: CORS\n  cors:\n    allowOrigins: [\"https://shop.test\", \"https://*.pages.test\"]\n    \
                      allowMethods: [GET, PUT]\n    allowHeaders: [X-Token, Content-Type]\n    exposeHeaders: [X-Total]\n    \
                      allowCredentials: true\n    maxAge: 600\n";

fn preflight(gateway: &Gateway, origin: &str, method: &str) -> Response {
    gateway.client().request(&format!(
        "OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\
         Access-Control-Request-Headers: x-token\r\n\r\n"
    ))
}

fn names(value: Option<&str>) -> Vec<String> {
    let mut names: Vec<_> = value
        .unwrap_or_default()
        .split(',')
        .map(|n| n.trim().to_ascii_lowercase())
        .filter(|n| !n.is_empty())
        .collect();
    names.sort();
    names
}

#[test]
fn a_preflight_of_an_allowed_origin_is_answered_here() {
    let (gateway, backend) = filtered(POLICY);
    for origin in ["https://shop.test", "https://my.pages.test"] {
        let response = preflight(&gateway, origin, "PUT");
        assert!(matches!(response.status, 200 | 204), "{}", response.head);
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(names(response.header("access-control-allow-methods")), ["get", "put"]);
        assert!(names(response.header("access-control-allow-headers")).contains(&"x-token".to_owned()));
        assert_eq!(response.header("access-control-max-age"), Some("600"));
    }
    assert_eq!(backend.count(), 0);
}

#[test]
fn another_origin_gets_no_permission() {
    let (gateway, _backend) = filtered(POLICY);
    for origin in
        ["https://evil.test", "http://shop.test", "https://shop.test.evil.test", "https://pages.test", "null"]
    {
        let response = preflight(&gateway, origin, "GET");
        assert_eq!(response.header("access-control-allow-origin"), None, "{origin}: {}", response.head);
    }
}

#[test]
fn an_actual_request_goes_on_and_its_answer_is_marked() {
    let (gateway, backend) = filtered(POLICY);
    let response =
        gateway.client().request("GET /a HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.test\r\n\r\n");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), Some("https://shop.test"));
    assert_eq!(names(response.header("access-control-expose-headers")), ["x-total"]);
    assert!(names(response.header("vary")).contains(&"origin".to_owned()), "{}", response.head);
    assert_eq!(backend.count(), 1);
}

/// An OPTIONS request that is no preflight is the backend's.
#[test]
fn options_without_a_preflight_goes_on() {
    let (gateway, backend) = filtered(POLICY);
    assert_eq!(gateway.client().request("OPTIONS /a HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    assert_eq!(backend.last().method, "OPTIONS");
}

/// A backend's own CORS fields do not contradict the gateway's.
#[test]
fn the_backends_own_fields_are_replaced() {
    let backend =
        Backend::start(|_| corten_test_support::Reply::text("ok").header("access-control-allow-origin", "*"));
    let rule = format!("- filters:\n{}  backendRefs: [{{name: app, port: 80}}]\n", crate::shift(POLICY));
    let gateway = Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).start();
    let response =
        gateway.client().request("GET /a HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.test\r\n\r\n");
    let origins: Vec<_> = response
        .headers
        .iter()
        .filter(|(n, _)| n == "access-control-allow-origin")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(origins, ["https://shop.test"]);
}
