//! Snapshots from the same process: `corten run`, and tests.

use super::{Ack, SnapshotSource, SourceError, SourceFuture, Update};
use corten_snapshot::Snapshot;
use tokio::sync::{mpsc, oneshot};

/// Makes a publisher and its source.
pub fn memory() -> (MemoryPublisher, MemorySource) {
    let (sender, receiver) = mpsc::channel(1);
    let publisher = MemoryPublisher { sender, revision: 0, acked: None };
    (publisher, MemorySource { receiver, pending: None })
}

struct Message {
    update: Update,
    reply: oneshot::Sender<Ack>,
}

/// The publishing end.
#[derive(Debug)]
pub struct MemoryPublisher {
    sender: mpsc::Sender<Message>,
    revision: u64,
    acked: Option<Ack>,
}

impl MemoryPublisher {
    /// Publishes `snapshot` and resolves when it is in effect, with the dataplane's answer. It always goes out whole:
    /// its parts are shared, so there is nothing to save by a difference, and the dataplane looks for that itself. A
    /// snapshot equal to the one in effect is answered at once with the [`Ack`] that is known.
    ///
    /// When the future is dropped before it resolves, the snapshot is either taken whole or not at all.
    ///
    /// # Errors
    /// [`PublishError`] when the source, or its consumer, is gone.
    pub async fn publish(&mut self, snapshot: Snapshot) -> Result<Ack, PublishError> {
        let hash = snapshot.hash();
        if let Some(ack) = self.acked.as_ref().filter(|ack| ack.hash == hash) {
            return Ok(ack.clone());
        }
        let slot = self.sender.reserve().await.map_err(|_| PublishError)?;
        let (reply, answer) = oneshot::channel();
        let revision = self.revision + 1;
        slot.send(Message { update: Update::Full { revision, hash, snapshot }, reply });
        self.revision = revision;
        self.acked = None;
        let ack = answer.await.map_err(|_| PublishError)?;
        self.acked = Some(ack.clone()).filter(|ack| ack.hash == hash);
        Ok(ack)
    }

    /// The revision of the last published state; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// The dataplane is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dataplane takes no more snapshots")]
pub struct PublishError;

/// The dataplane's end.
#[derive(Debug)]
pub struct MemorySource {
    receiver: mpsc::Receiver<Message>,
    pending: Option<oneshot::Sender<Ack>>,
}

impl SnapshotSource for MemorySource {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        Box::pin(async move {
            let message = self.receiver.recv().await.ok_or(SourceError::Closed)?;
            self.pending = Some(message.reply);
            Ok(message.update)
        })
    }

    fn ack(&mut self, ack: Ack) -> SourceFuture<'_, ()> {
        if let Some(reply) = self.pending.take() {
            // A publisher that no longer waits has dropped its end; the state counts all the same.
            let _ = reply.send(ack);
        }
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests;
