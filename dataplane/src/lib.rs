//! The dataplane: takes snapshots and serves traffic by them.
//!
//! The way of a request is in `proxy.rs`, top to bottom; the way of a snapshot into the tables that
//! the workers read is in `build/`.

#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
mod admin;
#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
mod check;
#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
mod error;
pub mod filter;
#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
mod headers;
pub mod normalize;
#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
pub mod observe;
pub mod rng;
pub mod route;
pub mod source;
#[allow(dead_code, unused_imports, reason = "proxy.rs comes with the next step")]
mod tls;
