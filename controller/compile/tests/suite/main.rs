//! Tests of the compiler as a whole.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod dump;
mod golden;
mod incremental;
mod properties;
mod read;
