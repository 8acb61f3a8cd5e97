//! The worker threads.

use crate::{
    connection::Command,
    listen::{self, Acceptor, Stop},
    observe::Observer,
    tables::{BindState, Tables},
    worker::Worker,
};
use std::{io, net, sync::Arc, thread};
use tokio::{
    net::TcpListener,
    runtime,
    sync::{mpsc, watch},
};

/// All workers of the process.
pub(crate) struct Workers(Vec<Handle>);

struct Handle {
    worker: Arc<Worker>,
    orders: mpsc::UnboundedSender<Order>,
}

/// A socket to accept from.
struct Order {
    socket: net::TcpListener,
    slot: usize,
    state: Arc<BindState>,
    stop: watch::Receiver<Stop>,
}

impl Workers {
    /// Starts `count` threads, each with a runtime of its own.
    ///
    /// # Errors
    /// The system's, if it gives no thread or no epoll descriptor.
    pub(crate) fn start(count: usize, observer: &Observer) -> io::Result<Self> {
        let tables = Arc::new(Tables::default());
        (0..count.max(1))
            .map(|id| Handle::start(id, tables.clone(), observer))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts tables in force on every worker.
    pub(crate) fn swap(&self, tables: &Arc<Tables>) {
        for handle in &self.0 {
            handle.worker.swap(tables.clone());
        }
    }

    /// Gives each worker one of the sockets.
    pub(crate) fn listen(
        &self,
        sockets: Vec<net::TcpListener>,
        slot: usize,
        state: &Arc<BindState>,
        stop: &watch::Receiver<Stop>,
    ) {
        for (handle, socket) in self.0.iter().zip(sockets) {
            let order = Order { socket, slot, state: state.clone(), stop: stop.clone() };
            if handle.orders.send(order).is_err() {
                tracing::error!(worker = handle.worker.id, "a worker is gone");
            }
        }
    }

    /// Lets the connections of a bind that is gone finish.
    pub(crate) fn finish(&self, slot: usize) {
        for handle in &self.0 {
            handle.worker.tell(Command::Finish, Some(slot));
        }
    }

    /// From now on every response asks its client to go elsewhere; HTTP/2 clients get a GOAWAY.
    pub(crate) fn start_drain(&self) {
        for handle in &self.0 {
            handle.worker.start_drain();
        }
    }

    /// Tells every connection.
    pub(crate) fn tell_all(&self, command: Command) {
        for handle in &self.0 {
            handle.worker.tell(command, None);
        }
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.0.iter().map(|handle| handle.worker.open()).sum()
    }
}

impl Handle {
    fn start(id: usize, tables: Arc<Tables>, observer: &Observer) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (orders, receiver) = mpsc::unbounded_channel();
        let worker = Arc::new(Worker::new(id, tables, observer));
        let on_thread = worker.clone();
        thread::Builder::new()
            .name(format!("worker-{id}"))
            .spawn(move || runtime.block_on(run(on_thread, receiver)))?;
        Ok(Self { worker, orders })
    }
}

/// The life of a worker: until the process ends.
async fn run(worker: Arc<Worker>, mut orders: mpsc::UnboundedReceiver<Order>) {
    crate::rng::seed_thread();
    tokio::spawn(worker.clone().sweep());
    while let Some(order) = orders.recv().await {
        match TcpListener::from_std(order.socket) {
            Ok(listener) => {
                let acceptor = Acceptor { worker: worker.clone(), slot: order.slot, state: order.state };
                tokio::spawn(listen::accept(acceptor, listener, order.stop));
            }
            Err(error) => tracing::error!(%error, worker = worker.id, "cannot accept"),
        }
    }
}
