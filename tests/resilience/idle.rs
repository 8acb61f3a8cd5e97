//! Clients that hold connections and say nothing: hyper's buffers, some 20 KiB, must not stay with them.

use corten_test_support::{Backend, Client, Gateway, eventually, yaml};
use std::io::{Read, Write};

/// Connections that are opened; well below what a process may have by default.
const MANY: usize = 400;

/// Opens connections that are answered once, and waits until each costs the gateway less than `kib`.
#[track_caller]
fn cost_less_than<S: Read + Write>(kib: u64, gateway: &Gateway, mut open: impl FnMut() -> Client<S>) {
    let mut held = Vec::new();
    let mut answered = |count| {
        for _ in 0..count {
            let mut client = open();
            assert_eq!(client.get("localhost", "/").status, 200);
            held.push(client);
        }
    };
    // What the first ones set up is no cost of a connection.
    answered(50);
    let before = gateway.process().resident();
    answered(MANY);
    let most = before + MANY as u64 * kib * 1024;
    eventually("idle connections to let go of their buffers", || gateway.process().resident() < most);
    for client in &mut held {
        assert_eq!(client.get("localhost", "/").status, 200, "a connection that has rested is served on");
    }
}

#[test]
fn a_connection_that_rests_costs_little() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    cost_less_than(6, &gateway, || gateway.client());
}

#[test]
fn a_tls_connection_that_rests_costs_little() {
    let backend = Backend::echo();
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .https("tls", "localhost", &["localhost"])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .start();
    cost_less_than(14, &gateway, || {
        Client::connect_tls(gateway.https(), gateway.authority(), "localhost").expect("a TLS connection")
    });
}
