//! Clients that take their time.

use crate::support::{Config, Gateway, fixed};
use std::time::Duration;

async fn gateway(change: impl FnOnce(&mut Config)) -> Gateway {
    let mut config = Config::to(&[fixed("ok").await]);
    change(&mut config);
    Gateway::start(&config).await
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let gateway = gateway(|config| config.settings.timeouts.idle = Duration::from_millis(300)).await;
    let mut idle = gateway.connect().await;
    assert_eq!(idle.get("/").await.status, 200);
    assert_eq!(idle.closed().await, "");
}

#[tokio::test]
async fn a_header_that_drips_is_cut_however_regularly() {
    let gateway = gateway(|config| config.settings.timeouts.header = Duration::from_millis(300)).await;
    let mut slow = gateway.connect().await;
    slow.send("GET / HTTP/1.1\r\n").await;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            use tokio::io::AsyncWriteExt;
            if slow.stream.write_all(b"X: y\r\n").await.is_err() {
                break;
            }
        }
    };
    tokio::time::timeout(crate::support::DEADLINE, dripping).await.expect("never cut");
}

#[tokio::test]
async fn a_connection_without_a_byte_is_closed() {
    let gateway = gateway(|config| config.settings.timeouts.handshake = Duration::from_millis(100)).await;
    assert_eq!(gateway.connect().await.closed().await, "");
}

#[tokio::test]
async fn a_connection_ends_politely_after_its_last_request() {
    let gateway = gateway(|config| config.settings.limits.requests_per_connection = Some(2)).await;
    let mut client = gateway.connect().await;
    assert!(!client.get("/").await.head.contains("connection: close"));
    assert!(client.get("/").await.head.contains("connection: close"));
    assert_eq!(client.closed().await, "");
}

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let gateway = gateway(|config| config.settings.limits.connections = Some(1)).await;
    let mut first = gateway.connect().await;
    assert_eq!(first.get("/").await.status, 200);
    assert_eq!(gateway.connect().await.closed().await, "");
    assert_eq!(first.get("/").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_rests_lets_go_of_its_buffers_and_serves_on() {
    let gateway = gateway(|_| {}).await;
    let mut client = gateway.connect().await;
    for _ in 0..2 {
        assert_eq!(client.get("/").await.status, 200);
        // Longer than a rest that parks it; nothing outside shows that, but what follows must work.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        client.send("GET / HT").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.send("TP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
        assert_eq!(client.answer().await.status, 200, "a pipelined request is not lost");
    }
}

#[tokio::test]
async fn a_timeout_of_zero_is_off() {
    let gateway = gateway(|config| {
        let timeouts = &mut config.settings.timeouts;
        timeouts.handshake = Duration::ZERO;
        timeouts.header = Duration::ZERO;
        timeouts.idle = Duration::ZERO;
        timeouts.body_idle = Duration::ZERO;
        timeouts.write = Duration::ZERO;
        config.cluster.settings.connect_timeout = Duration::ZERO;
    })
    .await;
    let mut client = gateway.connect().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.send("2").await;
    assert_eq!(client.answer().await.status, 200);
}

/// Sends a GET with this path and a header of this many bytes.
async fn status(gateway: &Gateway, host: &str, path: &str, header: usize) -> u16 {
    let mut client = gateway.connect().await;
    let filler = "x".repeat(header);
    client.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX: {filler}\r\n\r\n")).await;
    client.answer().await.status
}

#[tokio::test]
async fn listeners_that_share_a_socket_keep_their_own_limits() {
    let gateway = gateway(|config| {
        config.settings.limits.header_bytes = 2000;
        let mut second = config.settings.clone();
        second.limits.header_bytes = 50_000;
        second.limits.uri_bytes = 20;
        config.second = Some(second);
    })
    .await;
    let long = "/a-path-that-is-longer-than-twenty-bytes";
    assert_eq!(status(&gateway, "a.example", long, 10).await, 200);
    assert_eq!(status(&gateway, "b.example", long, 10).await, 414, "stricter than its neighbour");
    assert_eq!(status(&gateway, "a.example", "/", 10_000).await, 431);
    assert_eq!(status(&gateway, "b.example", "/", 10_000).await, 200, "more generous than its neighbour");
}
