//! Publishing snapshots to the dataplanes that are connected, and knowing what they made of them.
//!
//! Each connection is a task that holds at most one update in flight: it sends the newest state, waits for the
//! answer, and looks again. States in between are skipped, so a slow dataplane costs no queue. See
//! [`corten_snapshot::frame`] for the conversation.

mod follow;
mod framed;
mod listener;
mod peer;
mod peers;

pub use follow::follow;
pub use listener::{ListenError, Listener};
pub use peers::{Peer, Peers};

use corten_snapshot::{ContentHash, Snapshot, frame::MAX_FRAME};
use std::{io, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time};

/// Limits and times of the conversation.
#[derive(Clone, Copy, Debug)]
pub struct PublishConfig {
    /// Longest frame, in bytes.
    pub max_frame: usize,
    /// Connections at a time; more are closed at once.
    pub max_peers: usize,
    /// How long a dataplane may take to say who it is, and to read an update.
    pub transfer: Duration,
    /// How long it may take to build an update and answer.
    pub ack: Duration,
    /// How often an idle one is asked whether it is there.
    pub ping: Duration,
    /// An idle one that says nothing for this long is disconnected.
    pub silence: Duration,
}

impl Default for PublishConfig {
    fn default() -> Self {
        Self {
            max_frame: MAX_FRAME,
            max_peers: 64,
            transfer: Duration::from_secs(10),
            ack: Duration::from_secs(60),
            ping: Duration::from_secs(5),
            silence: Duration::from_secs(15),
        }
    }
}

/// A state that is published.
#[derive(Debug)]
struct Published {
    revision: u64,
    hash: ContentHash,
    snapshot: Snapshot,
}

/// The publishing end. Clones publish to the same dataplanes.
#[derive(Clone, Debug)]
pub struct Publisher {
    newest: watch::Sender<Option<Arc<Published>>>,
    peers: watch::Sender<Peers>,
    config: PublishConfig,
}

impl Publisher {
    /// A publisher without a state: dataplanes may connect, and wait for the first.
    pub fn new(config: PublishConfig) -> Self {
        Self { newest: watch::Sender::new(None), peers: watch::Sender::new(Peers::default()), config }
    }

    /// Makes `snapshot` the newest state and returns its revision. A snapshot equal to the newest changes
    /// nothing and has its revision.
    pub fn publish(&self, snapshot: Snapshot) -> u64 {
        let hash = snapshot.hash();
        let mut revision = 1;
        self.newest.send_if_modified(|newest| {
            if let Some(old) = newest {
                revision = old.revision;
                if old.hash == hash {
                    return false;
                }
                revision += 1;
            }
            *newest = Some(Arc::new(Published { revision, hash, snapshot }));
            true
        });
        revision
    }

    /// What every connected dataplane holds, as it changes.
    pub fn peers(&self) -> watch::Receiver<Peers> {
        self.peers.subscribe()
    }

    /// Waits until at least one dataplane is connected and each has acknowledged `revision` or a later one.
    pub async fn acknowledged(&self, revision: u64) -> Peers {
        let mut peers = self.peers();
        match peers.wait_for(|peers| peers.have_acknowledged(revision)).await {
            Ok(peers) => peers.clone(),
            // The sender is a field of this value, so it cannot be gone.
            Err(_) => Peers::default(),
        }
    }

    /// Serves the dataplanes that connect to `listener`, until the future is dropped.
    pub async fn serve(&self, listener: &Listener) {
        let mut tasks = JoinSet::new();
        let mut count: u64 = 0;
        loop {
            // Ended tasks have said why; this only frees them.
            while tasks.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((stream, pid)) if tasks.len() < self.config.max_peers => {
                    count += 1;
                    let (peers, id) = (self.peers.clone(), count);
                    let register = move || peers::Registration::new(peers, id, pid);
                    tasks.spawn(peer::run(stream, self.config, self.newest.subscribe(), register));
                }
                Ok((_, pid)) => tracing::warn!(pid, "too many dataplanes, one was turned away"),
                Err(error) => self.not_accepted(&error).await,
            }
        }
    }

    /// Waits a moment, because the likely causes (no file descriptor left) take one to pass.
    async fn not_accepted(&self, error: &io::Error) {
        tracing::warn!(%error, "a dataplane could not connect");
        time::sleep(Duration::from_millis(100)).await;
    }
}

#[cfg(test)]
mod tests;
