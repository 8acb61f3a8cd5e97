//! `corten` for people: `run`, `check`, `explain` and `demo`, over a folder of plain Kubernetes YAML.
//!
//! Every command starts with [`load`] and [`compiled`]; each has a module of its own name.

pub mod check;
pub mod compiled;
pub mod demo;
pub mod diagnostic;
pub mod exit;
pub mod explain;
pub mod load;
pub mod logging;
pub mod run;
