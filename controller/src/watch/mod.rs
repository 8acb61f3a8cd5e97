//! Watching the cluster: everything that the compiler reads, as it is now.
//!
//! Every kind has a store and, for each scope (all namespaces, or those that the options name), a task that follows it.
//! A kind that is not installed is synced and empty, and is picked up when its CRD comes. Secrets and ConfigMaps are
//! watched by their metadata, and only those are read that an object names.

mod cluster;
mod follow;
mod referenced;
mod references;
mod seen;
mod store;

pub use cluster::{Cluster, Starter, WatchConfig};
pub use referenced::Referenced;
pub use references::References;
pub use seen::{Seen, Shown, Watched};
pub use store::{AnyStore, Scope, Signal, Signals, Store};
