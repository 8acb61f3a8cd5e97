//! The commands as processes: what they serve, print and exit with.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod check;
mod demo;
mod examples;
mod explain;
mod mistakes;
mod reload;
mod run;
mod support;
