//! A cluster and the choice of its endpoint.

use super::{Endpoint, Transport};
use crate::observe::ClusterStats;
use arc_swap::ArcSwapOption;
use corten_snapshot::{Balancing, ClusterKey, ClusterSettings};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The stable identity of a cluster. Rules hold the handle; what is behind it is exchanged when its
/// configuration or its endpoints change, without touching any rule.
pub(crate) struct ClusterHandle {
    /// The cluster's name.
    pub(crate) key: ClusterKey,
    /// `None`: the cluster is not in the snapshot, or could never be built.
    pub(crate) current: ArcSwapOption<Cluster>,
    turn: AtomicUsize,
}

impl ClusterHandle {
    pub(crate) fn new(key: ClusterKey) -> Self {
        Self { key, current: ArcSwapOption::empty(), turn: AtomicUsize::new(0) }
    }

    /// Picks an endpoint of `cluster` for `worker`, other than `not` if there is another.
    /// `None`: it has no usable endpoint.
    pub(crate) fn pick(
        &self,
        cluster: &Cluster,
        worker: usize,
        not: Option<&Arc<Endpoint>>,
    ) -> Option<Arc<Endpoint>> {
        let endpoints = &*cluster.endpoints;
        let (first, rest) = endpoints.split_first()?;
        if rest.is_empty() {
            return Some(first.clone());
        }
        let picked = match cluster.settings.balancing {
            Balancing::RoundRobin => self.turn.fetch_add(1, Ordering::Relaxed) % endpoints.len(),
            Balancing::PowerOfTwoChoices => two_choices(endpoints, worker),
        };
        let endpoint = endpoints.get(picked).unwrap_or(first);
        match not {
            Some(not) if Arc::ptr_eq(not, endpoint) => endpoints.get((picked + 1) % endpoints.len()).cloned(),
            _ => Some(endpoint.clone()),
        }
    }
}

/// The index of the less busy of two endpoints taken at random. Needs at least two.
fn two_choices(endpoints: &[Arc<Endpoint>], worker: usize) -> usize {
    let one = fastrand::usize(..endpoints.len());
    let other = (one + 1 + fastrand::usize(..endpoints.len() - 1)) % endpoints.len();
    let busy = |index: usize| endpoints.get(index).map_or(u32::MAX, |endpoint| endpoint.in_flight(worker));
    if busy(other) < busy(one) { other } else { one }
}

/// A cluster as built from one revision.
pub(crate) struct Cluster {
    /// Protocol and TLS.
    pub(crate) transport: Arc<Transport>,
    /// How it is treated.
    pub(crate) settings: ClusterSettings,
    pub(crate) stats: Arc<ClusterStats>,
    /// Those that are ready; if none is, those that still serve.
    pub(crate) endpoints: Box<[Arc<Endpoint>]>,
}

#[cfg(test)]
mod tests;
