//! Where snapshots come from.
//!
//! A [`SnapshotSource`] delivers [`Update`]s one after the other and takes an [`Ack`] for each. The consumer
//! holds the state and is the same for every source:
//!
//! ```
//! # use corten_dataplane::source::{Ack, SnapshotSource, SourceError, Update};
//! # use corten_snapshot::{Snapshot, Rejected};
//! # fn build(_: &Snapshot, _: &corten_snapshot::Delta) -> Vec<Rejected> { Vec::new() }
//! async fn consume(source: &mut dyn SnapshotSource) -> Result<(), SourceError> {
//!     let (mut held, mut hash) = (Snapshot::default(), Snapshot::default().hash());
//!     let mut rejected = Vec::new();
//!     loop {
//!         let update = source.next().await?;
//!         let (revision, next_hash) = (update.revision(), update.hash());
//!         match update.apply(&held, hash) {
//!             Ok((next, delta)) => {
//!                 rejected = build(&next, &delta); // every part that is not in effect, old ones too
//!                 (held, hash) = (next, next_hash);
//!             }
//!             Err(error) => tracing::error!(%error, "update refused"), // the ack's hash asks for a full one
//!         }
//!         source.ack(Ack { revision, hash, rejected: rejected.clone() }).await?;
//!     }
//! }
//! ```
//!
//! Every source sends its state when it has one, and the next one only after the ack of the one before; states in
//! between are skipped, so a slow consumer is never behind by more than one.

mod file;
mod last_good;
mod memory;
mod socket;
#[cfg(test)]
mod testing;

pub use corten_snapshot::{Ack, Rejected, Update};
pub use file::FileSource;
pub use last_good::{Held, LastGood, WRITE_INTERVAL};
pub use memory::{MemoryPublisher, MemorySource, PublishError, memory};
pub use socket::{SocketConfig, SocketSource};

use std::{future::Future, pin::Pin};

/// A future of a source. Boxed, so that the kind of source is chosen at run time; nothing here is hot.
pub type SourceFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Where a dataplane gets its snapshots.
pub trait SnapshotSource: Send {
    /// Waits for the next state. Cancel-safe: nothing is lost when the future is dropped, so it may stand in
    /// a `select!`.
    ///
    /// The first update of a source is a [`Update::Full`], unless the source was told what is held already.
    ///
    /// # Errors
    /// [`SourceError`] when no update will ever come. A peer that is away for a while, or a file that cannot be
    /// read, is no error: the source logs it and goes on waiting.
    fn next(&mut self) -> SourceFuture<'_, Update>;

    /// Answers the update that [`Self::next`] delivered last. It may be answered again when more or less of it is in
    /// effect than before, say because an address could be opened after all.
    ///
    /// # Errors
    /// [`SourceError`] when the source has ended. A lost connection is no error: the state is told to the peer
    /// when it is back.
    fn ack(&mut self, ack: Ack) -> SourceFuture<'_, ()>;
}

impl<S: SnapshotSource + ?Sized> SnapshotSource for Box<S> {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        (**self).next()
    }

    fn ack(&mut self, ack: Ack) -> SourceFuture<'_, ()> {
        (**self).ack(ack)
    }
}

/// Why a source has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The publisher is gone for good.
    #[error("the publisher of snapshots is gone")]
    Closed,
}
