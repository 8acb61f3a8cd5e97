//! A leader that cannot reach the API server, or that stands still, is replaced; two never write.

use crate::{
    installation::{Installation, backend, route},
    pods::{Cut, Pod},
};
use corten_test_support::{Instant, cluster::POD_DEADLINE, wait_for};
use rustix::process::Signal;

/// Waits until `new` leads. Never do both.
fn until_leads(new: &Pod, old: Option<&Pod>) {
    wait_for("another leader", POD_DEADLINE, || {
        let leads = new.leads();
        // In this order: who leads now is led by nobody else from now on.
        assert!(!(leads && old.is_some_and(Pod::leads)), "two leaders");
        leads.then_some(())
    });
}

/// Two routes are attached, so somebody writes; `old` does not.
fn only_one_writes(installation: &Installation, old: &Pod, name: &str, routes: usize) {
    let before = old.writes();
    installation.apps.apply(&route(name, &format!("{name}.example"), &backend(&[])));
    wait_for("the new leader to write", POD_DEADLINE, || (installation.attached() == routes).then_some(()));
    installation.wait_until_served(&format!("{name}.example"));
    assert!((old.writes() - before).abs() < 0.5, "the old leader has written");
}

/// Packets are lost, and connections hang. Afterwards new ones get through, but nobody tells the old leader that those from
/// before are dead.
#[test]
fn a_leader_that_is_cut_off_steps_down_and_catches_up() {
    let installation = Installation::start(&[]);
    let (old, others) = installation.leader_and_others();
    let new = &others[0];
    let load = installation.load();
    let cut = Cut::begin(&old);
    until_leads(new, Some(&old));
    // Who is cut off serves what it has, and says so in no status.
    installation.apps.apply(&route("meanwhile", "meanwhile.example", &backend(&[])));
    wait_for("the new leader to write", POD_DEADLINE, || (installation.attached() == 2).then_some(()));
    assert!(installation.serves(new, "meanwhile.example"));
    assert!(!installation.serves(&old, "meanwhile.example"), "it cannot know");
    cut.forget_connections();
    let back = Instant::now();
    installation.wait_until_served("meanwhile.example");
    println!("a replica that was cut off has caught up after {:?}", back.elapsed());
    only_one_writes(&installation, &old, "after", 3);
    load.finish();
}

/// A process that stands still believes that it leads until it goes on.
#[test]
fn a_leader_that_stands_still_writes_no_more() {
    let installation = Installation::start(&[]);
    let (old, others) = installation.leader_and_others();
    let new = &others[0];
    let load = installation.load();
    let before = old.writes();
    old.signal("controller", Signal::STOP);
    until_leads(new, None);
    installation.apps.apply(&route("meanwhile", "meanwhile.example", &backend(&[])));
    wait_for("the new leader to write", POD_DEADLINE, || (installation.attached() == 2).then_some(()));
    old.signal("controller", Signal::CONT);
    installation.wait_until_served("meanwhile.example");
    assert!((old.writes() - before).abs() < 0.5, "it has written with a lease that was another's");
    assert!(!old.leads());
    only_one_writes(&installation, &old, "after", 3);
    load.finish();
}
