//! Requests by listener and, by option, by route.

use super::keyed::OTHER;
use super::shard::{Count, Sharded};
use corten_snapshot::{Listener, ListenerKey, RouteId};
use std::time::Duration;

/// Upper bounds of the latency histogram, microseconds.
pub(super) const BOUNDS: [u64; 16] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// Label values by the first digit of a status. The first stands for requests without an answer: their client
/// was gone.
pub(super) const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Requests by class of status.
pub(super) type Classes = [Count; CLASSES.len()];

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    /// The response's status; 0 if there was none.
    pub(crate) status: u16,
    /// From the request's header to the end of the response. `None` for what is no exchange, such as a tunnel.
    pub(crate) duration: Option<Duration>,
    /// Bytes of the request's body.
    pub(crate) received: u64,
    /// Bytes of the response's body.
    pub(crate) sent: u64,
    /// Where the listener counts by route.
    pub(crate) route: Option<&'a RouteStats>,
}

/// Statistics of one listener.
#[derive(Debug)]
pub(crate) struct ListenerStats {
    pub(super) labels: ListenerLabels,
    pub(super) shards: Sharded<ListenerShard>,
}

/// What tells a listener from others.
#[derive(Clone, Debug)]
pub(super) struct ListenerLabels {
    pub(super) namespace: String,
    pub(super) gateway: String,
    /// The name, or `NAMESPACE/LISTENERSET/NAME` for one of a ListenerSet.
    pub(super) listener: String,
}

/// What one worker counts. All that a request touches is together.
#[derive(Debug, Default)]
pub(super) struct ListenerShard {
    pub(super) began: Count,
    pub(super) ended: Count,
    pub(super) classes: Classes,
    pub(super) received: Count,
    pub(super) sent: Count,
    pub(super) micros: Count,
    pub(super) buckets: [Count; BOUNDS.len() + 1],
}

impl ListenerLabels {
    /// Of listeners beyond the bound.
    pub(super) fn other() -> Self {
        Self { namespace: String::new(), gateway: String::new(), listener: OTHER.to_owned() }
    }

    pub(super) fn new(key: &ListenerKey, listener: &Listener) -> Self {
        let mut rest = key.as_str().splitn(3, '/').skip(2);
        Self {
            namespace: listener.namespace.clone(),
            gateway: listener.gateway.clone(),
            listener: rest.next().unwrap_or(&listener.name).to_owned(),
        }
    }
}

impl ListenerStats {
    pub(super) fn new(workers: usize, labels: ListenerLabels) -> Self {
        Self { labels, shards: Sharded::new(workers) }
    }

    /// A request has found its listener. `worker` is the number of the worker whose thread this is.
    pub(crate) fn begin(&self, worker: usize) {
        self.shards.of(worker).began.add(1);
    }

    /// The request has ended.
    pub(crate) fn end(&self, worker: usize, ended: &Ended<'_>) {
        let shard = self.shards.of(worker);
        shard.ended.add(1);
        count_class(ended.route.map_or(&shard.classes, |route| route.shards.of(worker)), ended.status);
        if ended.received > 0 {
            shard.received.add(ended.received);
        }
        shard.sent.add(ended.sent);
        if let Some(duration) = ended.duration {
            let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            shard.micros.add(micros);
            if let Some(bucket) = shard.buckets.get(BOUNDS.partition_point(|bound| *bound < micros)) {
                bucket.add(1);
            }
        }
    }
}

/// Counts a status under its class.
pub(super) fn count_class(classes: &Classes, status: u16) {
    if let Some(count) = classes.get(usize::from(status / 100)).or_else(|| classes.first()) {
        count.add(1);
    }
}

/// Statistics of one route on one listener. Requests that are counted here are not counted by the listener
/// itself, so that a sum over all series is right.
#[derive(Debug)]
pub(crate) struct RouteStats {
    pub(super) listener: ListenerLabels,
    /// `KIND/NAMESPACE/NAME`.
    pub(super) route: String,
    pub(super) shards: Sharded<Classes>,
}

impl RouteStats {
    pub(super) fn new(workers: usize, listener: ListenerLabels, route: String) -> Self {
        Self { listener, route, shards: Sharded::new(workers) }
    }

    pub(super) fn label(route: &RouteId) -> String {
        format!("{}/{}/{}", route.kind, route.namespace, route.name)
    }
}
