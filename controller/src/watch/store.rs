//! The objects of one kind, as they were seen last.

use super::seen::{Seen, Shown, Watched};
use corten_compile::{Kind, ObjectName};
use parking_lot::RwLock;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;

/// Which watch an object comes from: all namespaces, or one of those that the options name.
pub type Scope = Option<Arc<str>>;

/// Says that something has changed. Each receiver sees that there was a change, not how many.
#[derive(Clone, Debug)]
pub struct Signal(watch::Sender<u64>);

impl Default for Signal {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Signal {
    /// Something has changed.
    pub fn raise(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Sees changes from now on.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// What happens to a store.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Something that is compiled has changed.
    pub compile: Signal,
    /// Something that only writers read has changed: a status, a resourceVersion.
    pub shown: Signal,
    /// A kind has synced.
    pub synced: Signal,
}

/// Where what a watch sees goes.
pub(super) trait Sink<T>: Send + Sync {
    /// The whole of `scope`, and nothing else, is `objects`.
    fn replace(&self, scope: &Scope, objects: Vec<T>);
    /// There is a new or changed object.
    fn apply(&self, object: T);
    /// An object is gone.
    fn remove(&self, object: T);
    /// The kind is not installed: as if everything in `scope` were gone, and synced.
    fn absent(&self, scope: &Scope) {
        self.replace(scope, Vec::new());
    }
}

#[derive(Debug)]
struct Entry<K> {
    /// `None`: it cannot be read, and `why` says why.
    object: Option<Arc<K>>,
    why: Option<String>,
    shown: Arc<Shown>,
}

#[derive(Debug)]
struct Inner<K> {
    objects: BTreeMap<ObjectName, Entry<K>>,
    synced: BTreeSet<Scope>,
}

/// The objects of one kind.
#[derive(Debug)]
pub struct Store<K> {
    inner: RwLock<Inner<K>>,
    signals: Signals,
    scopes: usize,
}

impl<K: Watched> Store<K> {
    /// An empty store that is synced once `scopes` watches are.
    pub fn new(signals: Signals, scopes: usize) -> Self {
        let inner = Inner { objects: BTreeMap::new(), synced: BTreeSet::new() };
        Self { inner: RwLock::new(inner), signals, scopes }
    }

    /// All objects that can be read, sorted by name.
    pub fn objects(&self) -> Vec<Arc<K>> {
        self.inner.read().objects.values().filter_map(|entry| entry.object.clone()).collect()
    }

    /// The object of this name.
    pub fn get(&self, name: &ObjectName) -> Option<Arc<K>> {
        self.inner.read().objects.get(name)?.object.clone()
    }

    /// All objects with what writers need.
    pub fn entries(&self) -> Vec<(ObjectName, Arc<K>, Arc<Shown>)> {
        let inner = self.inner.read();
        let readable = inner
            .objects
            .iter()
            .filter_map(|(name, entry)| Some((name.clone(), entry.object.clone()?, entry.shown.clone())));
        readable.collect()
    }

    /// A write has made an object so. A watch that lags behind is not waited for; one that was quicker than the answer to
    /// the write knows better.
    pub fn learn(&self, object: Seen<K>) {
        let mut inner = self.inner.write();
        let known = inner.objects.get(&object.name);
        if known.is_some_and(|known| object.shown.is_before(&known.shown)) {
            return;
        }
        let change = Self::put(&mut inner, object);
        drop(inner);
        self.tell(change);
    }

    fn put(inner: &mut Inner<K>, seen: Seen<K>) -> Change {
        let old = inner.objects.get_mut(&seen.name);
        let (object, why) = match seen.object {
            Ok(object) => (Some(object), None),
            Err(why) => (None, Some(why)),
        };
        let Some(old) = old else {
            report(&seen.name, why.as_deref());
            inner.objects.insert(seen.name, Entry { object, why, shown: Arc::new(seen.shown) });
            return Change::Compiled;
        };
        let mut change = Change::None;
        if *old.shown != seen.shown {
            old.shown = Arc::new(seen.shown);
            change = Change::Shown;
        }
        if old.object != object || old.why != why {
            report(&seen.name, why.as_deref());
            (old.object, old.why) = (object, why);
            change = Change::Compiled;
        }
        change
    }

    fn tell(&self, change: Change) {
        match change {
            Change::None => {}
            Change::Shown => self.signals.shown.raise(),
            Change::Compiled => self.signals.compile.raise(),
        }
    }
}

fn report(name: &ObjectName, why: Option<&str>) {
    if let Some(why) = why {
        tracing::warn!(%name, why, "an object cannot be read and is left out");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    None,
    Shown,
    Compiled,
}

impl<K: Watched> Sink<Seen<K>> for Store<K> {
    fn replace(&self, scope: &Scope, objects: Vec<Seen<K>>) {
        let mut inner = self.inner.write();
        let names: BTreeSet<&ObjectName> = objects.iter().map(|seen| &seen.name).collect();
        let before = inner.objects.len();
        let inside = |name: &ObjectName| scope.as_deref().is_none_or(|scope| scope == name.namespace);
        inner.objects.retain(|name, _| !inside(name) || names.contains(name));
        let mut change = if inner.objects.len() < before { Change::Compiled } else { Change::None };
        for seen in objects {
            change = change.max(Self::put(&mut inner, seen));
        }
        let first = inner.synced.insert(scope.clone());
        drop(inner);
        self.tell(change);
        if first {
            self.signals.synced.raise();
        }
    }

    fn apply(&self, object: Seen<K>) {
        let change = Self::put(&mut self.inner.write(), object);
        self.tell(change);
    }

    fn remove(&self, object: Seen<K>) {
        if self.inner.write().objects.remove(&object.name).is_some() {
            self.signals.compile.raise();
        }
    }
}

/// A store without the type of its objects.
pub trait AnyStore: Send + Sync {
    /// What its kind is called.
    fn kind_name(&self) -> &'static str;
    /// What the compiler calls its kind, if it reads it.
    fn kind(&self) -> Option<Kind>;
    /// Whether every watch of it has seen everything once.
    fn synced(&self) -> bool;
    /// How many objects there are.
    fn count(&self) -> usize;
    /// What a writer needs to know of an object.
    fn shown(&self, name: &ObjectName) -> Option<Arc<Shown>>;
    /// The same for all objects.
    fn all_shown(&self) -> Vec<(ObjectName, Arc<Shown>)>;
    /// A write has made an object show this. What a watch has shown since is newer.
    fn wrote(&self, name: &ObjectName, shown: Shown);
    /// The objects that cannot be read, and why.
    fn unreadable(&self) -> Vec<(ObjectName, String)>;
}

impl<K: Watched> AnyStore for Store<K> {
    fn kind_name(&self) -> &'static str {
        K::info().kind
    }

    fn kind(&self) -> Option<Kind> {
        K::kind()
    }

    fn synced(&self) -> bool {
        self.inner.read().synced.len() >= self.scopes
    }

    fn count(&self) -> usize {
        self.inner.read().objects.len()
    }

    fn shown(&self, name: &ObjectName) -> Option<Arc<Shown>> {
        self.inner.read().objects.get(name).map(|entry| entry.shown.clone())
    }

    fn all_shown(&self) -> Vec<(ObjectName, Arc<Shown>)> {
        let inner = self.inner.read();
        inner.objects.iter().map(|(name, entry)| (name.clone(), entry.shown.clone())).collect()
    }

    fn wrote(&self, name: &ObjectName, shown: Shown) {
        if let Some(entry) = self.inner.write().objects.get_mut(name)
            && entry.shown.uid == shown.uid
            && !shown.is_before(&entry.shown)
        {
            entry.shown = Arc::new(shown);
        }
    }

    fn unreadable(&self) -> Vec<(ObjectName, String)> {
        let inner = self.inner.read();
        let unreadable =
            inner.objects.iter().filter_map(|(name, entry)| Some((name.clone(), entry.why.clone()?)));
        unreadable.collect()
    }
}

#[cfg(test)]
mod tests;
