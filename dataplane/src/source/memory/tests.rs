use super::*;
use crate::source::testing::{snapshot, taken, taken_without};
use corten_snapshot::ContentHash;
use std::{future::Future, sync::Arc};

/// Publishes while `consume` answers exactly one update.
async fn exchange(
    publisher: &mut MemoryPublisher,
    source: &mut MemorySource,
    snapshot: Snapshot,
    consume: impl FnOnce(&Update) -> Ack,
) -> (Ack, Update) {
    let (ack, update) = tokio::join!(publisher.publish(snapshot), async {
        let update = source.next().await.unwrap();
        source.ack(consume(&update)).await.unwrap();
        update
    });
    (ack.unwrap(), update)
}

#[tokio::test]
async fn every_state_goes_out_whole_and_shares_its_parts() {
    let (mut publisher, mut source) = memory();
    let (one, two) = (snapshot(&[("a", "1")]), snapshot(&[("a", "1"), ("b", "1")]));
    let (ack, update) = exchange(&mut publisher, &mut source, one.clone(), taken).await;
    assert_eq!(update, Update::full(1, one.clone()));
    assert_eq!(ack, Ack { revision: 1, hash: one.hash(), rejected: Vec::new() });

    let (ack, update) = exchange(&mut publisher, &mut source, two.clone(), taken).await;
    assert_eq!((ack.revision, publisher.revision()), (2, 2));
    let (held, delta) = update.apply(&one, one.hash()).unwrap();
    assert_eq!(delta, two.diff(&one));
    let shared = held.iter().zip(two.iter()).all(|((_, a), (_, b))| Arc::ptr_eq(&a.part, &b.part));
    assert!(shared && held == two);
}

#[tokio::test]
async fn the_first_snapshot_is_delivered_even_if_it_is_empty() {
    let (mut publisher, mut source) = memory();
    let (_, update) = exchange(&mut publisher, &mut source, Snapshot::default(), taken).await;
    assert_eq!(update, Update::full(1, Snapshot::default()));
}

#[tokio::test]
async fn an_equal_snapshot_is_answered_without_the_consumer() {
    let (mut publisher, mut source) = memory();
    let consume = |update: &Update| taken_without(update, &["a"]);
    let (first, _) = exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), consume).await;
    assert_eq!(first.rejected.len(), 1);
    assert_eq!(publisher.publish(snapshot(&[("a", "1")])).await, Ok(first));
    assert!(source.receiver.try_recv().is_err(), "nothing was sent");
}

#[tokio::test]
async fn a_state_that_is_not_taken_is_not_sent_again_and_again() {
    let (mut publisher, mut source) = memory();
    let refuse = |update: &Update| Ack { hash: ContentHash::default(), ..taken(update) };
    let (ack, _) = exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), refuse).await;
    assert_eq!(ack.hash, ContentHash::default());
    assert!(source.receiver.try_recv().is_err());

    // What was refused is not in effect, so the next time the consumer is asked again.
    let (ack, update) = exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), taken).await;
    assert_eq!((ack.hash, update.revision()), (snapshot(&[("a", "1")]).hash(), 2));
}

#[tokio::test]
async fn a_publish_that_nobody_waits_for_counts() {
    let (mut publisher, mut source) = memory();
    {
        let mut publish = std::pin::pin!(publisher.publish(snapshot(&[("a", "1")])));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(publish.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    let update = source.next().await.unwrap();
    source.ack(taken(&update)).await.unwrap();

    let (ack, update) = exchange(&mut publisher, &mut source, snapshot(&[("a", "2")]), taken).await;
    assert_eq!(update, Update::full(2, snapshot(&[("a", "2")])));
    assert_eq!(ack.revision, 2);
}

#[tokio::test]
async fn next_may_be_dropped_and_called_again() {
    let (mut publisher, mut source) = memory();
    {
        let mut next = source.next();
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    let (_, update) = exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), taken).await;
    assert_eq!(update.revision(), 1);
}

#[tokio::test]
async fn each_end_notices_when_the_other_is_gone() {
    let (mut publisher, source) = memory();
    drop(source);
    assert_eq!(publisher.publish(Snapshot::default()).await, Err(PublishError));

    let (publisher, mut source) = memory();
    drop(publisher);
    assert_eq!(source.next().await, Err(SourceError::Closed));
}

#[tokio::test]
async fn a_consumer_that_dies_over_an_update_fails_the_publish() {
    let (mut publisher, mut source) = memory();
    let (result, ()) = tokio::join!(publisher.publish(Snapshot::default()), async move {
        source.next().await.unwrap();
        drop(source);
    });
    assert_eq!(result, Err(PublishError));
}
