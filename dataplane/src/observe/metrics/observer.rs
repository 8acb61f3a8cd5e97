//! Where handles come from.

use super::collect::Collecting;
use super::config::Applied;
use super::keyed::{Keyed, OTHER};
use super::listener::ListenerLabels;
use super::{BindStats, ClusterStats, ListenerStats, RouteStats, WorkerStats};
use crate::observe::AccessLog;
use corten_snapshot::{Bind, ClusterKey, ContentHash, Listener, ListenerKey, RouteId};
use parking_lot::Mutex;
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Listeners with series of their own. Each has about thirty.
const MOST_LISTENERS: usize = 1000;
/// Routes with series of their own, over all listeners that count by route.
const MOST_ROUTES: usize = 2000;
/// Clusters with series of their own.
const MOST_CLUSTERS: usize = 2000;
/// Binds with series of their own.
const MOST_BINDS: usize = 1000;

/// All statistics of the process.
#[derive(Debug)]
pub(crate) struct Observer {
    registry: Registry,
    stats: Arc<Stats>,
}

/// What is collected from.
#[derive(Debug)]
pub(super) struct Stats {
    pub(super) workers: usize,
    pub(super) listeners: Keyed<ListenerKey, ListenerStats>,
    pub(super) routes: Keyed<(ListenerKey, String), RouteStats>,
    pub(super) clusters: Keyed<ClusterKey, ClusterStats>,
    pub(super) binds: Keyed<Bind, BindStats>,
    pub(super) worker: Arc<WorkerStats>,
    pub(super) log: Arc<AccessLog>,
    pub(super) applied: Mutex<Option<Applied>>,
}

impl Observer {
    /// For a process with this many workers, which writes access logs to `log`.
    pub(crate) fn new(workers: usize, log: Arc<AccessLog>) -> Self {
        let stats = Arc::new(Stats {
            workers,
            listeners: Keyed::new(MOST_LISTENERS),
            routes: Keyed::new(MOST_ROUTES),
            clusters: Keyed::new(MOST_CLUSTERS),
            binds: Keyed::new(MOST_BINDS),
            worker: Arc::new(WorkerStats::new(workers)),
            log,
            applied: Mutex::default(),
        });
        let registry = Registry::new();
        if let Err(error) = registry.register(Box::new(Collecting::new(stats.clone()))) {
            tracing::error!(%error, "there will be no metrics");
        }
        Self { registry, stats }
    }

    /// The access log.
    pub(crate) fn access_log(&self) -> &Arc<AccessLog> {
        &self.stats.log
    }

    /// What workers count for the whole process.
    pub(crate) fn worker(&self) -> Arc<WorkerStats> {
        self.stats.worker.clone()
    }

    /// The statistics of a bind.
    pub(crate) fn bind(&self, bind: &Bind) -> Arc<BindStats> {
        let other = Bind { address: None, port: 0 };
        self.stats.binds.get(bind, &other, BindStats::new)
    }

    /// The statistics of a listener.
    pub(crate) fn listener(&self, key: &ListenerKey, listener: &Listener) -> Arc<ListenerStats> {
        let labels = ListenerLabels::new(key, listener);
        let other = ListenerKey::new(OTHER);
        self.stats.listeners.get(key, &other, |made| {
            let labels = if made == key { labels } else { ListenerLabels::other() };
            ListenerStats::new(self.stats.workers, labels)
        })
    }

    /// The statistics of a route on a listener that counts by route.
    pub(crate) fn route(&self, key: &ListenerKey, listener: &Listener, route: &RouteId) -> Arc<RouteStats> {
        let labels = ListenerLabels::new(key, listener);
        let own = (key.clone(), RouteStats::label(route));
        let other = (key.clone(), OTHER.to_owned());
        self.stats
            .routes
            .get(&own, &other, |made| RouteStats::new(self.stats.workers, labels, made.1.clone()))
    }

    /// The statistics of a cluster.
    pub(crate) fn cluster(&self, key: &ClusterKey) -> Arc<ClusterStats> {
        let other = ClusterKey::new(OTHER);
        self.stats.clusters.get(key, &other, |made| ClusterStats::new(self.stats.workers, made.0.clone()))
    }

    /// A snapshot is in force. `build` is the time from its arrival, `rejected` how many of its parts are not
    /// in force.
    pub(crate) fn config_applied(&self, revision: u64, hash: ContentHash, build: Duration, rejected: usize) {
        let applied = Applied { revision, hash, build, rejected, at: SystemTime::now() };
        *self.stats.applied.lock() = Some(applied);
    }

    /// All metrics in Prometheus' text format.
    ///
    /// # Errors
    /// The encoder's.
    pub(crate) fn metrics(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
