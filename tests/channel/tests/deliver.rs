//! What the controller publishes is in effect, and the controller knows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use corten_channel::{
    Pod, has_logged, logged,
    site::{break_host, site},
};

#[test]
fn everything_comes_first_then_only_what_changed() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1"), ("b.test", "v1")]));
    let (controller, dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    logged(&controller, &["update sent", "revision=1", "kind=\"full\"", "changed=3"]);
    let pid = format!("pid={}", dataplane.id());
    logged(&controller, &["acknowledged", "revision=1", "rejected=0", &pid]);

    pod.publish(&site(pod.http(), &[("a.test", "v2")]));
    pod.serves("a.test", "v2");
    assert_eq!(pod.location("b.test"), None, "what was removed is gone");
    logged(&controller, &["update sent", "revision=2", "kind=\"delta\"", "changed=1", "removed=1"]);
    logged(&controller, &["acknowledged", "revision=2", "rejected=0", &pid]);
}

#[test]
fn a_part_that_cannot_be_built_is_rejected_alone_and_by_name() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1"), ("b.test", "v1")]));
    let (controller, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");

    let mut broken = site(pod.http(), &[("a.test", "v2"), ("b.test", "v2")]);
    break_host(&mut broken, "a.test");
    pod.publish(&broken);
    pod.serves("b.test", "v2");
    assert_eq!(pod.location("a.test").as_deref(), Some("v1"), "the one before stays");
    logged(&controller, &["acknowledged", "revision=2", "rejected=1"]);
    logged(&controller, &["WARN", "rejected", "host a.test on listener app/gateway/http", "reason="]);

    // The rejected part is still said to be so when another changes.
    let mut broken = site(pod.http(), &[("a.test", "v3"), ("b.test", "v3")]);
    break_host(&mut broken, "a.test");
    pod.publish(&broken);
    pod.serves("b.test", "v3");
    logged(&controller, &["acknowledged", "revision=3", "rejected=1"]);

    pod.publish(&site(pod.http(), &[("a.test", "v4"), ("b.test", "v3")]));
    pod.serves("a.test", "v4");
    logged(&controller, &["acknowledged", "revision=4", "rejected=0"]);
}

#[test]
fn a_dataplane_may_start_long_before_its_controller() {
    let pod = Pod::new();
    let dataplane = pod.dataplane();
    logged(&dataplane, &["the controller is away"]);
    let controller = pod.controller();
    logged(&controller, &["a dataplane has connected"]);
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    pod.serves("a.test", "v1");
}

#[test]
fn a_file_that_is_no_snapshot_changes_nothing() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    let (controller, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    std::fs::write(pod.snapshot(), "kind: Gateway").unwrap();
    logged(&controller, &["WARN", "not a Corten snapshot"]);
    assert_eq!(pod.location("a.test").as_deref(), Some("v1"));
    assert!(!has_logged(&controller, &["revision=2"]));
    pod.publish(&site(pod.http(), &[("a.test", "v2")]));
    pod.serves("a.test", "v2");
}

#[test]
fn private_keys_cross_the_channel_and_are_not_shown() {
    let pod = Pod::new();
    let mut snapshot = site(pod.http(), &[("a.test", "v1")]);
    corten_channel::site::add_certificate(&mut snapshot);
    pod.publish(&snapshot);
    let (_controller, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    let dump = pod.dump();
    assert!(dump.contains(&snapshot.hash().to_string()), "{dump}");
    assert!(dump.contains("THE-CHAIN") && !dump.contains("THE-KEY"), "{dump}");
}
