//! Fuzzing on a stable toolchain: what reads bytes from outside must not panic, and must keep its promises.
//!
//! A target is a function over bytes that panics when a promise is broken, and otherwise returns a word for what
//! became of the input. A [`Campaign`] runs it on the kept seeds, then on mutations of them, within a bound. A word
//! that was not seen before makes its input a new seed for the rest of the run: a small substitute for coverage.
//! The README says how to add a target and how to run one guided by coverage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target fails by panicking; this crate is only used by tests"
)]

mod campaign;
mod mutate;
mod samples;
mod seeds;
pub mod targets;

pub use campaign::{Campaign, Report};
pub use mutate::Mutator;
