//! Client connections by bind.

use corten_snapshot::Bind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why a client's connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// By the client, or after its last request.
    Ended,
    /// There were too many.
    Limit,
    /// The TLS handshake failed.
    Handshake,
    /// The TLS handshake, or the first byte, took too long.
    HandshakeTimeout,
    /// Idle, a slow header, or a slow reader.
    Timeout,
    /// The process or the listener goes away.
    Drain,
    /// What came was no HTTP; hyper has answered it with 400, 414 or 431, and no request is counted.
    Malformed,
}

impl Closed {
    pub(super) const NAMES: [&str; 7] =
        ["ended", "limit", "handshake", "handshake_timeout", "timeout", "drain", "malformed"];
}

/// Connections of one bind. They come rarely enough to be counted by all workers together.
#[derive(Debug)]
pub(crate) struct BindStats {
    /// `ADDRESS:PORT`, `*` for every address.
    pub(super) bind: String,
    pub(super) opened: AtomicU64,
    pub(super) closed: [AtomicU64; Closed::NAMES.len()],
}

impl BindStats {
    pub(super) fn new(bind: &Bind) -> Self {
        let address = bind.address.map_or_else(|| "*".to_owned(), |address| address.to_string());
        let bind = if address.contains(':') {
            format!("[{address}]:{}", bind.port)
        } else {
            format!("{address}:{}", bind.port)
        };
        Self { bind, opened: AtomicU64::default(), closed: Default::default() }
    }

    /// A connection was accepted. [`Self::closed`] must follow.
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    /// An accepted connection is closed.
    pub(crate) fn closed(&self, why: Closed) {
        if let Some(count) = self.closed.get(why as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn open(&self) -> u64 {
        let closed: u64 = self.closed.iter().map(|count| count.load(Relaxed)).sum();
        self.opened.load(Relaxed).saturating_sub(closed)
    }
}
