//! What must hold while a cluster does what clusters do: rollouts, killed containers, an API server that is away, a
//! leader that is cut off, backends that come and go, routes by the thousand. All of it against the chart's own
//! installation, with load from inside the node's network (`tests/cluster/exec`), one test at a time.
//!
//! Nothing is asserted about speed unless `CORTEN_FIGURES=check` says that the image is optimised and the machine quiet;
//! the figures are printed in any case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod backends;
mod containers;
mod figures;
mod foreign;
mod installation;
mod kinds;
mod leader;
mod one_by_one;
mod outage;
mod pods;
mod rollout;
mod thousand;
