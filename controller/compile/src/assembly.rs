//! The parts of a snapshot while it is put together.

use corten_snapshot::{HashedPart, Part, PartKey, Snapshot};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Parts, hashed as they come: what has just been built is still in the processor's cache.
#[derive(Default)]
pub(crate) struct Assembly {
    parts: Vec<(PartKey, HashedPart)>,
    /// Keys of parts that several others name.
    shared: FxHashSet<PartKey>,
}

impl Assembly {
    /// Makes room for this many parts.
    pub(crate) fn reserve(&mut self, parts: usize) {
        self.parts.reserve(parts);
    }

    /// Adds a part that nothing else adds.
    pub(crate) fn insert(&mut self, key: PartKey, part: Part) {
        self.add(key, HashedPart::new(part));
    }

    /// The same for one that has been hashed.
    pub(crate) fn add(&mut self, key: PartKey, part: HashedPart) {
        self.parts.push((key, part));
    }

    /// Adds a part unless it is there already.
    pub(crate) fn share(&mut self, key: PartKey, part: impl FnOnce() -> Option<Part>) {
        if self.shared.contains(&key) {
            return;
        }
        if let Some(part) = part() {
            self.insert(key.clone(), part);
            self.shared.insert(key);
        }
    }

    /// The snapshot. Parts that are as in `previous` are shared with it.
    pub(crate) fn finish(self, previous: &Snapshot) -> Snapshot {
        // Nearly all parts are those of before, and it is quicker to put them where they were than to sort them.
        let known: FxHashMap<*const Part, usize> =
            previous.iter().enumerate().map(|(place, (_, part))| (Arc::as_ptr(&part.part), place)).collect();
        let mut places: Vec<Option<(PartKey, HashedPart)>> = vec![None; known.len()];
        let mut others = Vec::new();
        for (key, part) in self.parts {
            match known.get(&Arc::as_ptr(&part.part)).and_then(|place| places.get_mut(*place)) {
                Some(place) => *place = Some((key, part)),
                None => others.push((key, part)),
            }
        }
        for (key, part) in &mut others {
            if let Some(same) = previous.get(key).filter(|same| same.hash == part.hash) {
                part.part = same.part.clone();
            }
        }
        places.into_iter().flatten().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::{Endpoints, EndpointsKey, Trust, TrustKey};

    fn trust(assembly: &mut Assembly, name: &str, pem: &str) {
        let key = PartKey::Trust(TrustKey::new(name));
        assembly.share(key, || Some(Part::Trust(Trust { pem: pem.to_owned() })));
    }

    #[test]
    fn shared_parts_stand_once_and_equal_parts_are_those_of_before() {
        let assemble = |second: &str| {
            let mut assembly = Assembly::default();
            trust(&mut assembly, "b", "1");
            trust(&mut assembly, "b", "ignored");
            trust(&mut assembly, "a", second);
            let endpoints = PartKey::Endpoints(EndpointsKey::new("e"));
            assembly.insert(endpoints, Part::Endpoints(Endpoints::default()));
            assembly
        };
        let before = assemble("2").finish(&Snapshot::default());
        let after = assemble("3").finish(&before);
        assert_eq!((before.len(), after.len()), (3, 3));
        let kept =
            before.iter().zip(after.iter()).map(|((_, old), (_, new))| Arc::ptr_eq(&old.part, &new.part));
        assert_eq!(kept.collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(after, assemble("3").finish(&Snapshot::default()));
    }
}
