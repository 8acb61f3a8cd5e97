//! Header fields that speak for the gateway: spoofed, misspelt, doubled or nominated away
//! (CVE-2026-54763, CVE-2026-105299, CVE-2024-45410, CVE-2026-44087, CVE-2026-31908, CVE-2026-35051).

use crate::Target;
use corten_test_support::{Backend, Gateway, Record, Reply};

/// Sends a GET with these fields and returns what the backend saw.
#[track_caller]
fn seen(target: &Target, fields: &str) -> Record {
    let response =
        target.gateway.client().request(&format!("GET / HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n"));
    assert_eq!(response.status, 200, "{}", response.text());
    target.backend.last()
}

#[test]
fn what_a_client_says_of_its_way_here_is_replaced() {
    let target = Target::start();
    let record = seen(
        &target,
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\nX-Forwarded-Port: 1\r\n\
         X-Forwarded-For: 7.7.7.7\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Request-Id: mine\r\n",
    );
    assert_eq!(record.headers("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(record.headers("x-forwarded-proto"), ["http"]);
    assert_eq!(record.headers("x-forwarded-host"), ["shop.test"]);
    assert_eq!(record.headers("x-forwarded-port"), [target.gateway.http().to_string()]);
    assert!(!record.head.contains("6.6.6.6"), "{}", record.head);
    let id = record.headers("x-request-id");
    assert_eq!(id.len(), 1);
    assert!(id[0] != "mine" && id[0].len() >= 16, "{id:?}");
}

#[test]
fn fields_spelt_with_underscores_do_not_pass_for_the_gateways_own() {
    let target = Target::start();
    for name in ["X_Forwarded_For", "x-forwarded_proto", "X_FORWARDED_HOST", "X_Request_Id", "X_Real_IP"] {
        let before = target.backend.count();
        let response =
            target.gateway.client().request(&format!("GET / HTTP/1.1\r\nHost: h\r\n{name}: 6.6.6.6\r\n\r\n"));
        match response.status {
            400 => assert_eq!(target.backend.count(), before, "{name}"),
            200 => assert!(!target.backend.last().head.contains("6.6.6.6"), "{name}"),
            status => panic!("{name}: {status}"),
        }
    }
}

#[test]
fn the_clients_address_is_the_sockets_unless_hops_are_trusted() {
    let one = Target::with_policy("clientIP: {trustedHops: 1}");
    let record = seen(&one, "X-Forwarded-For: 203.0.113.9\r\n");
    assert_eq!(record.header("x-forwarded-for"), Some("203.0.113.9, 127.0.0.1"));
    let ranges = Target::with_policy("clientIP: {trustedRanges: [10.0.0.0/8]}");
    let record = seen(&ranges, "X-Forwarded-For: 203.0.113.9\r\n");
    assert_eq!(record.header("x-forwarded-for"), Some("127.0.0.1"));
}

#[test]
fn hop_by_hop_fields_end_here() {
    let target = Target::start();
    let record = seen(
        &target,
        "Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\
         Proxy-Authorization: Basic eDp5\r\nTE: gzip\r\nTrailer: x\r\nX-Kept: 1\r\n",
    );
    for name in ["x-secret", "keep-alive", "proxy-connection", "te", "upgrade", "proxy-authorization"] {
        assert_eq!(record.header(name), None, "{}", record.head);
    }
    assert_eq!(record.header("x-kept"), Some("1"));
}

/// `Connection` may not take away what protects a backend: it is refused, or the field stays.
#[test]
fn fields_that_matter_cannot_be_nominated_away() {
    let target = Target::start();
    for name in ["Authorization", "Host", "X-Forwarded-For", "Cookie", "Content-Length", "X-Request-Id"] {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nCookie: a=b\r\nConnection: close, {name}\r\n\r\n"
        );
        let before = target.backend.count();
        let response = target.gateway.client().request(&request);
        if response.status == 400 {
            assert_eq!(target.backend.count(), before, "{name}");
            continue;
        }
        assert_eq!(response.status, 200, "{name}");
        let record = target.backend.last();
        assert_eq!(record.header("authorization"), Some("Bearer t"), "{name}");
        assert_eq!(record.header("x-forwarded-for"), Some("127.0.0.1"), "{name}");
        assert_eq!(record.headers("host").len(), 1, "{name}");
    }
}

#[test]
fn hop_by_hop_fields_of_the_backend_end_here() {
    let backend = Backend::start(|_| {
        Reply::text("ok")
            .header("connection", "x-inner")
            .header("x-inner", "1")
            .header("keep-alive", "timeout=9")
            .header("proxy-authenticate", "Basic")
            .header("x-kept", "1")
    });
    let gateway = Gateway::to(&backend);
    let response = gateway.get("h", "/");
    for name in ["x-inner", "keep-alive", "proxy-connection"] {
        assert_eq!(response.header(name), None, "{}", response.head);
    }
    assert_eq!(response.header("x-kept"), Some("1"));
}

/// Log and header injection: control characters never come back out.
#[test]
fn the_access_log_stays_one_object_a_line() {
    let target = Target::with_policy("accessLog: {mode: Enabled}");
    let response = target.gateway.client().request(
        "GET /a?%0d%0a{\"x\":1} HTTP/1.1\r\nHost: h\r\nUser-Agent: \x1b[31m\"},{\"status\":\"200\\\r\n\r\n",
    );
    let expected = if response.status == 200 { 1 } else { 0 };
    assert_eq!(target.backend.count(), expected);
    target.serves_others();
    corten_test_support::eventually("the log", || target.gateway.process().stdout().contains("/others"));
    let stdout = target.gateway.process().stdout();
    assert!(!stdout.contains('\x1b'), "{stdout}");
    for line in stdout.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "no object: {line}");
    }
}

/// An error says nothing about what is behind the gateway.
#[test]
fn errors_tell_nothing_of_the_inside() {
    let backend = Backend::named("gone");
    let gateway = Gateway::to(&backend);
    backend.stop();
    let response = gateway.get("h", "/");
    assert_eq!(response.status, 503, "{}", response.text());
    let text = format!("{}\n{}", response.head, response.text());
    for word in
        ["127.0.0.1", &backend.port().to_string(), "default/", "refused", "os error", "hyper", "corten"]
    {
        assert!(!text.to_lowercase().contains(word), "{word:?} in {text}");
    }
}
