//! Tunnels: one opens only on 101 from the upstream, and what comes before that is the next request
//! (CVE-2026-2833, CVE-2025-64763, CVE-2026-71324).

use crate::Target;
use corten_test_support::{Backend, Gateway, Reply, websocket};

const ASK: &str = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn connect_and_trace_are_refused() {
    let target = Target::start();
    target.refuses("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 405);
    target.refuses("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405);
}

/// The upstream says no: what was sent behind the request is a request of its own.
#[test]
fn data_sent_before_a_refusal_is_no_tunnel() {
    let backend = Backend::start(|request| match request.target.as_str() {
        "/ws" => Reply::status(403),
        _ => Reply::text("separate"),
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send(format!("{ASK}GET /smuggled HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"));
    assert_eq!(client.response().status, 403);
    // Either the connection ends, or the second request is treated like any other.
    if let Ok(response) = client.read_response(false) {
        assert_eq!((response.status, response.text().as_str()), (200, "separate"));
        let record = backend.last();
        assert_eq!(record.headers("x-forwarded-for"), ["127.0.0.1"]);
        assert_eq!(record.headers("x-request-id").len(), 1);
    }
}

/// Interim answers, then a refusal: still no tunnel.
#[test]
fn an_interim_answer_opens_nothing() {
    let backend = Backend::start(|request| match request.target.as_str() {
        "/ws" => Reply::raw("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n"),
        _ => Reply::text("separate"),
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send(format!("{ASK}GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(client.response().status, 400);
    if let Ok(response) = client.read_response(false) {
        assert_eq!(response.text(), "separate");
        assert_eq!(backend.last().headers("x-forwarded-for").len(), 1);
    }
}

/// A backend that switches without having been asked gets no tunnel, and the client a 502.
#[test]
fn a_switch_that_nobody_asked_for_is_a_bad_gateway() {
    let backend = Backend::start(|_| {
        Reply::raw(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nraw bytes",
        )
    });
    let gateway = Gateway::to(&backend);
    let response = gateway.get("h", "/");
    assert_eq!(response.status, 502, "{}", response.head);
    assert!(!response.text().contains("raw bytes"));
}

/// HTTP/2 by Upgrade is gone since RFC 9113; a backend that still speaks it would see requests that the
/// gateway does not.
#[test]
fn h2c_is_never_asked_for() {
    let target = Target::start();
    let response = target.gateway.client().request(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    match response.status {
        200 => {
            let head = target.backend.last().head.to_lowercase();
            assert!(!head.contains("h2c") && !head.contains("http2-settings"), "{head}");
        }
        status => assert_eq!((status, target.backend.count()), (400, 0)),
    }
}

/// An upgrade is hop by hop: it goes on rebuilt, with nothing else that the client nominated.
#[test]
fn only_the_upgrade_itself_goes_on() {
    let backend = websocket::echo_backend();
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    let request = ASK.replace("Connection: Upgrade", "X-Inner: 1\r\nConnection: Upgrade, X-Inner");
    assert_eq!(client.request(&request).status, 101);
    let record = backend.last();
    assert_eq!(record.header("x-inner"), None, "{}", record.head);
    assert_eq!(record.headers("upgrade"), ["websocket"]);
    assert_eq!(record.headers("connection").len(), 1);
}

/// An upgrade with a body is two things at once.
#[test]
fn an_upgrade_with_a_body_opens_nothing_early() {
    let target = Target::start();
    let request = ASK.replace("GET ", "POST ").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nok");
    let mut client = target.gateway.client();
    let status = client.request(&request).status;
    assert!(matches!(status, 200 | 400), "{status}");
    target.serves_others();
}
