//! HTTP/2 from clients, by prior knowledge.

use corten_test_support::{Backend, Gateway, h2, yaml};

#[test]
fn many_streams_on_one_connection() {
    let backend = Backend::start(|request| corten_test_support::Reply::text(&request.target));
    let gateway = Gateway::to(&backend);
    let mut connection = h2::Connection::connect(gateway.http());
    let streams: Vec<u32> = (0..50).map(|i| i * 2 + 1).collect();
    for stream in &streams {
        connection.get(*stream, "h", &format!("/{stream}")).unwrap();
    }
    let mut bodies = std::collections::BTreeMap::new();
    let mut ended = 0;
    while ended < streams.len() {
        let frame = connection.receive().unwrap();
        assert!(!matches!(frame.kind, h2::kind::RST_STREAM | h2::kind::GOAWAY), "{frame:?}");
        if frame.kind == h2::kind::DATA {
            bodies.entry(frame.stream).or_insert_with(Vec::new).extend(frame.payload);
        }
        let message = matches!(frame.kind, h2::kind::HEADERS | h2::kind::DATA);
        ended += usize::from(message && frame.flags & h2::flag::END_STREAM != 0);
    }
    for stream in streams {
        assert_eq!(bodies.get(&stream), Some(&format!("/{stream}").into_bytes()));
    }
}

#[test]
fn what_the_backend_sees_is_http_1() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    let mut connection = h2::Connection::connect(gateway.http());
    let block = h2::request_block(
        "POST",
        "shop.test",
        "/a?b",
        &[("x-own", "1"), ("cookie", "a=1"), ("cookie", "b=2")],
    );
    connection.frame(h2::kind::HEADERS, h2::flag::END_HEADERS, 1, &block).unwrap();
    connection.frame(h2::kind::DATA, h2::flag::END_STREAM, 1, b"body").unwrap();
    assert_eq!(connection.response(1).unwrap(), (200, b"body".to_vec()));
    let record = backend.last();
    assert_eq!((record.method.as_str(), record.target.as_str()), ("POST", "/a?b"));
    assert_eq!(record.headers("host"), ["shop.test"]);
    assert_eq!(record.header("x-own"), Some("1"));
    // RFC 9113, section 8.2.3: cookie crumbs are joined before they reach HTTP/1.1.
    assert_eq!(record.headers("cookie"), ["a=1; b=2"]);
    assert!(!record.head.contains("\r\n:"), "{}", record.head);
}

#[test]
fn routes_and_errors_are_the_same() {
    let (gateway, _backends) = crate::named(&["app"], &yaml::prefix_rule("/only", "app"));
    let mut connection = h2::Connection::connect(gateway.http());
    for (stream, path, status) in
        [(1, "/only", 200), (3, "/other", 404), (5, "/only/x", 200), (7, "/%2e%2e/x", 400)]
    {
        connection.get(stream, "h", path).unwrap();
        match connection.response(stream) {
            Ok((seen, _)) => assert_eq!(seen, status, "{path}"),
            // After a 400 the gateway may end the whole connection.
            Err(error) => assert_eq!(status, 400, "{path}: {error}"),
        }
    }
}

/// A stream that is reset ends only itself.
#[test]
fn a_stream_that_is_cancelled_ends_alone() {
    let backend = Backend::named("a");
    let gateway = Gateway::to(&backend);
    let mut connection = h2::Connection::connect(gateway.http());
    let block = h2::request_block("POST", "h", "/", &[]);
    connection.frame(h2::kind::HEADERS, h2::flag::END_HEADERS, 1, &block).unwrap();
    connection.frame(h2::kind::RST_STREAM, h2::flag::NONE, 1, &8_u32.to_be_bytes()).unwrap();
    connection.get(3, "h", "/").unwrap();
    assert_eq!(connection.response(3).unwrap(), (200, b"a".to_vec()));
}
