//! What the workers read: built once for a revision, never changed afterwards.

use crate::{
    filter::{FilterPlan, WeightedPick},
    headers::ForwardRules,
    observe::{BindStats, ListenerStats, LogPlan, RouteStats},
    route::{HostIndex, HostMap},
    tls::BindTls,
    upstream::ClusterHandle,
};
use corten_snapshot::{Listener, ListenerKey, ListenerSettings, Retry, Timeouts};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

/// One configuration.
#[derive(Default)]
pub(crate) struct Tables {
    /// By slot. A slot belongs to one bind for the process's life.
    pub(crate) binds: Vec<Option<Arc<BindTable>>>,
}

impl Tables {
    pub(crate) fn bind(&self, slot: usize) -> Option<&Arc<BindTable>> {
        self.binds.get(slot)?.as_ref()
    }
}

/// The listeners that share a socket.
pub(crate) struct BindTable {
    /// By hostname.
    pub(crate) listeners: HostMap<Arc<ListenerTable>>,
    pub(crate) all: Box<[Arc<ListenerTable>]>,
    /// The least specific: what is refused before its own listener is known is counted there.
    pub(crate) default: Arc<ListenerTable>,
    /// What holds for a connection before its listener is known: of each setting the most generous.
    pub(crate) connection: Arc<ListenerSettings>,
    /// For HTTPS.
    pub(crate) tls: Option<BindTls>,
    /// The largest limit of any of the listeners; `None` if one has none.
    pub(crate) most_connections: Option<u32>,
    /// Whether any of the listeners logs requests.
    pub(crate) logs: bool,
    pub(crate) stats: Arc<BindStats>,
}

impl BindTable {
    /// The listener with this key.
    pub(crate) fn by_key(&self, key: &ListenerKey) -> Option<&Arc<ListenerTable>> {
        self.all.iter().find(|listener| listener.key == *key)
    }

    /// The listener that answers for `host`.
    pub(crate) fn for_host(&self, host: &str) -> Option<&Arc<ListenerTable>> {
        self.listeners.candidates(host).next()
    }
}

/// One listener with all of its routes.
pub(crate) struct ListenerTable {
    pub(crate) key: ListenerKey,
    pub(crate) names: ListenerNames,
    pub(crate) listener: Arc<Listener>,
    pub(crate) settings: Arc<ListenerSettings>,
    /// What the gateway says of clients.
    pub(crate) forward: ForwardRules,
    pub(crate) hosts: HostMap<Arc<HostTable>>,
    pub(crate) stats: Arc<ListenerStats>,
    /// `None`: nothing is logged.
    pub(crate) log: Option<Arc<LogPlan>>,
}

/// A listener's names for logs.
pub(crate) struct ListenerNames {
    /// Its own.
    pub(crate) listener: Arc<str>,
    /// `NAMESPACE/NAME` of its Gateway.
    pub(crate) gateway: Arc<str>,
}

/// The routes of one hostname.
pub(crate) struct HostTable {
    pub(crate) index: HostIndex,
    /// Shared with the tables before and after where a rule stays as it is.
    pub(crate) rules: Box<[Arc<RulePlan>]>,
}

/// One rule, ready to run.
pub(crate) struct RulePlan {
    pub(crate) id: RuleId,
    pub(crate) filters: FilterPlan<Target>,
    pub(crate) action: Action,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: Option<Retry>,
    /// Only where the listener counts by route.
    pub(crate) stats: Option<Arc<RouteStats>>,
}

/// A rule's name for logs.
pub(crate) struct RuleId {
    /// `NAMESPACE/NAME`.
    pub(crate) route: Arc<str>,
    /// Its name, or its number.
    pub(crate) rule: Arc<str>,
}

/// What answers.
pub(crate) enum Action {
    /// One of the backends, by weight.
    Forward(Backends),
    /// The gateway, because the rule cannot do what it says.
    Error { status: u16, reason: Arc<str> },
}

/// Weighted backends.
pub(crate) struct Backends {
    pub(crate) pick: WeightedPick,
    pub(crate) backends: Box<[BackendPlan]>,
}

/// One backendRef.
pub(crate) struct BackendPlan {
    pub(crate) target: Target,
    pub(crate) filters: Option<Box<FilterPlan<Target>>>,
}

/// Where a request goes.
#[derive(Clone)]
pub(crate) enum Target {
    Cluster(Arc<ClusterHandle>),
    Invalid { status: u16, reason: Arc<str> },
}

/// State of a bind that outlives its tables.
#[derive(Default)]
pub(crate) struct BindState {
    open: AtomicU32,
}

impl BindState {
    /// A place for one more connection, unless there are `most`.
    pub(crate) fn enter(self: &Arc<Self>, most: Option<u32>) -> Option<Place> {
        let before = self.open.fetch_add(1, Relaxed);
        let place = Place(self.clone());
        most.is_none_or(|most| before < most).then_some(place)
    }
}

/// One open connection of a bind.
pub(crate) struct Place(Arc<BindState>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}
