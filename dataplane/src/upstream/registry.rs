//! State of upstreams that outlives a snapshot.

use super::{ClusterHandle, Endpoint, EndpointId};
use corten_snapshot::ClusterKey;
use hashbrown::HashTable;
use parking_lot::Mutex;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::{
    hash::BuildHasher,
    sync::{Arc, Weak},
};

/// Clusters and endpoints by identity. Touched when a snapshot is built, never by a request.
pub(crate) struct Registry {
    workers: usize,
    clusters: Mutex<FxHashMap<ClusterKey, Arc<ClusterHandle>>>,
    /// By the hashes of their identities, which they have themselves.
    endpoints: Mutex<HashTable<Known>>,
}

/// An endpoint, perhaps one that nobody holds any more.
struct Known {
    hash: u64,
    endpoint: Weak<Endpoint>,
}

impl Known {
    fn with(&self, id: &EndpointId) -> Option<Arc<Endpoint>> {
        self.endpoint.upgrade().filter(|endpoint| endpoint.id == *id)
    }
}

impl Registry {
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers, clusters: Mutex::default(), endpoints: Mutex::new(HashTable::new()) }
    }

    /// The handle of a cluster, made at its first mention.
    pub(crate) fn cluster(&self, key: &ClusterKey) -> Arc<ClusterHandle> {
        let mut clusters = self.clusters.lock();
        clusters.entry(key.clone()).or_insert_with(|| Arc::new(ClusterHandle::new(key.clone()))).clone()
    }

    /// The endpoint with this identity; it is kept for as long as somebody holds it.
    pub(crate) fn endpoint(&self, id: EndpointId) -> Arc<Endpoint> {
        let mut endpoints = self.endpoints.lock();
        let hash = FxBuildHasher.hash_one(&id);
        let known = |known: &Known| known.hash == hash && known.with(&id).is_some();
        if let Some(endpoint) = endpoints.find(hash, known).and_then(|known| known.with(&id)) {
            return endpoint;
        }
        let endpoint = Arc::new(Endpoint::new(id, self.workers));
        let known = Known { hash, endpoint: Arc::downgrade(&endpoint) };
        endpoints.insert_unique(hash, known, |known| known.hash);
        endpoint
    }

    /// Forgets what nobody holds any more.
    pub(crate) fn collect(&self) {
        self.clusters
            .lock()
            .retain(|_, cluster| cluster.current.load().is_some() || Arc::strong_count(cluster) > 1);
        self.endpoints.lock().retain(|known| known.endpoint.strong_count() > 0);
    }

    /// Closes pooled connections past their clusters' idle timeouts.
    pub(crate) fn expire(&self) {
        let now = tokio::time::Instant::now();
        let clusters: Vec<_> = self.clusters.lock().values().cloned().collect();
        for cluster in clusters.iter().filter_map(|cluster| cluster.current.load_full()) {
            for endpoint in &cluster.endpoints {
                endpoint.expire(now, cluster.settings.idle_timeout);
            }
        }
    }
}
