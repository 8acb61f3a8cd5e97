//! Writing the last good snapshot without holding anybody up.

use corten_snapshot::file::{self, Stored};
use parking_lot::{Condvar, Mutex};
use std::{
    io,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// A thread that writes the newest state it was given, and what it has not yet written when it is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    used: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    newest: Option<Stored>,
    stopped: bool,
}

impl Writer {
    pub(super) fn start(path: &Path, interval: Duration) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (path, for_thread) = (path.to_owned(), Arc::clone(&shared));
        let thread = thread::Builder::new()
            .name("last-good".into())
            .spawn(move || for_thread.write_all(&path, interval))?;
        Ok(Self { shared, thread: Some(thread), used: false })
    }

    /// Replaces what waits to be written.
    pub(super) fn submit(&mut self, stored: Stored) {
        self.used = true;
        self.shared.state.lock().newest = Some(stored);
        self.shared.changed.notify_one();
    }

    /// Whether anything was ever submitted.
    pub(super) fn was_used(&self) -> bool {
        self.used
    }
}

impl Shared {
    fn write_all(&self, path: &Path, interval: Duration) {
        while let Some(Stored { revision, snapshot }) = self.take() {
            let result = file::write(path, revision, &snapshot);
            drop(snapshot);
            let path = path.display();
            match result {
                Ok(()) => tracing::debug!(%path, revision, "last good snapshot written"),
                Err(error) => tracing::warn!(%path, %error, "the last good snapshot cannot be written"),
            }
            let mut state = self.state.lock();
            self.changed.wait_while_for(&mut state, |state| !state.stopped, interval);
        }
    }

    /// Waits for something to write; `None`: stopped, and nothing is left.
    fn take(&self) -> Option<Stored> {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |state| state.newest.is_none() && !state.stopped);
        state.newest.take()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.state.lock().stopped = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It ends after its last write; a panic in it was printed already.
            let _ = thread.join();
        }
    }
}
