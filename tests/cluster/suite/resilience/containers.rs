//! A container that is killed comes back, and meanwhile the others do its work.

use crate::installation::{HOST, Installation};
use corten_test_support::{cluster::POD_DEADLINE, load::Load, wait_for};

/// Traffic does not need controllers, not even when all of them are gone.
#[test]
fn killed_controllers_harm_no_traffic() {
    let installation = Installation::start(&[]);
    let load = installation.load();
    let pods = installation.pods();
    pods.iter().for_each(|pod| pod.kill("controller"));
    for pod in &pods {
        wait_for("the controller to be back", POD_DEADLINE, || {
            let pod = installation.pod(&pod.name);
            (pod.restarts("controller") == 1 && pod.ready).then_some(())
        });
    }
    installation.change_is_served("after");
    let served = load.finish();
    for pod in installation.pods() {
        assert_eq!(pod.restarts("dataplane"), 0);
    }
    println!("both controllers killed: {served} requests, none lost");
}

/// Connections to a killed dataplane break, as they must. Whoever tries again is served by the other one, and the new one
/// says that it is ready only when it serves.
#[test]
fn a_killed_dataplane_is_back_and_says_the_truth() {
    let installation = Installation::start(&[]);
    let mut load = Load::default();
    for _ in 0..4 {
        load.retrying(installation.address, HOST);
    }
    let [killed, other] = installation.pods().try_into().expect("two pods");
    killed.kill("dataplane");
    wait_for("the dataplane to be back", POD_DEADLINE, || {
        assert!(installation.serves(&other, HOST), "the other one");
        // In this order: ready now, so it must serve from now on.
        if killed.says_ready("dataplane") {
            assert!(installation.serves(&killed, HOST), "ready, and does not serve");
        }
        let pod = installation.pod(&killed.name);
        (pod.restarts("dataplane") == 1 && pod.ready).then_some(())
    });
    installation.change_is_served("after");
    let served = load.finish();
    let log = installation.release.namespace().kubectl(&["logs", &killed.name, "--container=dataplane"], "");
    assert!(log.unwrap().contains("starting from the last good snapshot"));
    println!("a killed dataplane: {served} requests, each answered");
}
