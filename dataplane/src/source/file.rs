//! Snapshots from a file that is replaced now and then (`corten-dataplane --snapshot FILE`).

use super::{Ack, SnapshotSource, SourceError, SourceFuture, Update};
use corten_snapshot::{
    ContentHash,
    file::{self, FileError, Stamp},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task, time};

/// How often the file is looked at. Looking is one `stat`, and sees every kind of replacement: renames, swapped
/// symbolic links, and mounts that notifications miss.
const POLL: Duration = Duration::from_millis(100);

/// Follows a file in the format of [`corten_snapshot::file`].
///
/// A file that is missing or cannot be used is a warning; what was delivered before stays.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    max: usize,
    /// What was looked at last, usable or not.
    seen: Seen,
    held: Option<ContentHash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    Missing,
    File(Stamp),
}

impl FileSource {
    /// A source over the file at `path`, of at most `max` bytes.
    pub fn new(path: &Path, max: usize) -> Self {
        Self { path: path.to_owned(), max, seen: Seen::Nothing, held: None }
    }

    /// Reads the file if it is another one than before.
    async fn look(&mut self) -> Option<Update> {
        let now = Stamp::of(&self.path).map_or(Seen::Missing, Seen::File);
        if now == self.seen {
            return None;
        }
        let (path, max) = (self.path.clone(), self.max);
        let result = task::spawn_blocking(move || file::read(&path, max)).await;
        // Only now, so that a look that is dropped half way is repeated. A file that changed meanwhile has
        // another stamp and is read again.
        self.seen = now;
        match result {
            Ok(Ok(stored)) => {
                let update = Update::full(stored.revision, stored.snapshot);
                (self.held != Some(update.hash())).then_some(update)
            }
            Ok(Err(error)) => {
                warn(&self.path, &error, self.held.is_some());
                None
            }
            // The reading task was cancelled: the runtime is shutting down.
            Err(_) => None,
        }
    }
}

fn warn(path: &Path, error: &FileError, serving: bool) {
    let path = path.display();
    if serving {
        tracing::warn!(%path, %error, "the snapshot file cannot be used, the previous one stays in effect");
    } else {
        tracing::warn!(%path, %error, "the snapshot file cannot be used, waiting for another");
    }
}

impl SnapshotSource for FileSource {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        Box::pin(async move {
            loop {
                if let Some(update) = self.look().await {
                    self.held = Some(update.hash());
                    return Ok(update);
                }
                time::sleep(POLL).await;
            }
        })
    }

    fn ack(&mut self, _: Ack) -> SourceFuture<'_, ()> {
        // Nobody waits for it; what was rejected is logged by who rejected it.
        Box::pin(async { Ok::<_, SourceError>(()) })
    }
}

#[cfg(test)]
mod tests;
