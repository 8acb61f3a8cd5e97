//! Starting, watching and draining a dataplane.

use crate::{
    admin::{self, Admin},
    connection::Command,
    control::{Control, State},
    observe::{AccessLog, Observer},
    source::SnapshotSource,
    upstream::Registry,
    worker_pool::Workers,
};
use corten_snapshot::{Bind, Rejected};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How a dataplane is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address for listeners that name none.
    pub bind: IpAddr,
    /// Where metrics, health and the snapshot are served. `None`: nowhere.
    pub admin: Option<SocketAddr>,
    /// Worker threads.
    pub threads: NonZeroUsize,
}

impl Options {
    /// Every address, no admin server, a worker for each core that the process may use.
    pub fn new() -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { bind: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), admin: None, threads }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// What a dataplane serves at the moment.
#[derive(Clone, Debug)]
pub struct Status {
    /// Revision of the snapshot in force; 0 before the first.
    pub revision: u64,
    /// Open addresses.
    pub addresses: Vec<(Bind, SocketAddr)>,
    /// Parts that are not in force, and listeners whose address cannot be opened, with reasons for people.
    pub rejected: Vec<Rejected>,
}

/// A running dataplane. Dropping it stops nothing; see [`Handle::drain`].
pub struct Handle {
    workers: Arc<Workers>,
    log: Arc<AccessLog>,
    state: watch::Receiver<State>,
    stop: watch::Sender<bool>,
    draining: Arc<AtomicBool>,
    admin: Option<Admin>,
    control: thread::JoinHandle<()>,
}

/// Starts the workers, the control thread that follows `source`, and the admin server.
///
/// # Errors
/// The system's, when it gives no thread, or when the admin address cannot be opened.
pub fn start(options: &Options, source: Box<dyn SnapshotSource>) -> io::Result<Handle> {
    let threads = options.threads.get();
    let log = AccessLog::start(threads, Box::new(io::stdout()))?;
    let observer = Arc::new(Observer::new(threads, log.clone()));
    let workers = Arc::new(Workers::start(threads, &observer)?);
    let registry = Arc::new(Registry::new(threads));
    let (state_sender, state) = watch::channel(State::default());
    let (stop, stopped) = watch::channel(false);
    let draining = Arc::new(AtomicBool::new(false));
    let admin = options.admin.map(|address| {
        let view = AdminView { state: state.clone(), draining: draining.clone() };
        admin::serve(address, observer.clone(), Arc::new(view))
    });
    let control = Control::new(options.bind, workers.clone(), registry, observer, state_sender);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let admin = admin.transpose()?;
    let control = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || runtime.block_on(control.run(source, stopped)))?;
    Ok(Handle { workers, log, state, stop, draining, admin, control })
}

impl Handle {
    /// Waits until a snapshot later than `after` is in force and its sockets are open or known to fail.
    pub async fn applied(&mut self, after: u64) -> Status {
        // The sender lives as long as the control thread; when that has ended the last state stands.
        let _ = self.state.wait_for(|state| state.revision > after).await;
        self.status()
    }

    /// What is served at the moment.
    pub fn status(&self) -> Status {
        let state = self.state.borrow();
        let rejected = state.rejected.iter().chain(&state.unbound).cloned().collect();
        Status { revision: state.revision, addresses: state.addresses.clone(), rejected }
    }

    /// The admin server's address.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }

    /// Ends without losing a request: is no longer ready at once, tells clients to go elsewhere while it
    /// still accepts for the listeners' `drain.min`, then waits for what is in flight until `drain.max`.
    /// Returns how many connections were cut.
    pub async fn drain(self) -> usize {
        let started = Instant::now();
        let times = self.state.borrow().drain.clone();
        self.draining.store(true, Ordering::Relaxed);
        self.workers.start_drain();
        tokio::time::sleep_until(started + times.min).await;
        let _ = self.stop.send(true);
        // The control thread closes the sockets and lets go of its source, which may have a last good snapshot
        // to write. Only then is every connection known that has to be told.
        let control = self.control;
        let ended = tokio::task::spawn_blocking(move || control.join().is_ok()).await;
        if !matches!(ended, Ok(true)) {
            tracing::error!("the control thread had failed");
        }
        self.workers.tell_all(Command::Finish);
        while self.workers.open() > 0 && started.elapsed() < times.max {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let left = self.workers.open();
        self.workers.tell_all(Command::Abort);
        // The access log has lines to write, which may block.
        let log = self.log;
        if tokio::task::spawn_blocking(move || log.close()).await.is_err() {
            tracing::error!("the access log had failed");
        }
        left
    }
}

/// What the admin server asks.
struct AdminView {
    state: watch::Receiver<State>,
    draining: Arc<AtomicBool>,
}

impl admin::View for AdminView {
    fn not_ready(&self) -> Vec<String> {
        let state = self.state.borrow();
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Relaxed) {
            reasons.push("draining".to_owned());
        }
        if state.revision == 0 {
            reasons.push("no snapshot yet".to_owned());
        }
        reasons.extend(state.unbound.iter().map(|rejected| format!("{}: {}", rejected.key, rejected.reason)));
        reasons
    }

    fn snapshot(&self) -> serde_json::Value {
        self.state.borrow().snapshot.to_json()
    }
}
