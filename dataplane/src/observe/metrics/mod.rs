//! Prometheus metrics.
//!
//! Nothing is looked up and nothing shared is written on the way of a request: handles are resolved when a
//! listener, route or cluster is built, and kept by its stable key over reloads; each worker counts in cache
//! lines of its own ([`shard::Sharded`]); sums are made when somebody scrapes. The number of series is bounded
//! ([`keyed::Keyed`]), and those of what is no longer configured are dropped.

mod bind;
mod cluster;
mod collect;
mod config;
mod family;
mod keyed;
mod listener;
mod observer;
mod process;
mod shard;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use bind::{BindStats, Closed};
pub(crate) use cluster::{ClusterStats, ConnectFailure};
pub(crate) use listener::{Ended, ListenerStats, RouteStats};
pub(crate) use observer::Observer;
pub(crate) use worker::WorkerStats;
