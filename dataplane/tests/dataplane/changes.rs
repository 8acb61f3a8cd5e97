//! Configurations that come and go under way.

use crate::support::{Config, Gateway, fixed, rule};
use corten_snapshot::{Filter, HeaderEdit, HeaderPair, PathMatch};

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
