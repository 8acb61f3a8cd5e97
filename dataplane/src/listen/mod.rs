//! From a socket to requests: accept, TLS, protocol, and the connection's task.

mod accept;
mod io;
mod refusal;
mod serve;
mod socket;

pub(crate) use accept::{Acceptor, Stop, accept};
pub(crate) use serve::Stall;
pub(crate) use socket::open;
