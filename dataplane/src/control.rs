//! The control thread: takes snapshots from the source, builds them, puts them in force, and answers.

use crate::{
    build::{Builder, Sockets},
    observe::Observer,
    source::{Ack, SnapshotSource, SourceError},
    upstream::Registry,
    worker_pool::Workers,
};
use corten_snapshot::{Bind, ContentHash, Drain, Part, PartKey, Rejected, Snapshot};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};

/// What the outside may know about the dataplane.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Of the snapshot in force; 0 before the first.
    pub(crate) revision: u64,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) rejected: Vec<Rejected>,
    /// Open addresses.
    pub(crate) addresses: Vec<(Bind, SocketAddr)>,
    /// Why a bind is not open.
    pub(crate) unbound: Vec<Rejected>,
    /// How to drain, over all listeners.
    pub(crate) drain: Drain,
}

/// Holds everything that changes with a snapshot.
pub(crate) struct Control {
    builder: Builder,
    sockets: Sockets,
    workers: Arc<Workers>,
    registry: Arc<Registry>,
    observer: Arc<Observer>,
    held: Arc<Snapshot>,
    hash: ContentHash,
    state: watch::Sender<State>,
}

impl Control {
    pub(crate) fn new(
        bind: IpAddr,
        workers: Arc<Workers>,
        registry: Arc<Registry>,
        observer: Arc<Observer>,
        state: watch::Sender<State>,
    ) -> Self {
        let held = Arc::new(Snapshot::default());
        Self {
            builder: Builder::new(registry.clone(), observer.clone()),
            sockets: Sockets::new(bind),
            workers,
            registry,
            observer,
            hash: held.hash(),
            held,
            state,
        }
    }

    /// Follows `source` until it ends, or `stop` says so; then closes the listening sockets.
    pub(crate) async fn run(mut self, mut source: Box<dyn SnapshotSource>, mut stop: watch::Receiver<bool>) {
        let mut chores = tokio::time::interval(Duration::from_secs(2));
        chores.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut following = true;
        loop {
            tokio::select! {
                update = source.next(), if following => {
                    if let Err(error) = self.step(&mut *source, update).await {
                        tracing::warn!(%error, "no more snapshots; serving what is in force");
                        following = false;
                    }
                }
                _ = chores.tick() => self.chores(&mut *source).await,
                _ = stop.changed() => break,
            }
        }
        self.sockets.close().await;
    }

    async fn step(
        &mut self,
        source: &mut dyn SnapshotSource,
        update: Result<crate::source::Update, SourceError>,
    ) -> Result<(), SourceError> {
        let update = update?;
        let (revision, next_hash) = (update.revision(), update.hash());
        let started = Instant::now();
        match update.apply(&self.held, self.hash) {
            Ok((next, delta)) => {
                let tables = self.builder.apply(&next, &delta);
                self.workers.swap(&tables);
                (self.held, self.hash) = (Arc::new(next), next_hash);
                let rejected = self.publish(revision);
                self.observer.config_applied(revision, next_hash, started.elapsed(), rejected);
            }
            // The hash in the answer asks for everything.
            Err(error) => tracing::error!(%error, revision, "a snapshot was refused"),
        }
        let rejected = self.rejected();
        let answered = source.ack(Ack { revision, hash: self.hash, rejected }).await;
        // Nobody waits for this.
        self.registry.collect();
        answered
    }

    /// Opens what the tables need and tells the outside. Returns how many parts are not in force.
    fn publish(&mut self, revision: u64) -> usize {
        let opened = self.sockets.reconcile(&self.builder.wanted(), &self.workers);
        let failed = opened.failed.into_iter();
        let unbound: Vec<_> =
            failed.map(|(key, reason)| Rejected { key: PartKey::Listener(key), reason }).collect();
        let rejected = self.builder.rejected();
        let count = rejected.len() + unbound.len();
        let state = State {
            revision,
            snapshot: self.held.clone(),
            rejected,
            addresses: opened.addresses,
            unbound,
            drain: drain_of(&self.held),
        };
        self.state.send_replace(state);
        count
    }

    fn rejected(&self) -> Vec<Rejected> {
        let state = self.state.borrow();
        state.rejected.iter().chain(&state.unbound).cloned().collect()
    }

    /// Closes idle upstream connections, and tries again to open what could not be opened. Where that
    /// worked the source hears of it: a status that waits for the listener can move on.
    async fn chores(&mut self, source: &mut dyn SnapshotSource) {
        self.registry.expire();
        let (revision, before) = {
            let state = self.state.borrow();
            (state.revision, state.unbound.len())
        };
        if before == 0 {
            return;
        }
        self.publish(revision);
        if self.state.borrow().unbound.len() < before {
            let ack = Ack { revision, hash: self.hash, rejected: self.rejected() };
            if let Err(error) = source.ack(ack).await {
                tracing::debug!(%error, "nobody to tell that a listener is open now");
            }
        }
    }
}

/// The longest of all listeners' drain times.
fn drain_of(snapshot: &Snapshot) -> Drain {
    // Listeners come first among the keys; there may be ten thousands of others.
    let listeners = snapshot.iter().take_while(|(key, _)| matches!(key, PartKey::Listener(_)));
    let drains = listeners.filter_map(|(_, part)| match &*part.part {
        Part::Listener(listener) => Some(&listener.settings.drain),
        _ => None,
    });
    let longest = |a: Drain, b: &Drain| Drain { min: a.min.max(b.min), max: a.max.max(b.max) };
    drains.fold(Drain { min: Duration::ZERO, max: Duration::ZERO }, longest)
}
