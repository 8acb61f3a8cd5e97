//! Listeners, and the binds that they share.

use super::{Hosts, cluster::Outcomes, connection_settings, sockets::Wanted};
use crate::{
    headers::ForwardRules,
    observe::{LogPlan, Observer},
    route::HostMap,
    tables::{BindState, BindTable, ListenerNames, ListenerTable, Tables},
    tls::{BindTls, ServerTls},
};
use corten_snapshot::{Bind, CertificateKey, Listener, ListenerKey, PartKey, Snapshot, TrustKey};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The listeners in force.
#[derive(Default)]
pub(super) struct Listeners {
    /// As the snapshot has them.
    wanted: BTreeMap<ListenerKey, Arc<Listener>>,
    /// As they were built last.
    built: BTreeMap<ListenerKey, BuiltListener>,
    touched: BTreeSet<ListenerKey>,
}

#[derive(Clone)]
struct BuiltListener {
    listener: Arc<Listener>,
    tls: Option<Arc<ServerTls>>,
}

impl Listeners {
    pub(super) fn route_metrics_changed(&self, key: &ListenerKey, next: &Listener) -> bool {
        self.wanted.get(key).is_some_and(|old| old.settings.route_metrics != next.settings.route_metrics)
    }

    pub(super) fn set(&mut self, key: &ListenerKey, listener: Arc<Listener>) {
        self.wanted.insert(key.clone(), listener);
        self.touched.insert(key.clone());
    }

    pub(super) fn remove(&mut self, key: &ListenerKey) {
        self.wanted.remove(key);
        self.built.remove(key);
        self.touched.remove(key);
    }

    /// Builds listeners that were set, or whose certificates or authorities changed. One that cannot be
    /// built goes on as it was, or is not there if it never was.
    pub(super) fn rebuild(
        &mut self,
        next: &Snapshot,
        certificates: &BTreeSet<CertificateKey>,
        trust: &BTreeSet<TrustKey>,
        changed: &mut BTreeSet<ListenerKey>,
    ) -> Outcomes {
        let mut touched = std::mem::take(&mut self.touched);
        for (key, listener) in &self.wanted {
            let Some(tls) = &listener.tls else { continue };
            let authorities = tls.client_validation.iter().flat_map(|validation| &validation.trust);
            if tls.certificates.iter().any(|key| certificates.contains(key))
                || authorities.into_iter().any(|key| trust.contains(key))
            {
                touched.insert(key.clone());
            }
        }
        let mut outcomes = Outcomes::new();
        for key in touched {
            let Some(listener) = self.wanted.get(&key) else { continue };
            let outcome = match &listener.tls {
                None => Ok(None),
                Some(tls) => ServerTls::build(next, &key, tls).map(|tls| Some(Arc::new(tls))),
            };
            let outcome = outcome.map(|tls| {
                self.built.insert(key.clone(), BuiltListener { listener: listener.clone(), tls });
                changed.insert(key.clone());
            });
            outcomes.push((PartKey::Listener(key), outcome.map_err(|error| error.to_string())));
        }
        outcomes
    }
}

/// The tables of all binds.
#[derive(Default)]
pub(super) struct BindTables {
    slots: BTreeMap<Bind, Slot>,
    next: usize,
    tables: Arc<Tables>,
}

struct Slot {
    index: usize,
    state: Arc<BindState>,
    listeners: BTreeSet<ListenerKey>,
}

impl BindTables {
    pub(super) fn tables(&self) -> Arc<Tables> {
        self.tables.clone()
    }

    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let slots = self.slots.iter();
        slots
            .map(|(bind, slot)| Wanted {
                bind: bind.clone(),
                slot: slot.index,
                state: slot.state.clone(),
                listeners: slot.listeners.iter().cloned().collect(),
            })
            .collect()
    }

    /// Builds the tables of every bind that has or had one of the `changed` listeners.
    pub(super) fn rebuild(
        &mut self,
        listeners: &Listeners,
        hosts: &Hosts,
        changed: &BTreeSet<ListenerKey>,
        observer: &Observer,
    ) {
        let mut on_bind: BTreeMap<Bind, BTreeSet<ListenerKey>> = BTreeMap::new();
        for (key, built) in &listeners.built {
            on_bind.entry(built.listener.bind.clone()).or_default().insert(key.clone());
        }
        let mut binds = self.tables.binds.clone();
        self.slots.retain(|bind, slot| {
            let stays = on_bind.contains_key(bind);
            if !stays && let Some(table) = binds.get_mut(slot.index) {
                *table = None;
            }
            stays
        });
        for (bind, keys) in on_bind {
            let slot = self.slots.entry(bind.clone()).or_insert_with(|| {
                self.next += 1;
                Slot { index: self.next - 1, state: Arc::default(), listeners: BTreeSet::new() }
            });
            if slot.listeners == keys && keys.is_disjoint(changed) {
                continue;
            }
            binds.resize(self.next, None);
            if let Some(table) = binds.get_mut(slot.index) {
                let built = bind_table(&bind, &keys, listeners, hosts, table.as_deref(), (changed, observer));
                *table = built.map(Arc::new);
            }
            slot.listeners = keys;
        }
        self.tables = Arc::new(Tables { binds });
    }
}

/// The table of one bind. Listeners that did not change are taken over from `old`.
fn bind_table(
    bind: &Bind,
    keys: &BTreeSet<ListenerKey>,
    listeners: &Listeners,
    hosts: &Hosts,
    old: Option<&BindTable>,
    parts: (&BTreeSet<ListenerKey>, &Observer),
) -> Option<BindTable> {
    let (changed, observer) = parts;
    let mut map = HostMap::default();
    let (mut tls, mut all) = (Vec::new(), Vec::new());
    let mut most_connections = Some(0);
    let mut default: Option<Arc<ListenerTable>> = None;
    for (key, built) in keys.iter().filter_map(|key| Some((key, listeners.built.get(key)?))) {
        let pattern = &built.listener.hostname;
        let same = old
            .and_then(|old| old.listeners.get(pattern))
            .filter(|old| old.key == *key && !changed.contains(key));
        let table = same.cloned().unwrap_or_else(|| Arc::new(listener_table(key, built, hosts, observer)));
        if let Some(server) = &built.tls {
            tls.push((key.clone(), pattern.clone(), server.clone()));
        }
        let limit = built.listener.settings.limits.connections;
        most_connections = most_connections.zip(limit).map(|(a, b): (u32, u32)| a.max(b));
        if default.as_ref().is_none_or(|other| pattern.specificity() < other.listener.hostname.specificity())
        {
            default = Some(table.clone());
        }
        all.push(table.clone());
        map.insert(pattern, table);
    }
    let tls = (!tls.is_empty()).then(|| BindTls::new(tls));
    let stats = observer.bind(bind);
    let logs = all.iter().any(|listener: &Arc<ListenerTable>| listener.log.is_some());
    let connection = connection_settings::of(all.iter().map(|listener| &listener.settings))?;
    let (all, default) = (all.into(), default?);
    Some(BindTable { logs, listeners: map, all, default, connection, tls, most_connections, stats })
}

fn listener_table(
    key: &ListenerKey,
    built: &BuiltListener,
    hosts: &Hosts,
    observer: &Observer,
) -> ListenerTable {
    let mut map = HostMap::default();
    for (pattern, host) in hosts.get(key).into_iter().flatten() {
        map.insert(pattern, host.table.clone());
    }
    ListenerTable {
        key: key.clone(),
        names: ListenerNames {
            listener: built.listener.name.as_str().into(),
            gateway: format!("{}/{}", built.listener.namespace, built.listener.gateway).into(),
        },
        listener: built.listener.clone(),
        settings: Arc::new(built.listener.settings.clone()),
        forward: ForwardRules::new(&built.listener),
        hosts: map,
        log: LogPlan::new(&built.listener.settings.access_log).map(Arc::new),
        stats: observer.listener(key, &built.listener),
    }
}
