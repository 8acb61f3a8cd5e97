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
use std::{future::poll_fn, task::Poll, time::Duration};

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

/// A client that has just connected, over TLS with a handshake behind it, is about to ask. It is given this
/// long when the process ends; one that has been answered before has had `Connection: close`.
const GRACE: Duration = Duration::from_secs(3);

/// Ends when a connection without a first byte is to be closed, and says why. It is dropped before: the client speaks.
pub(super) async fn told_while_silent(connection: &Connection) -> Closed {
    let reaches = |least: Command| {
        poll_fn(move |cx| {
            connection.register(cx.waker());
            if connection.command() >= least { Poll::Ready(()) } else { Poll::Pending }
        })
    };
    reaches(Command::Finish).await;
    if told(connection) == Some(Closed::Drain) {
        let _ = tokio::time::timeout(GRACE, reaches(Command::Abort)).await;
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
