//! HTTP/1.1 messages pass through whole: bodies, trailers, interim answers, HEAD, status codes.

use corten_test_support::{Backend, Gateway, Reply};

#[test]
fn bodies_of_every_size_come_back() {
    let gateway_backend = Backend::echo();
    let gateway = Gateway::to(&gateway_backend);
    let mut client = gateway.client();
    for size in [0, 1, 100, 8191, 8192, 65_536, 1 << 20, 8 << 20] {
        let body: Vec<u8> = (0..size).map(|i| (i * 31 % 251) as u8).collect();
        client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n"));
        client.send(&body);
        assert_eq!(client.response().body, body, "{size}");
    }
}

/// Trailers that are announced (RFC 9110, section 6.6.2), to a client that takes them.
#[test]
fn chunked_bodies_and_trailers_pass_both_ways() {
    let backend = Backend::start(|request| {
        Reply::ok(request.body.clone())
            .header("trailer", "x-checksum, x-second")
            .chunked(&[("x-checksum", "abc"), ("x-second", "2")])
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    for _ in 0..3 {
        let response = client.request(
            "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n\
             5\r\nhello\r\n6\r\n world\r\n0\r\nx-sum: 11\r\n\r\n",
        );
        assert_eq!(response.text(), "hello world");
        assert_eq!(backend.last().trailers, [("x-sum".to_owned(), "11".to_owned())]);
        let trailers: Vec<_> = response.trailers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(trailers, [("x-checksum", "abc"), ("x-second", "2")]);
    }
}

#[test]
fn head_keeps_the_length_and_sends_no_body() {
    let backend = Backend::start(|_| Reply::text("twelve bytes"));
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    let response = client.request("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((response.status, response.header("content-length")), (200, Some("12")));
    assert_eq!(client.get("h", "/").text(), "twelve bytes");
}

#[test]
fn every_status_passes() {
    let backend = Backend::start(|request| {
        Reply::status(request.target.trim_start_matches('/').parse().unwrap()).header("x-own", "1")
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    for status in [200, 201, 202, 204, 206, 301, 304, 400, 401, 404, 418, 429, 500, 502, 503, 599] {
        let response = client.get("h", &format!("/{status}"));
        assert_eq!((response.status, response.header("x-own")), (status, Some("1")));
    }
}

/// The client waits for 100 before it sends its body, and gets it.
#[test]
fn continue_is_said_when_the_body_is_wanted() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(client.read_head().unwrap().status, 100);
    client.send("hello");
    assert_eq!(client.response().text(), "hello");
}

/// What is refused is refused before the body is sent.
#[test]
fn no_continue_for_what_has_no_route() {
    let (gateway, _backends) =
        crate::named(&["app"], &corten_test_support::yaml::prefix_rule("/only", "app"));
    let mut client = gateway.client();
    client.send("POST /other HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(client.read_head().unwrap().status, 404);
}

#[test]
fn header_fields_pass_as_they_are() {
    let backend = Backend::start(|_| {
        Reply::text("ok")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("x-long", &"v".repeat(6000))
    });
    let gateway = Gateway::to(&backend);
    let response = gateway.client().request(&format!(
        "GET /p/a%20th?x=1&y=%2F HTTP/1.1\r\nHost: h\r\nCookie: c=1; d=2\r\nAuthorization: Bearer t\r\nx-long: {}\r\nAccept: a\r\nAccept: b\r\n\r\n",
        "w".repeat(6000)
    ));
    let cookies: Vec<_> =
        response.headers.iter().filter(|(n, _)| n == "set-cookie").map(|(_, v)| v.as_str()).collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.header("x-long").map(str::len), Some(6000));
    let record = backend.last();
    assert_eq!(record.target, "/p/a%20th?x=1&y=%2F");
    assert_eq!(record.header("cookie"), Some("c=1; d=2"));
    assert_eq!(record.header("authorization"), Some("Bearer t"));
    assert_eq!(record.headers("accept").join(", "), "a, b");
}

/// HTTP/1.0 clients are answered and their connection is closed unless they ask otherwise.
#[test]
fn http_1_0_clients() {
    let backend = Backend::named("old");
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    let all = String::from_utf8(client.read_to_end().unwrap()).unwrap();
    assert!(all.starts_with("HTTP/1.") && all.contains(" 200 ") && all.ends_with("old"), "{all}");
}

/// A client that says `Connection: close` gets its answer and the end.
#[test]
fn a_client_that_closes() {
    let backend = Backend::named("a");
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    let response = client.request("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_eq!(response.text(), "a");
    assert!(client.is_closed());
}

/// Upstream connections are kept and used again.
#[test]
fn connections_to_the_backend_are_reused() {
    let backend = Backend::named("a");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &corten_test_support::yaml::prefix_rule("/", "app"))
        .arguments(&["--threads", "1"])
        .start();
    for _ in 0..50 {
        assert_eq!(gateway.get("h", "/").text(), "a");
    }
    assert_eq!(backend.connections(), 1);
}
