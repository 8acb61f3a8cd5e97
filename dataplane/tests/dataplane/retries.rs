//! Which failures a client never sees.

use crate::support::{Config, Gateway, backend, fixed, refused, request, respond};
use corten_snapshot::Retry;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

fn retry(codes: &[u16], attempts: u32) -> Option<Retry> {
    Some(Retry { codes: codes.to_vec(), attempts, backoff: Duration::from_millis(1) })
}

#[tokio::test]
async fn a_pooled_connection_that_died_is_replaced() {
    // Each connection serves one request, promises to stay open, and closes.
    let address = backend(|_, mut stream| async move {
        request(&mut stream).await;
        respond(&mut stream, 200, "once").await;
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut client = gateway.connect().await;
    for _ in 0..20 {
        assert_eq!(client.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn a_request_that_hits_the_close_of_a_reused_connection_is_repeated() {
    // The second request on a connection is read and then met with a close: only a repetition helps.
    let address = backend(|_, mut stream| async move {
        request(&mut stream).await;
        respond(&mut stream, 200, "first").await;
        request(&mut stream).await;
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut client = gateway.connect().await;
    for _ in 0..10 {
        assert_eq!(client.get("/").await.status, 200);
    }
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").await;
    assert_eq!(client.answer().await.status, 502, "what may have been acted on is not repeated unasked");
}

#[tokio::test]
async fn an_endpoint_that_refuses_is_passed_over_without_a_retry_policy() {
    let gateway = Gateway::start(&Config::to(&[refused().await, fixed("alive").await])).await;
    let mut client = gateway.connect().await;
    for _ in 0..30 {
        let answer = client.get("/").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "alive"));
    }
}

#[tokio::test]
async fn no_endpoint_is_503_and_a_refusing_one_too() {
    let mut gateway = Gateway::start(&Config::to(&[])).await;
    let answer = gateway.get("/").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("content-type: application/problem+json"), "{answer:?}");
    gateway.apply(&Config::to(&[refused().await])).await;
    assert_eq!(gateway.get("/").await.status, 503);
}

#[tokio::test]
async fn codes_are_retried_as_often_as_the_rule_says_with_the_body() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let address = backend(move |_, mut stream| {
        let count = count.clone();
        async move {
            while let Some(text) = request(&mut stream).await {
                assert!(text.ends_with("\r\n\r\nhello"), "{text}");
                let status = if count.fetch_add(1, SeqCst) < 2 { 503 } else { 200 };
                respond(&mut stream, status, "x").await;
            }
        }
    })
    .await;
    let mut config = Config::to(&[address]);
    config.rules[0].1.retry = retry(&[500, 503], 2);
    let mut gateway = Gateway::start(&config).await;
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let mut client = gateway.connect().await;
    client.send(post).await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(seen.load(SeqCst), 3);

    seen.store(0, SeqCst);
    config.rules[0].1.retry = retry(&[503], 1);
    gateway.apply(&config).await;
    client.send(post).await;
    assert_eq!(client.answer().await.status, 503, "the last answer is the client's");
    assert_eq!(seen.load(SeqCst), 2);
}

#[tokio::test]
async fn a_try_over_its_time_is_retried_and_all_of_them_have_a_limit() {
    let address = backend(|number, mut stream| async move {
        request(&mut stream).await;
        if number == 0 {
            std::future::pending::<()>().await;
        }
        respond(&mut stream, 200, "second").await;
    })
    .await;
    let mut config = Config::to(&[address]);
    config.rules[0].1.timeouts.backend_request = Some(Duration::from_millis(50));
    config.rules[0].1.retry = retry(&[], 1);
    let gateway = Gateway::start(&config).await;
    assert_eq!(gateway.get("/").await.body, "second");

    let silent = backend(|_, stream| async move {
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let mut config = Config::to(&[silent]);
    config.rules[0].1.timeouts.request = Some(Duration::from_millis(50));
    let gateway = Gateway::start(&config).await;
    let answer = gateway.get("/").await;
    assert_eq!(answer.status, 504, "{answer:?}");
}

#[tokio::test]
async fn a_body_too_long_to_keep_is_sent_once_whole() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let address = backend(move |_, mut stream| {
        let count = count.clone();
        async move {
            while let Some(text) = request(&mut stream).await {
                let body = text.split("\r\n\r\n").nth(1).map_or(0, str::len);
                count.fetch_add(1, SeqCst);
                respond(&mut stream, 503, &body.to_string()).await;
            }
        }
    })
    .await;
    let mut config = Config::to(&[address]);
    config.rules[0].1.retry = retry(&[503], 3);
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    let body = "x".repeat(300_000);
    client.send(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n{body}")).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "300000"));
    assert_eq!(seen.load(SeqCst), 1, "a part of it cannot be sent again");
}
