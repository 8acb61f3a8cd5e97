//! The kinds that Corten reads: the Gateway API's (generated from its published CRDs) and Corten's own.

mod duration;
pub mod gateway;
pub mod v1alpha1;

pub use duration::{Duration, DurationError};
