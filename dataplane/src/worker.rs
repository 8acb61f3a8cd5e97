//! A worker: one thread with its own runtime, sockets, pools and view of the configuration.

use crate::{
    connection::{Command, Connection},
    observe::{AccessLog, Observer, WorkerStats},
    tables::Tables,
};
use parking_lot::Mutex;
use slab::Slab;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// How often connections are looked at: the precision of the client timeouts.
const SWEEP: Duration = Duration::from_millis(200);

/// A worker's own pointer to the tables. Its reference count is this worker's alone, so that taking it
/// for a request touches no memory that another core writes.
pub(crate) struct View {
    pub(crate) tables: Arc<Tables>,
}

/// What the tasks of one worker share.
pub(crate) struct Worker {
    /// From 0.
    pub(crate) id: usize,
    pub(crate) stats: Arc<WorkerStats>,
    pub(crate) log: Arc<AccessLog>,
    view: Mutex<Arc<View>>,
    connections: Mutex<Slab<Arc<Connection>>>,
    open: AtomicUsize,
    started: Instant,
    clock: AtomicU64,
    draining: AtomicBool,
}

impl Worker {
    pub(crate) fn new(id: usize, tables: Arc<Tables>, observer: &Observer) -> Self {
        Self {
            id,
            stats: observer.worker(),
            log: observer.access_log().clone(),
            view: Mutex::new(Arc::new(View { tables })),
            connections: Mutex::default(),
            open: AtomicUsize::new(0),
            started: Instant::now(),
            clock: AtomicU64::new(1),
            draining: AtomicBool::new(false),
        }
    }

    /// The tables, taken once for a request.
    pub(crate) fn view(&self) -> Arc<View> {
        self.view.lock().clone()
    }

    /// Puts new tables in force.
    pub(crate) fn swap(&self, tables: Arc<Tables>) {
        let view = Arc::new(View { tables });
        // The old tables may be the last of their kind: they are dropped outside of the lock.
        let old = std::mem::replace(&mut *self.view.lock(), view);
        drop(old);
    }

    /// Milliseconds since the worker's start, from 1; as old as the last sweep or request.
    pub(crate) fn coarse_now(&self) -> u64 {
        self.clock.load(Relaxed)
    }

    /// The same from an exact time, which also sets the coarse clock.
    pub(crate) fn tick(&self, now: Instant) -> u64 {
        let millis = u64::try_from(now.saturating_duration_since(self.started).as_millis()).unwrap_or(0) + 1;
        self.clock.store(millis, Relaxed);
        millis
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Whether the process is ending.
    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// From now on every response asks its client to go elsewhere.
    pub(crate) fn start_drain(&self) {
        self.draining.store(true, Relaxed);
        for (_, connection) in &*self.connections.lock() {
            // A GOAWAY loses nothing. An idle HTTP/1.1 connection is not closed yet: its client may just
            // be sending.
            if connection.is_multiplexed() {
                connection.tell(Command::Finish);
            }
        }
    }

    /// Registers a connection until the returned guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>, connection: Arc<Connection>) -> Entered {
        self.open.fetch_add(1, Relaxed);
        let key = self.connections.lock().insert(connection);
        Entered { worker: self.clone(), key }
    }

    /// Tells every connection, or those of one bind.
    pub(crate) fn tell(&self, command: Command, slot: Option<usize>) {
        for (_, connection) in &*self.connections.lock() {
            if slot.is_none_or(|slot| slot == connection.slot()) {
                connection.tell(command);
            }
        }
    }

    /// Ends connections that are over their time; runs for the worker's life.
    pub(crate) async fn sweep(self: Arc<Self>) {
        let mut interval = tokio::time::interval(SWEEP);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = self.tick(interval.tick().await);
            for (_, connection) in &*self.connections.lock() {
                connection.end_stalled(now);
                match connection.due(now) {
                    Command::Serve if connection.should_park(now) => connection.ask_to_park(),
                    Command::Serve => {}
                    Command::Finish => connection.idle_out(),
                    Command::Abort => connection.tell(Command::Abort),
                }
            }
        }
    }
}

/// A registered connection.
pub(crate) struct Entered {
    worker: Arc<Worker>,
    key: usize,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.worker.connections.lock().try_remove(self.key);
        self.worker.open.fetch_sub(1, Relaxed);
    }
}
