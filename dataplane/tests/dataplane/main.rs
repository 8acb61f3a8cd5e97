//! The dataplane over real sockets, fed from memory: what the units cannot show alone.

#![allow(unreachable_pub, reason = "a test crate exports nothing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod bodies;
mod changes;
mod client_timeouts;
mod draining;
mod hostile;
mod http2;
mod retries;
mod sight;
mod support;
mod tls;
mod upgrades;
