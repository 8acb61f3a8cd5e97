//! What the tests of the sources share.

use super::{Ack, Rejected, Update};
use corten_snapshot::{Part, PartKey, Snapshot, Trust, TrustKey};

pub(crate) fn key(name: &str) -> PartKey {
    PartKey::Trust(TrustKey::new(name))
}

/// A snapshot of trust bundles: name and content.
pub(crate) fn snapshot(parts: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, pem) in parts {
        snapshot.insert(key(name), Part::Trust(Trust { pem: (*pem).into() }));
    }
    snapshot
}

/// The difference between two snapshots as an update.
pub(crate) fn delta(revision: u64, old: &Snapshot, new: &Snapshot) -> Update {
    Update::Delta { revision, base: old.hash(), hash: new.hash(), delta: new.diff(old) }
}

/// The ack of a dataplane that took everything.
pub(crate) fn taken(update: &Update) -> Ack {
    Ack { revision: update.revision(), hash: update.hash(), rejected: Vec::new() }
}

/// The ack of a dataplane that could not build these parts.
pub(crate) fn taken_without(update: &Update, names: &[&str]) -> Ack {
    let rejected = |name: &&str| Rejected { key: key(name), reason: "cannot be built".into() };
    Ack { rejected: names.iter().map(rejected).collect(), ..taken(update) }
}
