//! Statuses: what the compiler wants objects to show, and what dataplanes have acknowledged, onto the objects.

mod merge;
mod programmed;
mod queue;
mod writer;

pub use writer::{Sources, StatusWriter};
