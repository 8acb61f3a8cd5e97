//! The controller: compiles what users wrote into snapshots and publishes them to dataplanes.
//!
//! The compiler is a crate of its own, `corten-compile`; this crate holds what has a clock, a socket or a client.

pub mod publish;
