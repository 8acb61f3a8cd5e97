//! The dataplane over real sockets, fed from memory: what the units cannot show alone.

mod bodies;
mod changes;
mod client_timeouts;
mod draining;
mod http2;
mod retries;
mod support;
mod upgrades;
