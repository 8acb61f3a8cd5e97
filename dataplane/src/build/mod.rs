//! From a snapshot to the tables that the workers read. Only what changed is built, off the workers; a
//! part that cannot be built is rejected alone and its predecessor stays in force.

mod cluster;
mod connection_settings;
mod host;
mod listener;
mod sockets;

pub(crate) use sockets::Sockets;

use crate::{observe::Observer, tables::Tables, upstream::Registry};
use cluster::Clusters;
use corten_snapshot::{
    CertificateKey, Delta, HostnamePattern, Listener, ListenerKey, Part, PartKey, Rejected, Snapshot,
    TrustKey,
};
use listener::{BindTables, Listeners};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The hosts in force, by listener.
type Hosts = BTreeMap<ListenerKey, BTreeMap<HostnamePattern, host::Built>>;

/// Everything that is in force, and what it was built from.
pub(crate) struct Builder {
    registry: Arc<Registry>,
    observer: Arc<Observer>,
    clusters: Clusters,
    hosts: Hosts,
    listeners: Listeners,
    binds: BindTables,
    rejected: BTreeMap<PartKey, String>,
}

/// Keys that a change touches besides the parts themselves.
#[derive(Default)]
struct Touched {
    listeners: BTreeSet<ListenerKey>,
    certificates: BTreeSet<CertificateKey>,
    trust: BTreeSet<TrustKey>,
}

impl Builder {
    pub(crate) fn new(registry: Arc<Registry>, observer: Arc<Observer>) -> Self {
        Self {
            clusters: Clusters::new(registry.clone(), observer.clone()),
            registry,
            observer,
            hosts: BTreeMap::new(),
            listeners: Listeners::default(),
            binds: BindTables::default(),
            rejected: BTreeMap::new(),
        }
    }

    /// Builds what `delta` changed in `next`. Afterwards [`Self::tables`] has the result and
    /// [`Self::rejected`] every part that is not in force as the snapshot has it.
    pub(crate) fn apply(&mut self, next: &Snapshot, delta: &Delta) -> Arc<Tables> {
        let mut touched = Touched::default();
        for (key, part) in &delta.changed {
            self.rejected.remove(key);
            self.change(next, key, &part.part, &mut touched);
        }
        for key in &delta.removed {
            self.rejected.remove(key);
            self.remove(key, &mut touched);
        }
        let failed = self.clusters.rebuild(next, &touched.certificates, &touched.trust);
        self.note(failed);
        let failed =
            self.listeners.rebuild(next, &touched.certificates, &touched.trust, &mut touched.listeners);
        self.note(failed);
        self.binds.rebuild(&self.listeners, &self.hosts, &touched.listeners, &self.observer);
        self.binds.tables()
    }

    fn change(&mut self, next: &Snapshot, key: &PartKey, part: &Arc<Part>, touched: &mut Touched) {
        match (key, &**part) {
            (PartKey::Listener(key), Part::Listener(listener)) => {
                if self.listeners.route_metrics_changed(key, listener) {
                    self.rebuild_hosts(next, key, listener);
                }
                self.listeners.set(key, Arc::new(Listener::clone(listener)));
                touched.listeners.insert(key.clone());
            }
            (PartKey::Host(listener, hostname), Part::Host(host)) => {
                let counted = next.get(&PartKey::Listener(listener.clone())).and_then(counted_by_route);
                let counted = counted.map(|part| host::Counted {
                    observer: &self.observer,
                    key: listener,
                    listener: part,
                });
                let old = self.hosts.get(listener).and_then(|hosts| hosts.get(hostname));
                match host::build(host, &self.registry, counted.as_ref(), old) {
                    Ok(table) => {
                        let hosts = self.hosts.entry(listener.clone()).or_default();
                        let built = host::Built { part: part.clone(), table: Arc::new(table) };
                        hosts.insert(hostname.clone(), built);
                        touched.listeners.insert(listener.clone());
                    }
                    Err(reason) => {
                        self.rejected.insert(key.clone(), reason);
                    }
                }
            }
            (PartKey::Cluster(key), Part::Cluster(_)) => self.clusters.touch(key),
            (PartKey::Endpoints(key), Part::Endpoints(_)) => self.clusters.touch_endpoints(key),
            (PartKey::Certificate(key), Part::Certificate(_)) => {
                touched.certificates.insert(key.clone());
            }
            (PartKey::Trust(key), Part::Trust(_)) => {
                touched.trust.insert(key.clone());
            }
            _ => {
                self.rejected.insert(key.clone(), "the part is of another kind than its key".to_owned());
            }
        }
    }

    fn remove(&mut self, key: &PartKey, touched: &mut Touched) {
        match key {
            PartKey::Listener(key) => {
                self.listeners.remove(key);
                touched.listeners.insert(key.clone());
            }
            PartKey::Host(listener, hostname) => {
                if let Some(hosts) = self.hosts.get_mut(listener) {
                    hosts.remove(hostname);
                    if hosts.is_empty() {
                        self.hosts.remove(listener);
                    }
                }
                touched.listeners.insert(listener.clone());
            }
            PartKey::Cluster(key) => self.clusters.remove(key),
            PartKey::Endpoints(key) => self.clusters.touch_endpoints(key),
            PartKey::Certificate(key) => {
                touched.certificates.insert(key.clone());
            }
            PartKey::Trust(key) => {
                touched.trust.insert(key.clone());
            }
        }
    }

    /// Whether routes are counted is a matter of the listener, and built into its rules.
    fn rebuild_hosts(&mut self, next: &Snapshot, key: &ListenerKey, listener: &Listener) {
        let Some(hosts) = self.hosts.get_mut(key) else { return };
        let counted = host::Counted { observer: &self.observer, key, listener };
        let counted = listener.settings.route_metrics.then_some(&counted);
        for (hostname, built) in hosts {
            let Some(part) = next.get(&PartKey::Host(key.clone(), hostname.clone())) else { continue };
            if let Part::Host(host) = &*part.part
                && let Ok(table) = host::build(host, &self.registry, counted, None)
            {
                *built = host::Built { part: part.part.clone(), table: Arc::new(table) };
            }
        }
    }

    fn note(&mut self, failed: Vec<(PartKey, Result<(), String>)>) {
        for (key, outcome) in failed {
            match outcome {
                Ok(()) => self.rejected.remove(&key),
                Err(reason) => self.rejected.insert(key, reason),
            };
        }
    }

    /// Every part that is not in force as the snapshot has it, sorted.
    pub(crate) fn rejected(&self) -> Vec<Rejected> {
        let rejected = self.rejected.iter();
        rejected.map(|(key, reason)| Rejected { key: key.clone(), reason: reason.clone() }).collect()
    }

    /// The binds that the tables need open, with the listeners on each.
    pub(crate) fn wanted(&self) -> Vec<sockets::Wanted> {
        self.binds.wanted()
    }
}

fn counted_by_route(part: &corten_snapshot::HashedPart) -> Option<&Listener> {
    match &*part.part {
        Part::Listener(listener) if listener.settings.route_metrics => Some(listener),
        _ => None,
    }
}
