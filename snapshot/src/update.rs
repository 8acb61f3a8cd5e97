//! What a dataplane is told, and what it answers: the same on every kind of channel.

use crate::{ContentHash, Delta, PartKey, Snapshot};
use serde::{Deserialize, Serialize};

/// A new state for a dataplane.
///
/// `revision` counts the publisher's states from 1 on, and starts again when the publisher does; it orders
/// states, while `hash` says what they hold.
#[derive(Clone, Debug, PartialEq)]
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
mod tests {
    use super::*;
    use crate::{CertificateKey, Part, Trust, TrustKey};

    fn trust(name: &str, pem: &str) -> (PartKey, Part) {
        (PartKey::Trust(TrustKey::new(name)), Part::Trust(Trust { pem: pem.into() }))
    }

    fn snapshot(parts: &[(&str, &str)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, pem) in parts {
            let (key, part) = trust(name, pem);
            snapshot.insert(key, part);
        }
        snapshot
    }

    fn delta_update(old: &Snapshot, new: &Snapshot) -> Update {
        Update::Delta { revision: 2, base: old.hash(), hash: new.hash(), delta: new.diff(old) }
    }

    #[test]
    fn a_full_update_replaces_and_names_only_what_differs() {
        let old = snapshot(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let new = snapshot(&[("a", "1"), ("b", "2")]);
        let (next, delta) = Update::full(1, new.clone()).apply(&old, old.hash()).unwrap();
        assert_eq!(next, new);
        assert_eq!(delta.changed.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>(), [trust("b", "").0]);
        assert_eq!(delta.removed, [trust("c", "").0]);
    }

    #[test]
    fn a_delta_on_the_held_state_results_in_the_new_one() {
        let (old, new) = (snapshot(&[("a", "1"), ("b", "1")]), snapshot(&[("b", "2"), ("d", "1")]));
        let (next, delta) = delta_update(&old, &new).apply(&old, old.hash()).unwrap();
        assert_eq!(next, new);
        assert_eq!(delta, new.diff(&old));
    }

    #[test]
    fn a_delta_on_another_state_is_refused() {
        let (old, new) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2")]));
        let held = snapshot(&[("a", "3")]);
        let error = delta_update(&old, &new).apply(&held, held.hash()).unwrap_err();
        assert_eq!(error, UpdateError::OtherBase { base: old.hash(), held: held.hash() });
    }

    #[test]
    fn a_delta_that_does_not_result_in_what_it_promises_is_refused() {
        let (old, new) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2"), ("b", "1")]));
        let mut delta = new.diff(&old);
        delta.changed.pop();
        let update = Update::Delta { revision: 2, base: old.hash(), hash: new.hash(), delta };
        let error = update.apply(&old, old.hash()).unwrap_err();
        assert_eq!(
            error,
            UpdateError::OtherResult { promised: new.hash(), got: snapshot(&[("a", "2")]).hash() }
        );
    }

    #[test]
    fn an_empty_delta_is_only_a_new_revision() {
        let held = snapshot(&[("a", "1")]);
        let update = delta_update(&held, &held);
        assert_eq!(update.revision(), 2);
        let (next, delta) = update.apply(&held, held.hash()).unwrap();
        assert_eq!(next, held);
        assert!(delta.is_empty());
    }

    #[test]
    fn an_empty_delta_that_promises_something_else_is_refused() {
        let (held, other) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2")]));
        let update =
            Update::Delta { revision: 2, base: held.hash(), hash: other.hash(), delta: Delta::default() };
        assert!(matches!(update.apply(&held, held.hash()), Err(UpdateError::OtherResult { .. })));
    }

    #[test]
    fn keys_of_different_kinds_with_one_text_are_different_parts() {
        let mut one = Snapshot::default();
        one.insert(PartKey::Trust(TrustKey::new("secret/a/b")), Part::Trust(Trust { pem: "p".into() }));
        let key = PartKey::Certificate(CertificateKey::new("secret/a/b"));
        assert!(one.get(&key).is_none());
    }
}
