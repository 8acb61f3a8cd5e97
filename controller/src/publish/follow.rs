//! Publishing what a file holds.

use super::Publisher;
use corten_snapshot::file::{self, Stamp, Stored};
use std::{path::Path, time::Duration};
use tokio::{task, time};

/// How often the file is looked at; looking is one `stat`.
const POLL: Duration = Duration::from_millis(100);

/// Publishes the snapshot file at `path` (see [`corten_snapshot::file`]; at most `max` bytes) and each that
/// replaces it, until the future is dropped. A file that is missing or cannot be used is a warning, and changes
/// nothing.
pub async fn follow(path: &Path, max: usize, publisher: &Publisher) {
    let mut seen = None;
    loop {
        let now = Stamp::of(path);
        if seen != Some(now) {
            seen = Some(now);
            let (owned, shown) = (path.to_owned(), path.display());
            match task::spawn_blocking(move || file::read(&owned, max)).await {
                Ok(Ok(Stored { snapshot, .. })) => {
                    let parts = snapshot.len();
                    let revision = publisher.publish(snapshot);
                    tracing::info!(path = %shown, revision, parts, "published");
                }
                Ok(Err(error)) => tracing::warn!(path = %shown, %error, "the snapshot file cannot be used"),
                // Only when the runtime shuts down.
                Err(_) => return,
            }
        }
        time::sleep(POLL).await;
    }
}
