//! The task that writes statuses.

use super::{
    merge::{self, Writer},
    programmed::Acknowledged,
    queue::{Outcome, Queue},
};
use crate::{
    engine::Pass,
    metrics::Metrics,
    publish::Peers,
    watch::{AnyStore, Shown, Signal},
};
use corten_compile::{Kind, ObjectId, status::Status};
use corten_crds::kinds;
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    future,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};

/// Writes at a time.
const CONCURRENT: usize = 16;
/// How long a pass may wait for its acknowledgement until statuses say that there is none.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long changes of what is shown are gathered.
const GATHER: Duration = Duration::from_millis(50);
/// Who writes, in managedFields.
const MANAGER: &str = "corten-controller";

/// What the writer reads from.
pub struct Sources {
    /// Compilations.
    pub passes: watch::Receiver<Option<Arc<Pass>>>,
    /// What dataplanes have.
    pub peers: watch::Receiver<Peers>,
    /// That something shows something else.
    pub shown: Signal,
    /// Whether this replica leads.
    pub leads: watch::Receiver<bool>,
    /// What objects show.
    pub stores: BTreeMap<Kind, Arc<dyn AnyStore>>,
}

/// Writes what compilations want objects to show, while this replica leads.
pub struct StatusWriter {
    client: Client,
    controller: String,
    metrics: Arc<Metrics>,
    sources: Sources,
    /// The pass whose statuses are written, and what dataplanes made of it.
    current: Option<(Arc<Pass>, Acknowledged)>,
    /// Since when there is a newer pass that is not acknowledged.
    unacknowledged: Option<Instant>,
    /// For each object the pass and what it showed when they were last compared.
    checked: HashMap<ObjectId, (Arc<Pass>, Arc<Shown>)>,
    queue: Queue<ObjectId>,
    writes: JoinSet<(ObjectId, Write)>,
}

/// What became of a write.
enum Write {
    /// Done; what the object shows now.
    Written(Shown),
    /// Somebody else was first; what the object shows now, if that could be read.
    Conflict(Option<Shown>),
    /// The object is gone.
    Gone,
    /// It failed.
    Failed(kube::Error),
}

impl StatusWriter {
    /// A writer of entries of `controller`.
    pub fn new(client: Client, controller: String, metrics: Arc<Metrics>, sources: Sources) -> Self {
        Self {
            client,
            controller,
            metrics,
            sources,
            current: None,
            unacknowledged: None,
            checked: HashMap::new(),
            queue: Queue::new(CONCURRENT),
            writes: JoinSet::new(),
        }
    }

    /// Runs until the future is dropped.
    pub async fn run(mut self) {
        let mut shown = self.sources.shown.subscribe();
        let mut gathered: Option<Instant> = None;
        loop {
            let due = [self.queue.next(), gathered, self.unacknowledged.map(|since| since + PATIENCE)];
            let due = due.into_iter().flatten().min();
            tokio::select! {
                Ok(()) = self.sources.passes.changed() => self.refresh(),
                Ok(()) = self.sources.peers.changed() => self.refresh(),
                Ok(()) = self.sources.leads.changed() => {
                    // A new leader trusts nothing that it has compared before.
                    self.checked.clear();
                    self.refresh();
                }
                Ok(()) = shown.changed(), if gathered.is_none() => gathered = Some(Instant::now() + GATHER),
                Some(write) = self.writes.join_next() => {
                    if let Ok((object, write)) = write {
                        self.wrote(&object, write);
                    }
                }
                () = until(due) => {
                    if gathered.take_if(|due| *due <= Instant::now()).is_some() || self.unacknowledged.is_some() {
                        self.refresh();
                    }
                }
            }
            self.write();
        }
    }

    fn leads(&self) -> bool {
        *self.sources.leads.borrow()
    }

    /// Takes up the newest pass if it may be, and finds out what is to be written.
    fn refresh(&mut self) {
        self.take_up();
        if !self.leads() {
            self.queue.clear();
            return;
        }
        let Some((pass, _)) = self.current.clone() else { return };
        let now = Instant::now();
        let wanted = pass.statuses.iter().map(|(object, _)| object.clone());
        let silent = self.silent(&pass);
        for object in wanted.chain(silent).collect::<Vec<_>>() {
            let Some(shown) = self.shown(&object) else { continue };
            if self.is_checked(&object, &pass, &shown) {
                continue;
            }
            let needed = self.new_status(&object, &shown).is_some();
            self.queue.want(&object, needed, now);
            self.checked.insert(object, (pass.clone(), shown));
        }
    }

    /// Objects that have entries of ours although we have nothing to say about them.
    fn silent(&self, pass: &Pass) -> Vec<ObjectId> {
        let mut silent = Vec::new();
        for (kind, store) in &self.sources.stores {
            for (name, shown) in store.all_shown() {
                let object = ObjectId { kind: *kind, name };
                let ours = || shown.status.as_ref().is_some_and(|status| status.contains(&self.controller));
                if pass.statuses.get(&object).is_none() && ours() {
                    silent.push(object);
                }
            }
        }
        silent
    }

    /// Makes the newest pass the current one once it is acknowledged, or has waited for long enough.
    fn take_up(&mut self) {
        let Some(newest) = self.sources.passes.borrow_and_update().clone() else { return };
        let peers = self.sources.peers.borrow_and_update().clone();
        let acknowledged = if peers.have_acknowledged(newest.revision) {
            self.unacknowledged = None;
            let rejected = peers.rejected();
            self.metrics.acknowledged(newest.revision, rejected.len());
            Acknowledged::with(&newest, &rejected)
        } else {
            let since = *self.unacknowledged.get_or_insert_with(Instant::now);
            if since.elapsed() < PATIENCE {
                return;
            }
            Acknowledged::waiting()
        };
        if self.current.as_ref().is_none_or(|(_, before)| *before != acknowledged) {
            self.checked.clear();
        }
        if acknowledged == Acknowledged::waiting() {
            // What comes next is told by the peers.
            self.unacknowledged = None;
        }
        self.current = Some((newest, acknowledged));
    }

    fn shown(&self, object: &ObjectId) -> Option<Arc<Shown>> {
        self.sources.stores.get(&object.kind)?.shown(&object.name)
    }

    fn is_checked(&mut self, object: &ObjectId, pass: &Arc<Pass>, shown: &Arc<Shown>) -> bool {
        let Some((before, seen)) = self.checked.get_mut(object) else { return false };
        let same = Arc::ptr_eq(seen, shown)
            && (Arc::ptr_eq(before, pass) || before.statuses.get(object) == pass.statuses.get(object));
        if same {
            // So that no old pass is kept alive.
            before.clone_from(pass);
        }
        same
    }

    /// The status that `object` should have, if it is another one, with the one that it has.
    fn new_status(&self, object: &ObjectId, shown: &Shown) -> Option<(Value, Option<Value>)> {
        let (pass, acknowledged) = self.current.as_ref()?;
        let current = shown.status();
        let desired: Option<&Status> = pass.statuses.get(object);
        let desired = match desired {
            Some(desired) => Some(acknowledged.apply(object, desired, current.as_ref())?),
            None => None,
        };
        let now = serde_json::to_value(Time(Timestamp::now())).ok();
        let now = now.as_ref().and_then(Value::as_str).unwrap_or_default();
        let writer = Writer { controller: &self.controller, now };
        let new = merge::merged(&writer, object.kind, current.as_ref(), desired.as_deref())?;
        Some((new, current))
    }

    /// Starts the writes that are due.
    fn write(&mut self) {
        if !self.leads() {
            return;
        }
        let now = Instant::now();
        for object in self.queue.take(now) {
            let shown = self.shown(&object);
            let new = shown.as_ref().and_then(|shown| self.new_status(&object, shown));
            let (Some(shown), Some((new, current))) = (shown, new) else {
                self.queue.done(&object, Outcome::Unneeded, now);
                continue;
            };
            let patch = merge::patch(&shown.uid, &shown.version, current.as_ref(), &new);
            let api = api(&self.client, &object);
            self.writes.spawn(async move {
                let write = patch_status(&api, &object.name.name, &patch).await;
                (object, write)
            });
        }
    }

    fn wrote(&mut self, object: &ObjectId, write: Write) {
        let (outcome, label) = match write {
            Write::Written(_) => (Outcome::Written, "written"),
            Write::Conflict(_) => (Outcome::Conflict, "conflict"),
            Write::Gone => (Outcome::Gone, "gone"),
            Write::Failed(_) => (Outcome::Failed, "failed"),
        };
        self.metrics.status_write(object.kind.as_str(), label);
        match write {
            Write::Written(shown) | Write::Conflict(Some(shown)) => {
                if let Some(store) = self.sources.stores.get(&object.kind) {
                    store.wrote(&object.name, shown);
                }
            }
            Write::Failed(error) => tracing::warn!(%object, %error, "a status could not be written"),
            Write::Conflict(None) | Write::Gone => {}
        }
        let now = Instant::now();
        self.queue.done(object, outcome, now);
        // It may have changed while it was written, or by whoever was first.
        self.checked.remove(object);
        if matches!(outcome, Outcome::Written | Outcome::Conflict)
            && let Some(shown) = self.shown(object)
        {
            let needed = self.new_status(object, &shown).is_some();
            self.queue.want(object, needed, now);
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due).await,
        None => future::pending().await,
    }
}

fn api(client: &Client, object: &ObjectId) -> Api<DynamicObject> {
    let (group, kind) = (object.kind.group(), object.kind.as_str());
    let info = kinds::KINDS.iter().find(|info| (info.group, info.kind) == (group, kind));
    let (version, plural) = info.map_or(("v1", ""), |info| (info.version, info.plural));
    let resource = ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    };
    if object.name.namespace.is_empty() {
        Api::all_with(client.clone(), &resource)
    } else {
        Api::namespaced_with(client.clone(), &object.name.namespace, &resource)
    }
}

/// Writes. On a conflict the object is read, so that the next attempt knows it even if the watch lags behind.
async fn patch_status(api: &Api<DynamicObject>, name: &str, patch: &Value) -> Write {
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch_status(name, &params, &Patch::Merge(patch)).await {
        Ok(object) => match shown(&object) {
            Some(shown) => Write::Written(shown),
            None => Write::Conflict(None),
        },
        Err(kube::Error::Api(status)) if status.code == 404 => Write::Gone,
        Err(kube::Error::Api(status)) if status.code == 409 => match api.get_opt(name).await {
            Ok(Some(object)) => Write::Conflict(shown(&object)),
            Ok(None) => Write::Gone,
            Err(error) => Write::Failed(error),
        },
        Err(error) => Write::Failed(error),
    }
}

fn shown(object: &DynamicObject) -> Option<Shown> {
    serde_json::to_value(object).ok().map(|object| Shown::of(&object))
}
