//! Malformed and hostile requests: what is refused never reaches a backend, and what reaches it cannot lie.

use crate::support::{Config, Gateway, backend, request, respond};
use corten_snapshot::{ClientIp, IpRange};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt;

/// A backend that answers with the request as it arrived, and counts them.
async fn mirror() -> (SocketAddr, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let serve = move |_, mut stream| {
        let count = count.clone();
        async move {
            while let Some(text) = request(&mut stream).await {
                count.fetch_add(1, Ordering::Relaxed);
                respond(&mut stream, 200, &text).await;
            }
        }
    };
    (backend(serve).await, seen)
}

/// What it is, the request, the status.
const REFUSED: &[(&str, &str, u16)] = &[
    (
        "length, then coding",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "coding, then length",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("lengths differ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    ("gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    (
        "chunked twice",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400),
    ("bare carriage return", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n", 400),
    ("space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("Host contradicts", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("malformed Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    ("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ("above the root", "GET /a/../../etc HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("above the root, escaped", "GET /%2e%2e/etc HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("escaped backslash", "GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("hidden dot segment", "GET /a/..;/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("overlong dot", "GET /%c0%ae/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("NUL", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("bad escape", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("imitated name", "GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1.2.3.4\r\n\r\n", 400),
    (
        "Authorization nominated",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: authorization\r\nAuthorization: x\r\n\r\n",
        400,
    ),
    ("X-Forwarded-For nominated", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-forwarded-for\r\n\r\n", 400),
    ("unknown expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417),
    ("malformed Upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a b\r\n\r\n", 400),
];

#[tokio::test]
async fn refused_closed_and_never_forwarded() {
    let (address, seen) = mirror().await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    for (name, raw, status) in REFUSED {
        let mut client = gateway.connect().await;
        // What follows on the connection would be smuggled if it were served.
        client.send(&format!("{raw}GET /next HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let text = client.closed().await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {text}");
        assert!(text.to_lowercase().contains("connection: close"), "{name}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{name}: answered once: {text}");
    }
    assert_eq!(seen.load(Ordering::Relaxed), 0, "a backend saw one of them");
}

#[tokio::test]
async fn a_refusal_is_a_problem_document_with_the_requests_id() {
    let gateway = Gateway::start(&Config::to(&[mirror().await.0])).await;
    let answer = gateway.get("/a/../..").await;
    assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["status"], 400);
    assert_eq!(body["detail"], "The path leads above the root.");
    assert_eq!(body["instance"].as_str().map(str::len), Some(36), "{body}");
}

/// Also what is no request at all, at once and behind one that is answered.
#[tokio::test]
async fn what_is_no_request_is_refused_with_a_problem_document() {
    let mut config = Config::to(&[mirror().await.0]);
    config.settings.limits.header_bytes = 100_000;
    let gateway = Gateway::start(&config).await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(150_000));
    let huge = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000));
    let cases =
        [("\0\r\n\r\n", 400, "malformed"), (&long, 431, "headers_too_large"), (&huge, 414, "uri_too_long")];
    for (number, (bytes, status, code)) in cases.into_iter().enumerate() {
        for asks_first in [false, true] {
            let mut client = gateway.connect().await;
            if asks_first {
                assert_eq!(client.get("/").await.status, 200);
            }
            // What is beyond the limits may not be read any more.
            let _ = client.stream.write_all(bytes.as_bytes()).await;
            let answer = client.answer().await;
            assert_eq!(answer.status, status, "{}", answer.head);
            assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
            assert!(answer.head.contains("connection: close"), "{}", answer.head);
            let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(body["status"], status);
            assert_eq!(body["instance"].as_str().map(str::len), Some(36), "{body}");
        }
        let metrics = gateway.admin("/metrics").await.body;
        assert!(
            metrics.contains(&format!("corten_errors_total{{code=\"{code}\"}} 2")),
            "{number}: {metrics}"
        );
    }
}

#[tokio::test]
async fn fields_with_underscores_are_dropped_and_counted() {
    let gateway = Gateway::start(&Config::to(&[mirror().await.0])).await;
    let seen = seen_by_backend(&gateway, "api_key: 1\r\na_b: 2\r\na_b: 3\r\nx-plain: 4\r\n").await;
    assert!(!seen.contains('_') && seen.contains("x-plain: 4"), "{seen}");
    let metrics = gateway.admin("/metrics").await.body;
    assert!(metrics.contains("corten_request_fields_dropped_total{reason=\"underscore\"} 3\n"), "{metrics}");
}

/// In one write with a request before it: both are answered, each whole.
#[tokio::test]
async fn what_is_no_request_behind_one_that_is() {
    let gateway = Gateway::start(&Config::to(&[mirror().await.0])).await;
    let mut client = gateway.connect().await;
    client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n\0\r\n\r\n").await;
    let first = client.answer().await;
    assert!(first.status == 200 && first.body.starts_with("GET /first "), "{first:?}");
    let second = client.answer().await;
    assert_eq!(second.status, 400);
    assert!(second.body.is_empty() || second.body.contains("\"status\":400"), "{second:?}");
    assert_eq!(client.closed().await, "");
}

#[tokio::test]
async fn sizes_have_their_statuses() {
    let mut config = Config::to(&[mirror().await.0]);
    config.settings.limits.uri_bytes = 100;
    config.settings.limits.header_bytes = 2000;
    config.settings.limits.header_count = 5;
    let gateway = Gateway::start(&config).await;
    assert_eq!(gateway.get(&format!("/{}", "a".repeat(99))).await.status, 200);
    assert_eq!(gateway.get(&format!("/{}", "a".repeat(100))).await.status, 414);
    let mut many = gateway.connect().await;
    many.send("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n").await;
    assert_eq!(many.answer().await.status, 431);
    let mut large = gateway.connect().await;
    large.send(&format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", "a".repeat(2000))).await;
    assert_eq!(large.answer().await.status, 431);
}

/// The request with these fields, as the backend saw it, lower-case.
async fn seen_by_backend(gateway: &Gateway, fields: &str) -> String {
    let mut client = gateway.connect().await;
    client.send(&format!("GET /a//b/./%7Ec HTTP/1.1\r\nHost: Example.com:81\r\n{fields}\r\n")).await;
    client.answer().await.body.to_lowercase()
}

#[tokio::test]
async fn a_backend_sees_one_form_and_no_lies() {
    let gateway = Gateway::start(&Config::to(&[mirror().await.0])).await;
    let fields = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-User: root\r\n\
                  X-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX-Request-Id: mine\r\n\
                  Connection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nTE: gzip\r\n\
                  Proxy-Authorization: x\r\napi_key: 1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\nX-Public: 1\r\n";
    let text = seen_by_backend(&gateway, fields).await;
    assert!(text.starts_with("get /a/b/~c http/1.1\r\n"), "{text}");
    for line in [
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-proto: http",
        "x-forwarded-host: example.com:81",
        "x-forwarded-port: 80",
        "x-public: 1",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} is missing: {text}");
    }
    for lie in [
        "1.2.3.4",
        "root",
        "evil",
        "mine",
        "x-private",
        "keep-alive:",
        "\r\nte:",
        "proxy-auth",
        "api_key",
        "h2c",
        "http2-settings",
        "upgrade",
    ] {
        assert!(!text.contains(lie), "{lie} came through: {text}");
    }
    assert_eq!(text.matches("x-request-id: ").count(), 1, "{text}");
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let mut config = Config::to(&[mirror().await.0]);
    let loopback = IpRange { address: "127.0.0.0".parse().unwrap(), prefix: 8 };
    config.settings.client_ip = ClientIp { trusted_ranges: vec![loopback], ..ClientIp::default() };
    config.settings.trust_request_id = true;
    config.settings.forwarded_header = true;
    let gateway = Gateway::start(&config).await;
    let fields = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Request-Id: mine\r\n";
    let text = seen_by_backend(&gateway, fields).await;
    for line in [
        "x-forwarded-for: 1.2.3.4, 127.0.0.1",
        "x-forwarded-proto: https",
        "x-request-id: mine",
        "forwarded: for=127.0.0.1;host=\"example.com:81\";proto=http",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} is missing: {text}");
    }
}

#[tokio::test]
async fn trailers_cannot_lie_either() {
    let serve = |_, mut stream| async move {
        // Reads until the last chunk with its trailers has come.
        use tokio::io::AsyncReadExt;
        let mut text = Vec::new();
        let mut piece = [0; 1024];
        while !(String::from_utf8_lossy(&text).contains("\r\n0\r\n") && text.ends_with(b"\r\n\r\n")) {
            match tokio::net::TcpStream::read(&mut stream, &mut piece).await {
                Ok(count) if count > 0 => text.extend_from_slice(&piece[..count]),
                _ => return,
            }
        }
        respond(&mut stream, 200, &String::from_utf8_lossy(&text)).await;
    };
    let gateway = Gateway::start(&Config::to(&[backend(serve).await])).await;
    let mut client = gateway.connect().await;
    client
        .send(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Forwarded-For\r\n\r\n\
             1\r\na\r\n0\r\nX-Sum: 7\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
        )
        .await;
    let text = client.answer().await.body.to_lowercase();
    assert!(text.contains("\r\nx-sum: 7\r\n"), "{text}");
    assert!(!text.contains("1.2.3.4"), "{text}");
}

/// A client that has much to say reads its refusal only when it has said it, or cannot go on.
#[tokio::test]
async fn a_refusal_arrives_although_the_client_is_still_sending() {
    use tokio::io::AsyncWriteExt;
    let (address, seen) = mirror().await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut client = gateway.connect().await;
    client.send("POST /a%2fb HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n").await;
    let piece = vec![b'a'; 64 * 1024];
    for _ in 0..100 {
        if client.stream.write_all(&piece).await.is_err() {
            break;
        }
    }
    let text = client.closed().await;
    assert!(text.starts_with("HTTP/1.1 400 "), "{text:?}");
    assert_eq!(seen.load(Ordering::Relaxed), 0);
}
