//! Secrets and ConfigMaps: watched by their metadata alone, and read one by one if something names them.

use super::{
    seen::{Seen, Watched},
    store::{Scope, Signals, Sink},
};
use corten_compile::ObjectName;
use futures_util::{StreamExt, stream};
use kube::core::PartialObjectMeta;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};
use tokio::time;

/// Objects that are read at a time.
const CONCURRENT: usize = 16;
/// How long a compilation waits for objects that are new to it.
const PATIENCE: Duration = Duration::from_secs(2);
/// When an object that could not be read is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Inner<K> {
    /// What there is: resourceVersions by name.
    known: BTreeMap<ObjectName, String>,
    synced: BTreeSet<Scope>,
    wanted: BTreeSet<ObjectName>,
    /// What has been read, with the resourceVersion that was known when it was.
    held: BTreeMap<ObjectName, (String, Arc<K>)>,
}

/// The objects of one kind that are named by others.
#[derive(Debug)]
pub struct Referenced<K> {
    inner: Mutex<Inner<K>>,
    signals: Signals,
    scopes: usize,
}

impl<K: Watched> Referenced<K> {
    /// Holds nothing. It is synced once `scopes` watches are.
    pub fn new(signals: Signals, scopes: usize) -> Self {
        let (known, held) = (BTreeMap::new(), BTreeMap::new());
        let inner = Inner { known, synced: BTreeSet::new(), wanted: BTreeSet::new(), held };
        Self { inner: Mutex::new(inner), signals, scopes }
    }

    /// Whether it is known which objects there are.
    pub fn synced(&self) -> bool {
        self.inner.lock().synced.len() >= self.scopes
    }

    /// How many objects are held.
    pub fn count(&self) -> usize {
        self.inner.lock().held.len()
    }

    /// The objects that are held, sorted by name.
    pub fn objects(&self) -> Vec<Arc<K>> {
        self.inner.lock().held.values().map(|(_, object)| object.clone()).collect()
    }

    /// Makes `wanted` what is held, as far as it exists: reads what is missing or has changed with `get`. What cannot be
    /// read stays as it was, and is tried again.
    pub async fn settle<F>(&self, wanted: BTreeSet<ObjectName>, get: impl Fn(ObjectName) -> F)
    where
        F: Future<Output = Result<Option<Seen<K>>, kube::Error>>,
    {
        let missing = self.missing(wanted);
        if missing.is_empty() {
            return;
        }
        let reads = stream::iter(missing).map(|(name, version)| {
            let read = get(name.clone());
            async move { (name, version, read.await) }
        });
        let mut reads = std::pin::pin!(reads.buffer_unordered(CONCURRENT));
        let all = async {
            let mut failed = false;
            while let Some((name, version, read)) = reads.next().await {
                failed |= !self.put(name, version, read);
            }
            failed
        };
        if time::timeout(PATIENCE, all).await.unwrap_or(true) {
            let compile = self.signals.compile.clone();
            tokio::spawn(async move {
                time::sleep(AGAIN).await;
                compile.raise();
            });
        }
    }

    /// Forgets what is not wanted any more, and says what is to be read.
    fn missing(&self, wanted: BTreeSet<ObjectName>) -> Vec<(ObjectName, String)> {
        let inner = &mut *self.inner.lock();
        inner.wanted = wanted;
        inner.held.retain(|name, _| inner.wanted.contains(name) && inner.known.contains_key(name));
        let there =
            inner.wanted.iter().filter_map(|name| Some((name.clone(), inner.known.get(name)?.clone())));
        there.filter(|(name, version)| inner.held.get(name).is_none_or(|(held, _)| held != version)).collect()
    }

    fn put(&self, name: ObjectName, version: String, read: Result<Option<Seen<K>>, kube::Error>) -> bool {
        let mut inner = self.inner.lock();
        match read.map(|seen| seen.map(|seen| seen.object)) {
            Ok(Some(Ok(object))) => {
                // An equal object stays the same Arc.
                let object = match inner.held.get(&name) {
                    Some((_, held)) if *held == object => held.clone(),
                    _ => object,
                };
                inner.held.insert(name, (version, object));
                true
            }
            Ok(Some(Err(why))) => {
                tracing::warn!(kind = K::info().kind, %name, why, "an object cannot be read and is left out");
                inner.held.remove(&name);
                true
            }
            // Gone since; its watch will say so.
            Ok(None) => {
                inner.held.remove(&name);
                true
            }
            Err(error) => {
                tracing::warn!(kind = K::info().kind, %name, %error, "an object could not be read");
                false
            }
        }
    }

    fn tell(&self, wanted: bool) {
        if wanted {
            self.signals.compile.raise();
        }
    }
}

fn name_of<M>(object: &PartialObjectMeta<M>) -> (ObjectName, String) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let meta = &object.metadata;
    (ObjectName::new(text(&meta.namespace), text(&meta.name)), text(&meta.resource_version))
}

impl<K: Watched, M: Send> Sink<PartialObjectMeta<M>> for Referenced<K> {
    fn replace(&self, scope: &Scope, objects: Vec<PartialObjectMeta<M>>) {
        let inner = &mut *self.inner.lock();
        let inside = |name: &ObjectName| scope.as_deref().is_none_or(|scope| scope == name.namespace);
        let before: BTreeMap<_, _> = inner.known.extract_if(.., |name, _| inside(name)).collect();
        inner.known.extend(objects.iter().map(name_of));
        let changed =
            inner.wanted.iter().any(|name| inside(name) && before.get(name) != inner.known.get(name));
        let first = inner.synced.insert(scope.clone());
        if changed || first {
            self.signals.compile.raise();
        }
        if first {
            self.signals.synced.raise();
        }
    }

    fn apply(&self, object: PartialObjectMeta<M>) {
        let (name, version) = name_of(&object);
        let mut inner = self.inner.lock();
        let wanted = inner.wanted.contains(&name);
        inner.known.insert(name, version);
        self.tell(wanted);
    }

    fn remove(&self, object: PartialObjectMeta<M>) {
        let (name, _) = name_of(&object);
        let mut inner = self.inner.lock();
        inner.known.remove(&name);
        self.tell(inner.wanted.contains(&name));
    }
}

#[cfg(test)]
mod tests;
