//! Handles by stable key.

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Label value of what does not fit.
pub(super) const OTHER: &str = "other";

/// Statistics by key: kept while somebody else holds them, bounded in number.
#[derive(Debug)]
pub(super) struct Keyed<K, V> {
    most: usize,
    entries: Mutex<Entries<K, V>>,
}

#[derive(Debug)]
struct Entries<K, V> {
    map: FxHashMap<K, Arc<V>>,
    /// How many keys found no place since the map was last looked through for what nobody holds.
    refused: usize,
}

impl<K: Eq + Hash + Clone, V> Keyed<K, V> {
    /// For at most `most` keys.
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: Mutex::new(Entries { map: FxHashMap::default(), refused: 0 }) }
    }

    /// The statistics under `key`, made if they are new. Beyond the bound they are those under `overflow`,
    /// which always has a place.
    pub(super) fn get(&self, key: &K, overflow: &K, make: impl FnOnce(&K) -> V) -> Arc<V> {
        let Entries { map, refused } = &mut *self.entries.lock();
        if let Some(value) = map.get(key) {
            return value.clone();
        }
        if map.len() >= self.most {
            // Not for each of thousands of keys that come together.
            if *refused >= self.most / 8 || *refused == 0 {
                map.retain(|_, value| Arc::strong_count(value) > 1);
                *refused = 0;
            }
            *refused += 1;
        }
        let key = if map.len() < self.most { key } else { overflow };
        map.entry(key.clone()).or_insert_with_key(|key| Arc::new(make(key))).clone()
    }

    /// All that are still held elsewhere; the others are dropped.
    pub(super) fn live(&self) -> Vec<Arc<V>> {
        let map = &mut self.entries.lock().map;
        map.retain(|_, value| Arc::strong_count(value) > 1);
        map.values().cloned().collect()
    }
}
