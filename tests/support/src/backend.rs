//! Backends that keep exactly what they received.

mod reply;
mod request;

pub use reply::Reply;
pub use request::{Record, read_head};

use crate::wait::wait_for;
use parking_lot::Mutex;
use std::{
    io::Write,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

type Handler = dyn Fn(TcpStream, &Shared) + Send + Sync;

/// A server on loopback with a thread for each connection.
#[derive(Debug)]
pub struct Backend {
    port: u16,
    shared: Arc<Shared>,
}

/// What the connections of a backend share.
#[derive(Debug, Default)]
pub struct Shared {
    records: Mutex<Vec<Record>>,
    connections: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

impl Backend {
    /// Answers each request with what `answer` says.
    pub fn start(answer: impl Fn(&Record) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(0, answer)
    }

    /// The same on a certain port: a backend that comes back.
    pub fn start_at(port: u16, answer: impl Fn(&Record) -> Reply + Send + Sync + 'static) -> Self {
        Self::raw_at(port, move |stream, shared| serve(stream, shared, &answer))
    }

    /// Answers 200 with `text` as the body.
    pub fn named(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(move |_| Reply::text(&text))
    }

    /// Answers with the request's own body.
    pub fn echo() -> Self {
        Self::start(|request| Reply::ok(request.body.clone()))
    }

    /// Gives each connection to `handle`, which does with it what it likes.
    pub fn raw(handle: impl Fn(TcpStream, &Shared) + Send + Sync + 'static) -> Self {
        Self::raw_at(0, handle)
    }

    fn raw_at(port: u16, handle: impl Fn(TcpStream, &Shared) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("bind a backend");
        let port = listener.local_addr().expect("address").port();
        let shared = Arc::new(Shared::default());
        let handle: Arc<Handler> = Arc::new(handle);
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &for_thread, &handle));
        Self { port, shared }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything received so far, in order of arrival.
    pub fn records(&self) -> Vec<Record> {
        self.shared.records.lock().clone()
    }

    /// How many requests were received so far.
    pub fn count(&self) -> usize {
        self.shared.records.lock().len()
    }

    /// The last request received; waits for the first.
    pub fn last(&self) -> Record {
        wait_for("a request at the backend", crate::DEADLINE, || self.shared.records.lock().last().cloned())
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Closes all connections and goes on listening.
    pub fn drop_connections(&self) {
        for stream in self.shared.open.lock().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Stops listening and closes all connections.
    pub fn stop(&self) {
        if !self.shared.stopped.swap(true, Ordering::SeqCst) {
            // Wakes the accepting thread, which then drops the listener.
            let _ = TcpStream::connect(("127.0.0.1", self.port));
            wait_for("the listener to close", crate::DEADLINE, || {
                TcpStream::connect(("127.0.0.1", self.port)).err()
            });
        }
        self.drop_connections();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Notes a request.
    pub fn record(&self, record: Record) {
        self.records.lock().push(record);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, handle: &Arc<Handler>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let _ = stream.set_nodelay(true);
        if let Ok(clone) = stream.try_clone() {
            let mut open = shared.open.lock();
            // Sockets that have ended would otherwise be kept open by this list.
            open.retain(|stream| stream.take_error().is_ok() && stream.peer_addr().is_ok());
            open.push(clone);
        }
        let (shared, handle) = (Arc::clone(shared), Arc::clone(handle));
        thread::spawn(move || {
            let closing = stream.try_clone();
            handle(stream, &shared);
            if let Ok(stream) = closing {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }
}

fn serve(mut stream: TcpStream, shared: &Shared, answer: &dyn Fn(&Record) -> Reply) {
    let mut reader = request::Reader::new(stream.try_clone().expect("clone of a socket"));
    while let Some(record) = reader.next(&mut stream) {
        let head_only = record.method == "HEAD";
        shared.record(record.clone());
        let reply = answer(&record);
        if stream.write_all(&reply.to_bytes(head_only)).is_err() || reply.closes() {
            return;
        }
    }
}
