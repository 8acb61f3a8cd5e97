//! What all requests of one client connection share.

use crate::{
    connection::Connection,
    headers::Peer,
    tables::Place,
    worker::{Entered, Worker},
};
use corten_snapshot::ListenerKey;
use std::sync::Arc;

/// A client's connection, held by its task and by every exchange on it, tunnels too: it counts as open
/// until the last of them is gone.
pub(crate) struct Session {
    pub(crate) worker: Arc<Worker>,
    /// The bind's index in the tables.
    pub(crate) slot: usize,
    pub(crate) connection: Arc<Connection>,
    pub(crate) peer: Peer,
    /// For a TLS connection.
    pub(crate) tls: Option<TlsFacts>,
    /// Requests before the connection ends politely.
    pub(crate) most_requests: Option<u32>,
    pub(crate) _entered: Entered,
    pub(crate) _place: Place,
}

/// What is known of a TLS connection.
pub(crate) struct TlsFacts {
    /// The listener that SNI chose.
    pub(crate) listener: ListenerKey,
    /// Such as `TLSv1.3`.
    pub(crate) version: &'static str,
}
