//! The dataplane: takes snapshots and serves traffic by them.
//!
//! The way of a request is in `proxy.rs`, top to bottom; the way of a snapshot into the tables that
//! the workers read is in `build/`.

mod admin;
mod body;
mod build;
mod check;
mod connection;
mod control;
mod error;
mod exchange;
pub mod filter;
mod forward;
mod headers;
mod listen;
pub mod normalize;
pub mod observe;
mod proxy;
pub mod rng;
pub mod route;
mod session;
pub mod source;
mod start;
mod tables;
mod tls;
mod upgrade;
mod upstream;
mod worker;
mod worker_pool;

pub use start::{Handle, Options, Status, start};
