//! What must hold while things change: live edits, drain, backends that go and come back. All load is
//! bounded and stays on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod backends;
mod bad_config;
mod churn;
mod drain;
mod edits;
mod growth;
mod idle;
