//! What the suites under `tests/` share: `corten run` as a process, backends that record what they
//! received byte for byte, raw HTTP/1.1, HTTP/2 and WebSocket clients, ports and certificates.
//!
//! Everything here blocks and runs on plain threads: the other side is a real process, and a test
//! that reads top to bottom shows exactly which bytes went out and which came back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking; this crate is only used by tests"
)]

pub mod api;
pub mod backend;
pub mod cluster;
pub mod gateway;
pub mod h2;
pub mod http1;
pub mod load;
pub mod ports;
pub mod process;
pub mod release;
pub mod tls;
pub mod wait;
pub mod websocket;
pub mod yaml;

pub use backend::{Backend, Record, Reply};
pub use gateway::Gateway;
pub use http1::{Client, Response};
pub use ports::ReservedPort;
pub use tokio::time::Instant;
pub use wait::{eventually, wait_for};

/// How long anything that should happen soon may take before the test fails. Generous, since test
/// machines are slow and busy; nothing measures speed with it.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// A number from the environment, for runs that may take longer than the usual one.
pub fn setting(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => usual,
    }
}
