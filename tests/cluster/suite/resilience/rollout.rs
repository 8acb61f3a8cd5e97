//! A rollout loses nothing: pods are replaced one by one, and each tells its clients before it goes.

use crate::installation::Installation;
use corten_test_support::{cluster::POD_DEADLINE, wait_for};

#[test]
fn a_rollout_loses_nothing() {
    let installation = Installation::start(&[]);
    let before: Vec<String> = installation.pods().into_iter().map(|pod| pod.name).collect();
    assert_eq!(before.len(), 2);
    let load = installation.load();
    let namespace = installation.release.namespace();
    let deployment = installation.release.deployment();
    namespace.kubectl(&["rollout", "restart", &format!("deployment/{deployment}")], "").unwrap();
    namespace.wait_for_deployment(&deployment);
    // Until the last of them has drained, not only until new ones have come.
    for pod in &before {
        wait_for(&format!("{pod} to be gone"), POD_DEADLINE, || {
            namespace.kubectl(&["get", "pod", pod], "").is_err().then_some(())
        });
    }
    installation.change_is_served("after");
    let served = load.finish();
    println!("a rollout of two pods: {served} requests, none lost");
}
