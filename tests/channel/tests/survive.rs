//! The dataplane serves on while the controller is away, and starts without it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use corten_channel::{
    Pod, has_logged, logged,
    site::{break_host, host_key, site},
};
use corten_snapshot::{ContentHash, Snapshot, file};
use corten_test_support::Client;

#[test]
fn the_death_of_the_controller_is_not_noticed_by_clients() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    let (controller, dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    logged(&controller, &["acknowledged", "revision=1"]);
    let mut client = Client::connect(pod.http());
    assert_eq!(client.get("a.test", "/").status, 302);

    drop(controller); // SIGKILL
    logged(&dataplane, &["the controller is away"]);
    assert_eq!(client.get("a.test", "/").status, 302, "on the connection of before");
    assert_eq!(pod.location("a.test").as_deref(), Some("v1"), "on a new one");

    // A new controller with the same snapshot has nothing to send but its revision.
    let controller = pod.controller();
    logged(&controller, &["update sent", "kind=\"delta\"", "changed=0", "removed=0"]);
    logged(&controller, &["acknowledged", "revision=1", "rejected=0"]);
    drop(controller);

    // One with another snapshot sends it whole, since it never knew the old one.
    pod.publish(&site(pod.http(), &[("a.test", "v2")]));
    let controller = pod.controller();
    pod.serves("a.test", "v2");
    logged(&controller, &["update sent", "kind=\"full\""]);
    assert_eq!(client.get("a.test", "/").status, 302, "still on the connection of before");
}

#[test]
fn a_new_controller_learns_what_was_rejected_before() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    let (controller, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    let mut broken = site(pod.http(), &[("a.test", "v2")]);
    break_host(&mut broken, "a.test");
    pod.publish(&broken);
    logged(&controller, &["acknowledged", "revision=2", "rejected=1"]);
    drop(controller);

    let controller = pod.controller();
    logged(&controller, &["acknowledged", "revision=1", "rejected=1"]);
    logged(&controller, &["rejected", "host a.test"]);
}

#[test]
fn a_dataplane_starts_from_the_last_good_snapshot_without_a_controller() {
    let pod = Pod::new();
    let good = site(pod.http(), &[("a.test", "v1"), ("b.test", "v1")]);
    pod.publish(&good);
    let (controller, dataplane) = (pod.controller(), pod.dataplane());
    pod.keeps(&good);
    let mut broken = site(pod.http(), &[("a.test", "v2"), ("b.test", "v2")]);
    break_host(&mut broken, "a.test");
    pod.publish(&broken);
    let mut kept = site(pod.http(), &[("a.test", "v2"), ("b.test", "v2")]);
    kept.put_back(&host_key("a.test"), &good);
    pod.keeps(&kept);
    drop((controller, dataplane)); // both by SIGKILL

    let dataplane = pod.dataplane();
    pod.serves("b.test", "v2");
    assert_eq!(pod.location("a.test").as_deref(), Some("v1"), "of the rejected part, the one before");
    logged(&dataplane, &["starting from the last good snapshot"]);

    let controller = pod.controller();
    logged(&controller, &["update sent", "kind=\"full\""]);
    logged(&controller, &["acknowledged", "rejected=1"]);
    assert_eq!(pod.location("a.test").as_deref(), Some("v1"));
}

#[test]
fn a_damaged_or_foreign_last_good_snapshot_is_ignored_with_a_warning() {
    let bytes = file::encode(1, &Snapshot::default()).unwrap();
    let (mut damaged, mut foreign) = (bytes.clone(), bytes);
    damaged.pop();
    foreign[8..40].copy_from_slice(&ContentHash::of(b"another version").0);
    for (bytes, word) in [(damaged, "damaged"), (foreign, "another version of Corten")] {
        let pod = Pod::new();
        std::fs::write(pod.last_good(), bytes).unwrap();
        let dataplane = pod.dataplane();
        logged(&dataplane, &["the last good snapshot is ignored", word]);
        let _controller = pod.controller();
        pod.publish(&site(pod.http(), &[("a.test", "v1")]));
        pod.serves("a.test", "v1");
    }
}

#[test]
fn a_second_controller_on_the_socket_ends_and_the_first_goes_on() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    let (first, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    let second = pod.controller();
    assert_eq!(second.wait(corten_test_support::DEADLINE).code(), Some(1));
    assert!(has_logged(&second, &["another process listens on"]), "{}", second.stderr());
    pod.publish(&site(pod.http(), &[("a.test", "v2")]));
    pod.serves("a.test", "v2");
    assert_eq!(first.exited(), None);
}
