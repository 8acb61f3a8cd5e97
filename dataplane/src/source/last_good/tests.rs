use super::*;
use crate::source::{
    MemoryPublisher, MemorySource, memory,
    testing::{delta, snapshot, taken, taken_without},
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const MAX: usize = 1 << 20;
/// Longer than any test runs: only the first write and the one at the end happen.
const HOUR: Duration = Duration::from_secs(3600);

struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("last-good")
    }

    fn start(&self) -> (MemoryPublisher, LastGood<MemorySource>, Held) {
        let (publisher, source) = memory();
        let mut told = Held::default();
        let connect = |held| {
            told = held;
            source
        };
        let source = LastGood::around(&self.path(), MAX, HOUR, connect).unwrap();
        (publisher, source, told)
    }

    fn stored(&self) -> Stored {
        file::read(&self.path(), MAX).unwrap()
    }
}

/// Publishes and consumes one update, answered by `answer`.
async fn exchange(
    publisher: &mut MemoryPublisher,
    source: &mut LastGood<MemorySource>,
    snapshot: Snapshot,
    answer: impl FnOnce(&Update) -> Ack,
) {
    let (result, ()) = tokio::join!(publisher.publish(snapshot), async {
        let update = source.next().await.unwrap();
        source.ack(answer(&update)).await.unwrap();
    });
    result.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let files = Fixture::new();
    let (mut publisher, mut source, told) = files.start();
    assert_eq!(told, Held::default(), "nothing is held at the first start");
    exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), taken).await;
    exchange(&mut publisher, &mut source, snapshot(&[("a", "2"), ("b", "1")]), taken).await;
    drop(source);

    let (_publisher, mut source, told) = files.start();
    let expected = snapshot(&[("a", "2"), ("b", "1")]);
    assert_eq!(told, Held { hash: expected.hash(), revision: 2 });
    assert_eq!(source.next().await.unwrap(), Update::full(2, expected));
}

#[tokio::test]
async fn the_start_is_acknowledged_to_nobody_and_followed_by_the_source() {
    let files = Fixture::new();
    file::write(&files.path(), 9, &snapshot(&[("a", "1")])).unwrap();
    let (mut publisher, mut source, _) = files.start();
    let update = source.next().await.unwrap();
    assert_eq!(update.revision(), 9);
    source.ack(taken(&update)).await.unwrap();
    exchange(&mut publisher, &mut source, snapshot(&[("a", "2")]), taken).await;
    drop(source);
    assert_eq!(files.stored(), Stored { revision: 1, snapshot: snapshot(&[("a", "2")]) });
}

#[tokio::test]
async fn of_a_rejected_part_the_content_before_is_kept() {
    let files = Fixture::new();
    let (mut publisher, mut source, _) = files.start();
    exchange(&mut publisher, &mut source, snapshot(&[("a", "good"), ("b", "1")]), taken).await;
    let bad = snapshot(&[("a", "bad"), ("b", "2"), ("c", "bad")]);
    exchange(&mut publisher, &mut source, bad, |update| taken_without(update, &["a", "c"])).await;
    // The next delta builds on what was published, not on what is kept.
    let more = snapshot(&[("a", "bad"), ("b", "3"), ("c", "bad")]);
    exchange(&mut publisher, &mut source, more, |update| taken_without(update, &["a", "c"])).await;
    drop(source);
    assert_eq!(files.stored(), Stored { revision: 3, snapshot: snapshot(&[("a", "good"), ("b", "3")]) });
}

#[tokio::test]
async fn a_part_that_is_put_in_effect_later_is_kept_then() {
    let files = Fixture::new();
    let (mut publisher, mut source, _) = files.start();
    let state = snapshot(&[("a", "1"), ("b", "1")]);
    exchange(&mut publisher, &mut source, state.clone(), |update| taken_without(update, &["a"])).await;
    assert_eq!(source.good, snapshot(&[("b", "1")]));
    source.ack(taken(&Update::full(1, state.clone()))).await.unwrap();
    drop(source);
    assert_eq!(files.stored(), Stored { revision: 1, snapshot: state });
}

#[tokio::test]
async fn an_update_that_was_not_taken_is_not_kept() {
    let files = Fixture::new();
    let (mut publisher, mut source, _) = files.start();
    exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), taken).await;
    let refuse = |update: &Update| Ack { hash: snapshot(&[("a", "1")]).hash(), ..taken(update) };
    exchange(&mut publisher, &mut source, snapshot(&[("a", "2")]), refuse).await;
    drop(source);
    assert_eq!(files.stored().snapshot, snapshot(&[("a", "1")]));
}

/// A source that delivers what it was given.
struct Scripted(Vec<Update>);

impl SnapshotSource for Scripted {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        Box::pin(async { self.0.pop().ok_or(crate::source::SourceError::Closed) })
    }

    fn ack(&mut self, _: Ack) -> SourceFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_difference_is_kept_on_top_of_what_is_held() {
    let files = Fixture::new();
    let (one, two) = (snapshot(&[("a", "1"), ("b", "1")]), snapshot(&[("a", "1"), ("b", "2")]));
    let script = vec![delta(2, &one, &two), Update::full(1, one)];
    let mut source = LastGood::around(&files.path(), MAX, HOUR, |_| Scripted(script)).unwrap();
    for _ in 0..2 {
        let update = source.next().await.unwrap();
        source.ack(taken(&update)).await.unwrap();
    }
    drop(source);
    assert_eq!(files.stored(), Stored { revision: 2, snapshot: two });
}

#[tokio::test]
async fn a_first_state_without_parts_is_kept_too() {
    let files = Fixture::new();
    let (mut publisher, mut source, _) = files.start();
    exchange(&mut publisher, &mut source, Snapshot::default(), taken).await;
    drop(source);
    assert_eq!(files.stored(), Stored { revision: 1, snapshot: Snapshot::default() });
}

#[tokio::test]
async fn damaged_and_foreign_files_are_ignored_and_replaced() {
    let good = file::encode(1, &snapshot(&[("a", "1")])).unwrap();
    let (mut damaged, mut foreign) = (good.clone(), good);
    *damaged.last_mut().unwrap() ^= 1;
    foreign[8] ^= 1; // the schema
    for bytes in [damaged, foreign, b"garbage".to_vec(), Vec::new()] {
        let files = Fixture::new();
        fs::write(files.path(), bytes).unwrap();
        let (mut publisher, mut source, told) = files.start();
        assert_eq!(told, Held::default());
        exchange(&mut publisher, &mut source, snapshot(&[("b", "1")]), taken).await;
        drop(source);
        assert_eq!(files.stored().snapshot, snapshot(&[("b", "1")]));
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_written_stops_nothing() {
    let files = Fixture::new();
    let (mut publisher, source) = memory();
    let path = files.dir.path().join("no/such/folder");
    let mut source = LastGood::around(&path, MAX, HOUR, |_| source).unwrap();
    exchange(&mut publisher, &mut source, snapshot(&[("a", "1")]), taken).await;
    exchange(&mut publisher, &mut source, snapshot(&[("a", "2")]), taken).await;
    drop(source);
    assert!(!path.exists());
}

#[test]
fn only_the_newest_of_many_states_is_written() {
    let files = Fixture::new();
    let mut writer = Writer::start(&files.path(), HOUR).unwrap();
    assert!(!writer.was_used());
    for revision in 1..=50 {
        writer.submit(Stored { revision, snapshot: snapshot(&[("a", "1")]) });
    }
    drop(writer);
    assert_eq!(files.stored().revision, 50);
}

#[test]
fn a_state_is_written_without_waiting_for_the_end() {
    let files = Fixture::new();
    let mut writer = Writer::start(&files.path(), Duration::ZERO).unwrap();
    writer.submit(Stored { revision: 1, snapshot: snapshot(&[]) });
    // The file is the thread's only sign of life.
    while !files.path().exists() {
        std::thread::yield_now();
    }
    assert_eq!(files.stored().revision, 1);
    drop(writer);
}
