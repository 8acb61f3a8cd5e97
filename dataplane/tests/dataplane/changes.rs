//! Configurations that come and go under way.

use crate::support::{Config, Gateway, fixed, rule};
use corten_snapshot::{Cors, Filter, HeaderEdit, HeaderPair, OriginMatch, PathMatch};

#[tokio::test]
async fn every_answer_is_the_old_or_the_new_one() {
    let (a, b) = (fixed("a").await, fixed("b").await);
    let mut gateway = Gateway::start(&Config::to(&[a])).await;
    let mut client = gateway.connect().await;
    for number in 0..100 {
        let (address, expected) = if number % 2 == 0 { (b, "b") } else { (a, "a") };
        let mut config = Config::to(&[address]);
        let header = HeaderPair { name: "x-number".into(), value: number.to_string() };
        let edit = HeaderEdit { set: vec![header], ..HeaderEdit::default() };
        config.rules[0].1.filters = vec![Filter::ResponseHeaders(edit)];
        let ack = gateway.apply(&config).await;
        assert!(ack.rejected.is_empty());
        let answer = client.get("/").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected));
        assert!(answer.head.contains(&format!("x-number: {number}\r\n")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_part_that_cannot_be_built_is_rejected_alone_and_the_old_one_serves() {
    let good = Config::to(&[fixed("old").await]);
    let mut gateway = Gateway::start(&good).await;
    let mut bad = Config::to(&[fixed("new").await]);
    bad.rules.insert(0, (PathMatch::Regex("(".into()), rule()));
    let ack = gateway.apply(&bad).await;
    assert_eq!(ack.rejected.len(), 1, "{ack:?}");
    assert!(ack.rejected[0].reason.contains('('), "{ack:?}");
    // The host's routes stay as they were; the cluster behind them is another part, and new.
    assert_eq!(gateway.get("/").await.body, "new");
    assert!(gateway.apply(&good).await.rejected.is_empty());
    assert_eq!(gateway.get("/").await.body, "old");
}

#[tokio::test]
async fn a_port_in_use_is_named_and_opened_when_it_is_free() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = Config::to(&[fixed("ok").await]);
    let mut gateway = Gateway::start(&config).await;
    let ack = gateway.apply_on(&config, port).await;
    assert_eq!(ack.rejected.len(), 1, "{ack:?}");
    let reason = &ack.rejected[0].reason;
    assert!(reason.contains("in use") && reason.contains("--port-map"), "{reason}");
    drop(taken);
    let opened = async {
        while !gateway.handle.status().rejected.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    crate::support::within(opened).await;
    gateway.address = gateway.handle.status().addresses[0].1;
    assert_eq!((gateway.address.port(), gateway.get("/").await.status), (port, 200));
}

#[tokio::test]
async fn a_script_may_read_why_the_gateway_failed() {
    let mut config = Config::to(&[]);
    config.rules[0].1.filters = vec![Filter::Cors(Cors {
        allow_origins: vec![OriginMatch::Exact("https://shop.example".into())],
        allow_methods: vec!["GET".into()],
        allow_headers: Vec::new(),
        expose_headers: Vec::new(),
        allow_credentials: false,
        max_age: 5,
    })];
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("access-control-allow-origin: https://shop.example\r\n"), "{answer:?}");
}
