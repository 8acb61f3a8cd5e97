//! Whether parts that came from outside are what they claim to be.

use crate::{ContentHash, Delta, HashedPart, Part, PartKey, Snapshot, Update};

/// A part that is not what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Its content has another hash.
    #[error("{key} has hash {got}, but claims {claimed}")]
    PartHash {
        /// The part.
        key: PartKey,
        /// The hash that came with it.
        claimed: ContentHash,
        /// The hash of its content.
        got: ContentHash,
    },
    /// Its content is of another kind than its key.
    #[error("{key} holds a part of kind {kind}")]
    Kind {
        /// The part.
        key: PartKey,
        /// [`Part::kind`] of the content.
        kind: &'static str,
    },
    /// The parts are right, but together not the snapshot that was claimed.
    #[error("the snapshot has hash {got}, but claims {claimed}")]
    SnapshotHash {
        /// The hash that came with it.
        claimed: ContentHash,
        /// The hash of its parts.
        got: ContentHash,
    },
}

fn verify_part(key: &PartKey, hashed: &HashedPart) -> Result<(), VerifyError> {
    let kind = hashed.part.kind();
    if kind != key.kind() {
        return Err(VerifyError::Kind { key: key.clone(), kind });
    }
    let got = hashed.part.hash();
    if got != hashed.hash {
        return Err(VerifyError::PartHash { key: key.clone(), claimed: hashed.hash, got });
    }
    Ok(())
}

impl Snapshot {
    /// Checks every part's kind and hash against its content.
    ///
    /// # Errors
    /// [`VerifyError`] for the first part that is wrong.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.iter().try_for_each(|(key, part)| verify_part(key, part))
    }
}

impl Delta {
    /// Checks every changed part's kind and hash against its content.
    ///
    /// # Errors
    /// [`VerifyError`] for the first part that is wrong.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.changed.iter().try_for_each(|(key, part)| verify_part(key, part))
    }
}

impl Update {
    /// Checks every part, and a full snapshot's own hash. What a delta results in is checked by
    /// [`Update::apply`].
    ///
    /// # Errors
    /// [`VerifyError`] for the first part that is wrong.
    pub fn verify(&self) -> Result<(), VerifyError> {
        match self {
            Self::Full { snapshot, hash, .. } => {
                snapshot.verify()?;
                match snapshot.hash() {
                    got if got == *hash => Ok(()),
                    got => Err(VerifyError::SnapshotHash { claimed: *hash, got }),
                }
            }
            Self::Delta { delta, .. } => delta.verify(),
        }
    }
}

impl Part {
    /// The kind's name, as in the text form of a [`PartKey`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Listener(_) => "listener",
            Self::Host(_) => "host",
            Self::Cluster(_) => "cluster",
            Self::Endpoints(_) => "endpoints",
            Self::Certificate(_) => "certificate",
            Self::Trust(_) => "trust",
        }
    }
}

impl PartKey {
    /// The kind's name: the first word of the text form.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Listener(_) => "listener",
            Self::Host(..) => "host",
            Self::Cluster(_) => "cluster",
            Self::Endpoints(_) => "endpoints",
            Self::Certificate(_) => "certificate",
            Self::Trust(_) => "trust",
        }
    }
}
