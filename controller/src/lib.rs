//! The controller: compiles what users wrote into snapshots and publishes them to dataplanes.
//!
//! The compiler is a crate of its own, `corten-compile`; this crate holds what has a clock, a socket or a client.
//! The way of a change: `watch` -> `engine` -> `publish`, and then `status` and `expose` for the replica that leads.

pub mod admin;
pub mod client;
pub mod engine;
pub mod events;
pub mod expose;
pub mod kubernetes;
pub mod leader;
pub mod metrics;
pub mod publish;
pub mod status;
pub mod watch;
