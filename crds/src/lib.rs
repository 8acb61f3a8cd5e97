//! The kinds that Corten reads: the Gateway API's (generated from its published CRDs), Corten's own, and the few of
//! Kubernetes itself; and [`validate`], which says offline what an API server would say of an object.

pub mod core;
mod duration;
pub mod gateway;
pub mod kinds;
mod suggest;
pub mod v1alpha1;
pub mod validate;

pub use duration::{Duration, DurationError};
pub use kinds::{KINDS, KindInfo, UnknownKind};
