//! `corten` for people: `run`, `check`, `explain` and `demo`, over a folder of plain Kubernetes YAML.
//!
//! Every command has a module of its own name; those over files start with [`load`] and [`compiled`]. [`probe`] asks a running
//! process.

pub mod check;
pub mod compiled;
pub mod demo;
pub mod diagnostic;
pub mod exit;
pub mod explain;
pub mod load;
pub mod logging;
pub mod probe;
pub mod run;
