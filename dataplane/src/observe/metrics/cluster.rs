//! Upstreams.

use super::listener::{Classes, count_class};
use super::shard::{Count, Sharded};
use std::sync::Arc;

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectFailure {
    /// The name does not resolve.
    Resolve,
    /// Refused, or unreachable.
    Connect,
    /// It took too long.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// The other end does not speak the protocol.
    Protocol,
}

impl ConnectFailure {
    pub(super) const NAMES: [&str; 5] = ["resolve", "connect", "timeout", "tls", "protocol"];
}

/// Statistics of one cluster.
#[derive(Debug)]
pub(crate) struct ClusterStats {
    pub(super) cluster: Arc<str>,
    pub(super) shards: Sharded<ClusterShard>,
}

/// What one worker counts.
#[derive(Debug, Default)]
pub(super) struct ClusterShard {
    pub(super) classes: Classes,
    pub(super) retries: Count,
    pub(super) opened: Count,
    pub(super) closed: Count,
    pub(super) failures: [Count; ConnectFailure::NAMES.len()],
}

impl ClusterStats {
    pub(super) fn new(workers: usize, cluster: Arc<str>) -> Self {
        Self { cluster, shards: Sharded::new(workers) }
    }

    /// A try has ended with this status; 0 if there was no response.
    pub(crate) fn answered(&self, worker: usize, status: u16) {
        count_class(&self.shards.of(worker).classes, status);
    }

    /// A request is tried again.
    pub(crate) fn retried(&self, worker: usize) {
        self.shards.of(worker).retries.add(1);
    }

    /// A connection is open. [`Self::closed`] must follow.
    pub(crate) fn opened(&self, worker: usize) {
        self.shards.of(worker).opened.add(1);
    }

    /// A connection that was open is closed.
    pub(crate) fn closed(&self, worker: usize) {
        self.shards.of(worker).closed.add(1);
    }

    /// A connection could not be made.
    pub(crate) fn failed(&self, worker: usize, why: ConnectFailure) {
        if let Some(count) = self.shards.of(worker).failures.get(why as usize) {
            count.add(1);
        }
    }
}
