//! The end of a process.

use crate::support::{Config, Gateway, backend, fixed, request, respond, within};
use std::time::Duration;
use tokio::sync::mpsc;

#[tokio::test]
async fn a_request_in_flight_is_answered_and_its_connection_closed() {
    let (arrived, mut seen) = mpsc::channel(1);
    let (release, released) = tokio::sync::watch::channel(false);
    let address = backend(move |_, mut stream| {
        let (arrived, mut released) = (arrived.clone(), released.clone());
        async move {
            request(&mut stream).await;
            arrived.send(()).await.unwrap();
            released.wait_for(|released| *released).await.unwrap();
            respond(&mut stream, 200, "late").await;
        }
    })
    .await;
    let mut config = Config::to(&[address]);
    config.settings.drain.min = Duration::from_millis(10);
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(seen.recv()).await.unwrap();
    let draining = tokio::spawn(gateway.handle.drain());
    release.send(true).unwrap();
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "late"));
    assert_eq!(client.closed().await, "");
    assert_eq!(within(draining).await.unwrap(), 0, "no connection had to be cut");
}

#[tokio::test]
async fn clients_are_told_to_go_while_new_ones_are_still_served() {
    let mut config = Config::to(&[fixed("ok").await]);
    config.settings.drain.min = Duration::from_secs(5);
    let gateway = Gateway::start(&config).await;
    let address = gateway.address;
    let mut client = gateway.connect().await;
    assert!(!client.get("/").await.head.contains("connection: close"));
    let draining = tokio::spawn(gateway.handle.drain());
    tokio::task::yield_now().await;
    assert!(client.get("/").await.head.contains("connection: close"));
    let stream = tokio::net::TcpStream::connect(address).await;
    assert!(stream.is_ok(), "still accepting");
    draining.abort();
}

/// A client that has connected and said nothing is given the time to ask, and no more.
#[tokio::test]
async fn a_silent_connection_does_not_hold_up_the_end_and_one_that_asks_is_answered() {
    let mut config = Config::to(&[fixed("ok").await]);
    config.settings.drain.min = Duration::ZERO;
    // What is left to end it is the drain itself.
    config.settings.timeouts.handshake = Duration::ZERO;
    let gateway = Gateway::start(&config).await;
    let mut silent = gateway.connect().await;
    let mut fresh = gateway.connect().await;
    let address = gateway.address;
    // Both are accepted, in this order, once a third one is answered.
    assert_eq!(gateway.get("/").await.status, 200);
    let draining = tokio::spawn(gateway.handle.drain());
    within(async { while tokio::net::TcpStream::connect(address).await.is_ok() {} }).await;
    let answer = fresh.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(silent.closed().await, "");
    assert_eq!(within(draining).await.unwrap(), 0, "no connection had to be cut");
}
