//! What a dataplane is told, and what it answers: the same on every kind of channel.

use crate::{ContentHash, Delta, PartKey, Snapshot};
use serde::{Deserialize, Serialize};

/// A new state for a dataplane.
///
/// `revision` counts the publisher's states from 1 on, and starts again when the publisher does; it orders
/// states, while `hash` says what they hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// Everything.
    Full {
        /// Number of the state.
        revision: u64,
        /// [`Snapshot::hash`] of `snapshot`.
        hash: ContentHash,
        /// The state.
        snapshot: Snapshot,
    },
    /// What differs from the state with hash `base`. It may be empty: then only the revision is new.
    Delta {
        /// Number of the state.
        revision: u64,
        /// [`Snapshot::hash`] of the state that this builds on.
        base: ContentHash,
        /// [`Snapshot::hash`] of the state that results.
        hash: ContentHash,
        /// The difference.
        delta: Delta,
    },
}

impl Update {
    /// A whole snapshot as an update.
    pub fn full(revision: u64, snapshot: Snapshot) -> Self {
        Self::Full { revision, hash: snapshot.hash(), snapshot }
    }

    /// Number of the state.
    pub fn revision(&self) -> u64 {
        match self {
            Self::Full { revision, .. } | Self::Delta { revision, .. } => *revision,
        }
    }

    /// Hash of the state that results.
    pub fn hash(&self) -> ContentHash {
        match self {
            Self::Full { hash, .. } | Self::Delta { hash, .. } => *hash,
        }
    }

    /// The state that results from `held` (whose hash is `held_hash`), and what in it differs from `held`:
    /// only that has to be built.
    ///
    /// # Errors
    /// [`UpdateError`]; `held` is then still what the dataplane holds, its [`Ack`] says so by `held_hash`,
    /// and the publisher answers that with a full state.
    pub fn apply(self, held: &Snapshot, held_hash: ContentHash) -> Result<(Snapshot, Delta), UpdateError> {
        match self {
            Self::Full { snapshot, .. } => {
                let delta = snapshot.diff(held);
                Ok((snapshot, delta))
            }
            Self::Delta { base, .. } if base != held_hash => {
                Err(UpdateError::OtherBase { base, held: held_hash })
            }
            Self::Delta { delta, hash, .. } if delta.is_empty() && hash == held_hash => {
                Ok((held.clone(), delta))
            }
            Self::Delta { hash, delta, .. } => {
                let mut next = held.clone();
                next.apply(delta.clone());
                match next.hash() {
                    got if got == hash => Ok((next, delta)),
                    got => Err(UpdateError::OtherResult { promised: hash, got }),
                }
            }
        }
    }
}

/// An update that does not fit the state that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// It builds on another state.
    #[error("the delta builds on snapshot {base}, but {held} is held")]
    OtherBase {
        /// What it builds on.
        base: ContentHash,
        /// What is held.
        held: ContentHash,
    },
    /// It results in another state than it says.
    #[error("the delta results in snapshot {got}, but promises {promised}")]
    OtherResult {
        /// What it says.
        promised: ContentHash,
        /// What came of it.
        got: ContentHash,
    },
}

/// A dataplane's answer to an [`Update`], after every worker sees the new state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Revision of the update that is answered.
    pub revision: u64,
    /// The state that is now held: the update's hash, also when some parts were rejected. Any other hash
    /// says that the update was not taken, and asks for a full state.
    pub hash: ContentHash,
    /// **Every** part of the held state that is not in effect as written, not only parts of this update: what
    /// was rejected earlier stays in the list until it is changed or removed. Sorted by key.
    pub rejected: Vec<Rejected>,
}

/// A part that the dataplane could not build. Its previous content, if there is any, stays in effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rejected {
    /// Which part.
    pub key: PartKey,
    /// Why, in one line for people; it ends up in a status condition.
    pub reason: String,
}

#[cfg(test)]
mod tests;
