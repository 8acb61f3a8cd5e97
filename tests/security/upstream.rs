//! Backends that misbehave: their answer is a 502 or ends visibly, and never spills into another's.

use corten_test_support::{Backend, Gateway, Reply};

/// What a backend answers on `/bad`; everything else is fine.
#[track_caller]
fn answer_to(raw: &'static [u8]) -> (u16, Gateway, Backend) {
    let backend = Backend::start(move |request| match request.target.as_str() {
        "/bad" => Reply::raw(raw),
        path => Reply::text(path),
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET /bad HTTP/1.1\r\nHost: h\r\n\r\n");
    let status = client.read_response(false).map_or(0, |response| response.status);
    // On the same connection if it is still there, and on another.
    if client.try_send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").is_ok()
        && let Ok(response) = client.read_response(false)
    {
        assert_eq!(response.text(), "/next", "an answer for someone else");
    }
    assert_eq!(gateway.get("h", "/other").text(), "/other");
    (status, gateway, backend)
}

macro_rules! bad_gateway {
    ($($name:ident: $bytes:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(answer_to($bytes).0, 502);
        })*
    };
}

bad_gateway! {
    no_http_at_all: b"SSH-2.0-OpenSSH_9.2\r\n";
    an_end_before_the_head: b"HTTP/1.1 200 OK\r\nx-a:";
    nothing: b"";
    two_lengths: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc";
    a_length_that_is_no_number: b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nab";
    a_nul_in_a_field: b"HTTP/1.1 200 OK\r\nx-a: a\0b\r\ncontent-length: 0\r\n\r\n";
    a_status_of_two_digits: b"HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n";
}

/// Length and coding together: refused, or read by the coding alone and the connection not used again
/// (RFC 9112, section 6.3).
#[test]
fn length_and_coding_from_the_backend() {
    let raw = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
    let (status, gateway, _backend) = answer_to(raw);
    assert!(matches!(status, 200 | 502), "{status}");
    assert_ne!(gateway.get("h", "/after").text(), "forged");
}

/// What a backend sends beyond its answer is not the next client's.
#[test]
fn a_surplus_answer_is_nobodys() {
    let raw =
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
    let (status, gateway, _backend) = answer_to(raw);
    assert_eq!(status, 200);
    for _ in 0..5 {
        assert_eq!(gateway.get("h", "/after").text(), "/after");
    }
}

/// A body that ends early must not look complete.
#[test]
fn a_body_that_ends_early_looks_so() {
    for raw in [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".as_slice(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let backend = Backend::start(move |_| Reply::raw(raw));
        let gateway = Gateway::to(&backend);
        let mut client = gateway.client();
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        let error = client.read_response(false).expect_err("the client takes half a body for a whole one");
        assert!(
            !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
            "{error}"
        );
    }
}

/// A head without end is not collected without end.
#[test]
fn a_head_without_end_is_a_bad_gateway() {
    let backend = Backend::start(|request| match request.target.as_str() {
        "/bad" => Reply::raw(format!(
            "HTTP/1.1 200 OK\r\n{}",
            format!("x-a: {}\r\n", "a".repeat(1000)).repeat(4000)
        )),
        path => Reply::text(path),
    });
    let gateway = Gateway::to(&backend);
    // What the first requests set up is no growth.
    assert_eq!(gateway.get("h", "/bad").status, 502);
    let before = gateway.process().resident();
    assert_eq!(gateway.get("h", "/bad").status, 502);
    assert_eq!(gateway.get("h", "/good").text(), "/good");
    let grown = gateway.process().resident().saturating_sub(before);
    assert!(grown < 10 << 20, "memory grew by {grown} bytes");
}
