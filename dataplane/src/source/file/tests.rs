use super::*;
use crate::source::testing::snapshot;
use std::{fs, os::unix::fs::symlink};
use tokio::time::timeout;

const MAX: usize = 1 << 20;
const SOON: Duration = Duration::from_secs(20);

async fn next(source: &mut FileSource) -> Update {
    timeout(SOON, source.next()).await.expect("an update").unwrap()
}

/// Looks until the present file was read, and expects nothing to come of it.
async fn nothing(source: &mut FileSource) {
    assert_eq!(source.look().await, None);
    assert_eq!(source.seen, Stamp::of(&source.path).map_or(Seen::Missing, Seen::File));
}

#[tokio::test]
async fn the_file_is_delivered_and_then_followed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snapshot");
    file::write(&path, 7, &snapshot(&[("a", "1")])).unwrap();
    let mut source = FileSource::new(&path, MAX);
    assert_eq!(next(&mut source).await, Update::full(7, snapshot(&[("a", "1")])));
    nothing(&mut source).await;

    file::write(&path, 8, &snapshot(&[("a", "2")])).unwrap();
    assert_eq!(next(&mut source).await, Update::full(8, snapshot(&[("a", "2")])));
}

#[tokio::test]
async fn a_file_that_comes_later_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snapshot");
    let mut source = FileSource::new(&path, MAX);
    nothing(&mut source).await;
    file::write(&path, 1, &snapshot(&[])).unwrap();
    assert_eq!(next(&mut source).await, Update::full(1, snapshot(&[])));
}

#[tokio::test]
async fn an_unusable_or_missing_file_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snapshot");
    file::write(&path, 1, &snapshot(&[("a", "1")])).unwrap();
    let mut source = FileSource::new(&path, MAX);
    next(&mut source).await;
    fs::write(&path, "not a snapshot").unwrap();
    nothing(&mut source).await;
    fs::remove_file(&path).unwrap();
    nothing(&mut source).await;
    file::write(&path, 2, &snapshot(&[("a", "1")])).unwrap();
    nothing(&mut source).await; // the same content as before
    file::write(&path, 3, &snapshot(&[("a", "2")])).unwrap();
    assert_eq!(next(&mut source).await.revision(), 3);
}

#[tokio::test]
async fn a_swapped_link_is_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two, link] = ["one", "two", "link"].map(|name| dir.path().join(name));
    file::write(&one, 1, &snapshot(&[("a", "1")])).unwrap();
    file::write(&two, 2, &snapshot(&[("a", "2")])).unwrap();
    symlink(&one, &link).unwrap();
    let mut source = FileSource::new(&link, MAX);
    assert_eq!(next(&mut source).await.revision(), 1);
    let next_link = dir.path().join("next");
    symlink(&two, &next_link).unwrap();
    fs::rename(next_link, &link).unwrap();
    assert_eq!(next(&mut source).await.revision(), 2);
}

#[tokio::test]
async fn a_dropped_next_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snapshot");
    file::write(&path, 1, &snapshot(&[("a", "1")])).unwrap();
    let mut source = FileSource::new(&path, MAX);
    {
        let mut next = source.next();
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "the file is being read");
    }
    assert_eq!(next(&mut source).await.revision(), 1);
}
