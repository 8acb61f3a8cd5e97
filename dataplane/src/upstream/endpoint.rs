//! An endpoint and its pooled connections.

use crate::body::RequestBody;
use corten_snapshot::{ContentHash, EndpointHost};
use hyper::client::conn::{http1, http2};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What makes two endpoints the same: where they are and how they are spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EndpointId {
    pub(crate) host: EndpointHost,
    pub(crate) port: u16,
    /// Hash of protocol and TLS identity, so that no connection serves under another's trust.
    pub(crate) transport: ContentHash,
}

/// One address of an upstream with its connections.
pub(crate) struct Endpoint {
    pub(crate) id: EndpointId,
    /// `host:port`, for the log.
    pub(crate) label: Arc<str>,
    workers: usize,
    /// Made with the first request: of thousands of endpoints few may be asked.
    slots: OnceLock<Box<[Slot]>>,
}

/// One worker's share of an endpoint.
#[derive(Default)]
struct Slot {
    in_flight: AtomicU32,
    idle: Mutex<Vec<IdleConnection>>,
    shared: Mutex<Vec<SharedConnection>>,
    opening: tokio::sync::Mutex<()>,
    picks_http1: AtomicBool,
}

struct IdleConnection {
    sender: http1::SendRequest<RequestBody>,
    since: Instant,
}

/// An HTTP/2 connection with the number of its streams in use.
#[derive(Clone)]
pub(crate) struct SharedConnection {
    pub(crate) sender: http2::SendRequest<RequestBody>,
    streams: Arc<AtomicU32>,
    idle_since: Arc<Mutex<Instant>>,
}

impl Endpoint {
    pub(crate) fn new(id: EndpointId, workers: usize) -> Self {
        let label = match &id.host {
            EndpointHost::Ip(std::net::IpAddr::V6(ip)) => format!("[{ip}]:{}", id.port),
            host => format!("{host}:{}", id.port),
        };
        Self { id, label: label.into(), workers, slots: OnceLock::new() }
    }

    fn slot(&self, worker: usize) -> Option<&Slot> {
        let make = || (0..self.workers).map(|_| Slot::default()).collect();
        self.slots.get_or_init(make).get(worker)
    }

    /// Requests in flight from `worker`.
    pub(crate) fn in_flight(&self, worker: usize) -> u32 {
        let slot = self.slots.get().and_then(|slots| slots.get(worker));
        slot.map_or(0, |slot| slot.in_flight.load(Ordering::Relaxed))
    }

    /// Takes the HTTP/1.1 connection of `worker` that became idle last.
    pub(crate) fn take_idle(&self, worker: usize) -> Option<http1::SendRequest<RequestBody>> {
        let mut idle = self.slot(worker)?.idle.lock();
        while let Some(connection) = idle.pop() {
            if !connection.sender.is_closed() {
                return Some(connection.sender);
            }
        }
        None
    }

    /// Gives a connection back. One too many is closed.
    fn give_back(&self, worker: usize, sender: http1::SendRequest<RequestBody>, most: usize, now: Instant) {
        if let Some(slot) = self.slot(worker) {
            let mut idle = slot.idle.lock();
            if idle.len() < most {
                idle.push(IdleConnection { sender, since: now });
            }
        }
    }

    /// An open HTTP/2 connection of `worker` with room for one more stream, and a place on it.
    pub(crate) fn take_shared(&self, worker: usize, most: u32) -> Option<(SharedConnection, StreamGuard)> {
        let mut shared = self.slot(worker)?.shared.lock();
        shared.retain(|connection| !connection.sender.is_closed());
        let free = |c: &&SharedConnection| c.streams.load(Ordering::Relaxed) < most.max(1);
        shared.iter().find(free).map(|connection| (connection.clone(), connection.reserve()))
    }

    /// Adds an HTTP/2 connection of `worker`.
    pub(crate) fn add_shared(
        &self,
        worker: usize,
        sender: http2::SendRequest<RequestBody>,
    ) -> (SharedConnection, StreamGuard) {
        let idle_since = Arc::new(Mutex::new(Instant::now()));
        let connection = SharedConnection { sender, streams: Arc::default(), idle_since };
        let guard = connection.reserve();
        if let Some(slot) = self.slot(worker) {
            slot.shared.lock().push(connection.clone());
        }
        (connection, guard)
    }

    /// Held while `worker` opens an HTTP/2 connection, so that a burst opens one and not many.
    pub(crate) async fn opening(&self, worker: usize) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.slot(worker) {
            Some(slot) => Some(slot.opening.lock().await),
            None => None,
        }
    }

    /// Whether the endpoint has picked HTTP/1.1 the last time that it was given the choice by `worker`.
    pub(crate) fn picks_http1(&self, worker: usize) -> bool {
        self.slot(worker).is_some_and(|slot| slot.picks_http1.load(Ordering::Relaxed))
    }

    /// Notes what the endpoint has picked.
    pub(crate) fn picked(&self, worker: usize, http1: bool) {
        if let Some(slot) = self.slot(worker) {
            slot.picks_http1.store(http1, Ordering::Relaxed);
        }
    }

    /// Closes connections that have been idle for `most`; called from outside of the workers.
    pub(crate) fn expire(&self, now: Instant, most: Duration) {
        for slot in self.slots.get().into_iter().flatten() {
            let old = |since: Instant| now.saturating_duration_since(since) >= most;
            slot.idle.lock().retain(|c| !c.sender.is_closed() && !old(c.since));
            slot.shared.lock().retain(|c| {
                let busy = c.streams.load(Ordering::Relaxed) > 0;
                !c.sender.is_closed() && (busy || !old(*c.idle_since.lock()))
            });
        }
    }
}

impl SharedConnection {
    fn reserve(&self) -> StreamGuard {
        self.streams.fetch_add(1, Ordering::Relaxed);
        StreamGuard { streams: self.streams.clone(), idle_since: self.idle_since.clone() }
    }
}

/// A place on an HTTP/2 connection; given back when dropped.
pub(crate) struct StreamGuard {
    streams: Arc<AtomicU32>,
    idle_since: Arc<Mutex<Instant>>,
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        if self.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            *self.idle_since.lock() = Instant::now();
        }
    }
}

/// A request's hold on an endpoint, from the choice of the endpoint to the end of the response.
pub(crate) struct Lease {
    pub(crate) endpoint: Arc<Endpoint>,
    worker: usize,
    most_idle: usize,
    connection: Held,
}

/// The connection that a lease holds.
pub(crate) enum Held {
    /// None yet, or it is gone.
    Nothing,
    /// To be given back when the response has been read.
    Http1(http1::SendRequest<RequestBody>),
    /// One stream of it.
    Http2(#[expect(dead_code, reason = "held for its Drop")] StreamGuard),
}

impl Lease {
    pub(crate) fn new(endpoint: Arc<Endpoint>, worker: usize, most_idle: u32) -> Self {
        if let Some(slot) = endpoint.slot(worker) {
            slot.in_flight.fetch_add(1, Ordering::Relaxed);
        }
        let most_idle = usize::try_from(most_idle).unwrap_or(usize::MAX);
        Self { endpoint, worker, most_idle, connection: Held::Nothing }
    }

    pub(crate) fn worker(&self) -> usize {
        self.worker
    }

    pub(crate) fn hold(&mut self, connection: Held) {
        self.connection = connection;
    }

    /// The response has been read to its end: the connection may serve again. One whose request is still
    /// being written, because the upstream answered early, is given back only when that is done.
    pub(crate) fn complete(mut self, now: Instant) {
        let Held::Http1(mut sender) = std::mem::replace(&mut self.connection, Held::Nothing) else { return };
        let (endpoint, worker, most) = (self.endpoint.clone(), self.worker, self.most_idle);
        if sender.is_ready() {
            endpoint.give_back(worker, sender, most, now);
        } else if !sender.is_closed() {
            tokio::spawn(async move {
                if sender.ready().await.is_ok() {
                    endpoint.give_back(worker, sender, most, Instant::now());
                }
            });
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(slot) = self.endpoint.slot(self.worker) {
            slot.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
