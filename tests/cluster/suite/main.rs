//! On a real Kubernetes, ours or the one that `KUBECONFIG` names. Run by `tests/run cluster`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod chart;
mod controller;
mod crds;
mod image;
mod services;
mod tutorial;
