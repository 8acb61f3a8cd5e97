//! Snapshots and their differences.

use crate::{ContentHash, Part, PartKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{collections::BTreeMap, sync::Arc};

/// A part with its hash, shared between the snapshots that hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HashedPart {
    /// Hash of `part`.
    pub hash: ContentHash,
    /// The content.
    pub part: Arc<Part>,
}

/// A complete routing configuration. Its encoding is the sequence of its parts, sorted by key. Clones share their parts
/// until one of them changes: compiler, publisher and dataplane each hold the last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    parts: Arc<BTreeMap<PartKey, HashedPart>>,
}

/// What turns one snapshot into another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// New and changed parts, sorted by key.
    pub changed: Vec<(PartKey, HashedPart)>,
    /// Keys of parts that are gone, sorted.
    pub removed: Vec<PartKey>,
}

impl Delta {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
}

impl HashedPart {
    /// Hashes a part.
    pub fn new(part: Part) -> Self {
        Self { hash: part.hash(), part: Arc::new(part) }
    }
}

/// Of several parts under one key the last is taken. Sorted parts are the quickest.
impl FromIterator<(PartKey, HashedPart)> for Snapshot {
    fn from_iter<I: IntoIterator<Item = (PartKey, HashedPart)>>(parts: I) -> Self {
        Self { parts: Arc::new(parts.into_iter().collect()) }
    }
}

impl Snapshot {
    /// Adds or replaces a part and hashes it.
    pub fn insert(&mut self, key: PartKey, part: Part) {
        Arc::make_mut(&mut self.parts).insert(key, HashedPart::new(part));
    }

    /// The part under `key`.
    pub fn get(&self, key: &PartKey) -> Option<&HashedPart> {
        self.parts.get(key)
    }

    /// All parts, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&PartKey, &HashedPart)> {
        self.parts.iter()
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The hash over all keys and part hashes.
    #[expect(clippy::expect_used, reason = "plain data always encodes into a growing buffer")]
    pub fn hash(&self) -> ContentHash {
        let mut text = Vec::with_capacity(self.parts.len() * 96);
        for (key, part) in &*self.parts {
            text = postcard::to_extend(key, text).expect("a key encodes");
            text.extend_from_slice(&part.hash.0);
        }
        ContentHash::of(&text)
    }

    /// What turns `old` into `self`. Both are walked once, side by side: looking each key up in the other costs
    /// a dozen comparisons of strings that are not in the cache.
    pub fn diff(&self, old: &Self) -> Delta {
        let mut delta = Delta::default();
        let mut before = old.parts.iter().peekable();
        for (key, part) in &*self.parts {
            while let Some((gone, _)) = before.next_if(|(k, _)| *k < key) {
                delta.removed.push(gone.clone());
            }
            let same = before.next_if(|(k, _)| *k == key).is_some_and(|(_, old)| old.hash == part.hash);
            if !same {
                delta.changed.push((key.clone(), part.clone()));
            }
        }
        delta.removed.extend(before.map(|(gone, _)| gone.clone()));
        delta
    }

    /// Makes the part under `key` what it is in `other`, present or absent.
    pub fn put_back(&mut self, key: &PartKey, other: &Self) {
        let parts = Arc::make_mut(&mut self.parts);
        match other.get(key) {
            Some(part) => parts.insert(key.clone(), part.clone()),
            None => parts.remove(key),
        };
    }

    /// Applies `delta`.
    pub fn apply(&mut self, delta: Delta) {
        let parts = Arc::make_mut(&mut self.parts);
        for key in &delta.removed {
            parts.remove(key);
        }
        parts.extend(delta.changed);
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&*self.parts)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    /// Refuses keys that are not in strictly ascending order, so that each snapshot has one encoding.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<(PartKey, HashedPart)>::deserialize(deserializer)?;
        if parts.is_sorted_by(|(a, _), (b, _)| a < b) {
            Ok(parts.into_iter().collect())
        } else {
            Err(D::Error::custom("the parts are not sorted by key"))
        }
    }
}

#[cfg(test)]
mod tests;
