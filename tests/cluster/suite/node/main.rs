//! The node that `tests/cluster/up` makes is a real one: what runs on it sees what it would see anywhere. These tests
//! need its network (`tests/cluster/exec`) and run one at a time, since the last takes the API server away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod addresses;
mod dns;
mod helm;
mod outage;

use corten_test_support::cluster;

const ECHO: &str = include_str!("../echo.yaml");

/// Ready, of the version that the API server has (Helm compares versions), and with a runtime that is real.
#[test]
fn the_node_is_ready() {
    let nodes = cluster::get(&["get", "nodes"]);
    let nodes = nodes["items"].as_array().unwrap();
    assert_eq!(nodes.len(), 1);
    let conditions = nodes[0]["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"), "{conditions:?}");
    let info = &nodes[0]["status"]["nodeInfo"];
    let server = cluster::get(&["version"])["serverVersion"]["gitVersion"].clone();
    assert_eq!(info["kubeletVersion"], server);
    assert!(info["containerRuntimeVersion"].as_str().unwrap().starts_with("containerd://"), "{info}");
}
