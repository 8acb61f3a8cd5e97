//! What `corten run` does on the wire: one module for each thing that a user configures or sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod answers;
mod cors;
mod filters;
mod http2;
mod hyper_backend;
mod matching;
mod messages;
mod mirror;
mod observe;
mod redirect;
mod rewrite;
mod startup;
mod streaming;
mod timeouts;
mod tls;
mod upstreams;
mod websockets;
mod weights;

use corten_test_support::{Backend, Gateway, yaml};

/// A gateway with backends that answer with their own names, and one route with these rules.
fn named(names: &[&str], rules: &str) -> (Gateway, Vec<Backend>) {
    let backends: Vec<_> = names.iter().map(|name| Backend::named(name)).collect();
    let mut builder = Gateway::builder();
    for (name, backend) in names.iter().zip(&backends) {
        builder = builder.service(name, &[backend]);
    }
    (builder.route("route", &[], rules).start(), backends)
}

/// A gateway with one backend that echoes, behind one rule with these filters (a YAML sequence).
fn filtered(filters: &str) -> (Gateway, Backend) {
    let backend = Backend::echo();
    let rule = format!("{}  filters:\n{}", yaml::prefix_rule("/", "app"), shift(filters));
    let gateway = Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).start();
    (gateway, backend)
}

/// Moves a block two columns in.
fn shift(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}\n")).collect()
}
