//! The last good snapshot: what a dataplane starts from while its controller is away.

mod writer;

use super::{Ack, SnapshotSource, SourceFuture, Update};
use corten_snapshot::{
    ContentHash, Snapshot,
    file::{self, FileError, Stored},
};
use std::{io, path::Path, time::Duration};
use writer::Writer;

/// The least time between two writes, unless configured otherwise. Under churn only the newest state is written.
pub const WRITE_INTERVAL: Duration = Duration::from_secs(2);

/// What a dataplane holds when a source starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Hash of the snapshot; zeros: none.
    pub hash: ContentHash,
    /// Its revision.
    pub revision: u64,
}

/// A source that delivers the last good snapshot first, then those of another source, which it keeps.
///
/// What is kept is what is in effect: of a part that the dataplane rejected, the content before. So a dataplane
/// that starts from it can build all of it.
#[derive(Debug)]
pub struct LastGood<S> {
    source: S,
    writer: Writer,
    start: Option<Stored>,
    /// Delivered and not yet answered.
    delivered: Option<Delivered>,
    /// Whether an update of the source beneath was answered.
    answered: bool,
    /// The published state, on which deltas build.
    held: Snapshot,
    held_hash: ContentHash,
    /// The state in effect, which is kept.
    good: Snapshot,
    good_hash: ContentHash,
}

#[derive(Debug)]
enum Delivered {
    /// The source beneath knows nothing of it.
    Start,
    Update(Update),
}

impl<S: SnapshotSource> LastGood<S> {
    /// Loads the file at `path` (at most `max` bytes) and puts itself around the source that `connect` makes,
    /// which is told what is held already. Files are written at most every `interval` ([`WRITE_INTERVAL`]), and
    /// when this value is dropped.
    ///
    /// A file that is damaged, or that another version wrote, is a warning, and as if there were none.
    ///
    /// # Errors
    /// If the writing thread cannot be started.
    pub fn around(
        path: &Path,
        max: usize,
        interval: Duration,
        connect: impl FnOnce(Held) -> S,
    ) -> io::Result<Self> {
        let start = load(path, max);
        let writer = Writer::start(path, interval)?;
        let good = start.as_ref().map(|stored| stored.snapshot.clone()).unwrap_or_default();
        let hash = good.hash();
        let held = start.as_ref().map(|stored| Held { hash, revision: stored.revision }).unwrap_or_default();
        Ok(Self {
            source: connect(held),
            writer,
            start,
            delivered: None,
            answered: false,
            held: good.clone(),
            held_hash: hash,
            good,
            good_hash: hash,
        })
    }

    /// Notes the published state that `update` leads to. The consumer has checked it and taken it.
    fn hold(&mut self, update: Update) {
        self.held_hash = update.hash();
        match update {
            Update::Full { snapshot, .. } => self.held = snapshot,
            Update::Delta { delta, .. } => self.held.apply(delta),
        }
    }

    /// Keeps what is in effect, if it is another than before.
    fn keep(&mut self, ack: &Ack) {
        if ack.hash != self.held_hash {
            return; // not taken: what was in effect still is
        }
        let mut good = self.held.clone();
        for rejected in &ack.rejected {
            good.put_back(&rejected.key, &self.good);
        }
        let hash = if ack.rejected.is_empty() { self.held_hash } else { good.hash() };
        self.good = good;
        // The first state is kept even if it is empty: that too is a state to start from.
        if hash != self.good_hash || !self.writer.was_used() {
            self.writer.submit(Stored { revision: ack.revision, snapshot: self.good.clone() });
        }
        self.good_hash = hash;
    }
}

fn load(path: &Path, max: usize) -> Option<Stored> {
    let shown = path.display();
    match file::read(path, max) {
        Ok(stored) => {
            let (revision, parts) = (stored.revision, stored.snapshot.len());
            tracing::info!(path = %shown, revision, parts, "starting from the last good snapshot");
            Some(stored)
        }
        Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(path = %shown, %error, "the last good snapshot is ignored");
            None
        }
    }
}

impl<S: SnapshotSource> SnapshotSource for LastGood<S> {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        Box::pin(async move {
            if let Some(stored) = self.start.take() {
                self.delivered = Some(Delivered::Start);
                return Ok(Update::full(stored.revision, stored.snapshot));
            }
            let update = self.source.next().await?;
            self.delivered = Some(Delivered::Update(update.clone()));
            Ok(update)
        })
    }

    fn ack(&mut self, ack: Ack) -> SourceFuture<'_, ()> {
        match self.delivered.take() {
            Some(Delivered::Start) => Box::pin(async { Ok(()) }),
            Some(Delivered::Update(update)) => {
                if ack.hash == update.hash() {
                    self.hold(update);
                }
                self.answered = true;
                self.keep(&ack);
                self.source.ack(ack)
            }
            // Another answer to the update before; to the start, nobody waits for one.
            None if self.answered => {
                self.keep(&ack);
                self.source.ack(ack)
            }
            None => Box::pin(async { Ok(()) }),
        }
    }
}

#[cfg(test)]
mod tests;
