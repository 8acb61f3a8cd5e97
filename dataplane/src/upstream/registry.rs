//! State of upstreams that outlives a snapshot.

use super::{ClusterHandle, Endpoint, EndpointId};
use corten_snapshot::ClusterKey;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Weak};

/// Clusters and endpoints by identity. Touched when a snapshot is built, never by a request.
pub(crate) struct Registry {
    workers: usize,
    clusters: Mutex<FxHashMap<ClusterKey, Arc<ClusterHandle>>>,
    endpoints: Mutex<FxHashMap<EndpointId, Weak<Endpoint>>>,
}

impl Registry {
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers, clusters: Mutex::default(), endpoints: Mutex::default() }
    }

    /// The handle of a cluster, made at its first mention.
    pub(crate) fn cluster(&self, key: &ClusterKey) -> Arc<ClusterHandle> {
        let mut clusters = self.clusters.lock();
        clusters.entry(key.clone()).or_insert_with(|| Arc::new(ClusterHandle::new(key.clone()))).clone()
    }

    /// The endpoint with this identity; it is kept for as long as somebody holds it.
    pub(crate) fn endpoint(&self, id: EndpointId) -> Arc<Endpoint> {
        let mut endpoints = self.endpoints.lock();
        if let Some(endpoint) = endpoints.get(&id).and_then(Weak::upgrade) {
            return endpoint;
        }
        let endpoint = Arc::new(Endpoint::new(id.clone(), self.workers));
        endpoints.insert(id, Arc::downgrade(&endpoint));
        endpoint
    }

    /// Forgets what nobody holds any more.
    pub(crate) fn collect(&self) {
        self.clusters
            .lock()
            .retain(|_, cluster| cluster.current.load().is_some() || Arc::strong_count(cluster) > 1);
        self.endpoints.lock().retain(|_, endpoint| endpoint.strong_count() > 0);
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
