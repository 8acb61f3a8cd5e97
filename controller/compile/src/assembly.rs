//! The parts of a snapshot while it is put together.

use corten_snapshot::{HashedPart, Part, PartKey, Snapshot};
use rustc_hash::FxHashSet;

/// Parts without their hashes.
#[derive(Default)]
pub(crate) struct Assembly {
    parts: Vec<(PartKey, Part)>,
    /// Keys of parts that several others name.
    shared: FxHashSet<PartKey>,
}

impl Assembly {
    /// Adds a part that nothing else adds.
    pub(crate) fn insert(&mut self, key: PartKey, part: Part) {
        self.parts.push((key, part));
    }

    /// Adds a part unless it is there already.
    pub(crate) fn share(&mut self, key: PartKey, part: impl FnOnce() -> Option<Part>) {
        if self.shared.contains(&key) {
            return;
        }
        if let Some(part) = part() {
            self.parts.push((key.clone(), part));
            self.shared.insert(key);
        }
    }

    /// The snapshot. Parts that are as in `previous` are taken from there with their hashes: to compare is quicker than
    /// to hash, and the memory is shared.
    pub(crate) fn finish(mut self, previous: &Snapshot) -> Snapshot {
        self.parts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let hashed = self.parts.into_iter().map(|(key, part)| {
            let hashed = match previous.get(&key) {
                Some(old) if *old.part == part => old.clone(),
                _ => HashedPart::new(part),
            };
            (key, hashed)
        });
        hashed.collect()
    }
}
