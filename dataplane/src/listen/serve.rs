//! The task of one connection: drives hyper and obeys the worker.

mod http1;
mod http2;
mod stream;

pub(super) use http1::http1;
pub(super) use http2::http2;
pub(crate) use stream::Stall;

use crate::{
    connection::{Command, Connection},
    observe::Closed,
};

/// Why a connection that hyper has ended is closed.
fn reason(ended: hyper::Result<()>, connection: &Connection) -> Closed {
    if let Err(error) = ended {
        tracing::debug!(%error, "client connection ended");
        if error.is_parse() {
            return Closed::Malformed;
        }
    }
    told(connection).unwrap_or(Closed::Ended)
}

/// Why a connection is closed that has been told to.
fn told(connection: &Connection) -> Option<Closed> {
    match connection.command() {
        Command::Serve => None,
        Command::Abort => Some(Closed::Timeout),
        Command::Finish if connection.idled() => Some(Closed::Timeout),
        Command::Finish => Some(Closed::Drain),
    }
}
