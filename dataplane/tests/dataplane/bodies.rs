//! Bodies under limits, and streams.

use crate::support::{Config, Gateway, backend, fixed, request, within};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

#[tokio::test]
async fn a_body_over_the_limit_is_413_whether_it_says_its_length_or_not() {
    let mut config = Config::to(&[fixed("ok").await]);
    config.settings.limits.body_bytes = Some(4);
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n1234").await;
    assert_eq!(client.answer().await.status, 200);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345").await;
    assert_eq!(client.answer().await.status, 413);
    let mut client = gateway.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn a_body_that_stalls_is_408() {
    let mut config = Config::to(&[fixed("ok").await]);
    config.settings.timeouts.body_idle = Duration::from_millis(50);
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 408, "{answer:?}");
    assert!(answer.head.contains("connection: close"));
}

#[tokio::test]
async fn a_response_is_passed_on_piece_by_piece() {
    let (sender, receiver) = mpsc::channel::<()>(1);
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
    let address = backend(move |_, mut stream| {
        let receiver = receiver.clone();
        async move {
            request(&mut stream).await;
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            for number in 0..3 {
                stream.write_all(format!("3\r\n{number}\n\n\r\n").as_bytes()).await.unwrap();
                // The next event only when the client has seen this one: buffering would never end.
                receiver.lock().await.recv().await;
            }
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut client = gateway.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut seen = String::new();
    for number in 0..3 {
        let mut piece = [0; 1024];
        while !seen.contains(&format!("{number}\n\n")) {
            let count = within(client.stream.read(&mut piece)).await.unwrap();
            seen.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        }
        sender.send(()).await.unwrap();
    }
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_upstream_request() {
    let (gone, mut seen) = mpsc::channel(1);
    let address = backend(move |_, mut stream| {
        let gone = gone.clone();
        async move {
            request(&mut stream).await;
            gone.send(1).await.unwrap();
            let mut piece = [0; 1];
            let end = stream.read(&mut piece).await.unwrap_or(0);
            gone.send(end).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut client = gateway.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(within(seen.recv()).await, Some(1), "the request has arrived");
    drop(client);
    assert_eq!(within(seen.recv()).await, Some(0), "the connection has ended");
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_holds_nobody_up() {
    let address = backend(|number, mut stream| async move {
        let mut piece = [0; 4096];
        if number > 0 {
            while request(&mut stream).await.is_some() {
                crate::support::respond(&mut stream, 200, "next").await;
            }
        }
        // The first connection answers after the head and goes on reading the rest.
        let _ = stream.read(&mut piece).await;
        crate::support::respond(&mut stream, 200, "early").await;
        while stream.read(&mut piece).await.unwrap_or(0) > 0 {}
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut slow = gateway.connect().await;
    slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12").await;
    assert_eq!(slow.answer().await.body, "early");
    assert_eq!(gateway.get("/").await.body, "next", "another request does not wait for the first one's body");
}

#[tokio::test]
async fn an_answer_with_trailers_is_complete_and_its_connection_serves_on() {
    let address = backend(|number, mut stream| async move {
        while request(&mut stream).await.is_some() {
            let text = format!(
                "HTTP/1.1 200 OK\r\nX-Connection: {number}\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n\
                 2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    for _ in 0..3 {
        let mut client = gateway.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n").await;
        let answer = client.closed().await.to_lowercase();
        assert!(answer.contains("x-connection: 0\r\n") && answer.contains("x-sum: 2"), "{answer}");
    }
}
