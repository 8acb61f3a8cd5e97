//! Tunnels after 101, and nothing that looks like one.

use crate::support::{Config, Gateway, backend, fixed, request, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

async fn echo() -> std::net::SocketAddr {
    backend(|_, mut stream| async move {
        let head = request(&mut stream).await.unwrap().to_lowercase();
        assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: echo\r\n"), "{head}");
        let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
        stream.write_all(switch.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await
}

#[tokio::test]
async fn bytes_pass_both_ways_and_a_reload_does_not_end_them() {
    let config = Config::to(&[echo().await]);
    let mut gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    client.send(UPGRADE).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 101, "{answer:?}");
    assert!(answer.head.contains("upgrade: echo"));
    for number in 0..5 {
        let mut other = config.clone();
        other.settings.forwarded_header = number % 2 == 0;
        gateway.apply(&other).await;
        client.send("ping").await;
        let mut piece = [0; 4];
        within(client.stream.read_exact(&mut piece)).await.unwrap();
        assert_eq!(&piece, b"ping");
    }
}

#[tokio::test]
async fn an_upstream_that_does_not_switch_answers_as_usual() {
    let gateway = Gateway::start(&Config::to(&[fixed("no").await])).await;
    let mut client = gateway.connect().await;
    client.send(UPGRADE).await;
    assert_eq!(client.answer().await.body, "no");
    assert_eq!(client.get("/").await.body, "no", "the connection still speaks HTTP");
}

#[tokio::test]
async fn a_101_that_nobody_asked_for_is_502() {
    let address = backend(|_, mut stream| async move {
        request(&mut stream).await;
        let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
        let _ = stream.write_all(switch.as_bytes()).await;
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    assert_eq!(gateway.get("/").await.status, 502);
}
