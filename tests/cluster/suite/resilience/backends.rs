//! Backends come and go under load.

use crate::installation::{HOST, Installation, ask};
use corten_test_support::{
    cluster::{POD_DEADLINE, get},
    wait_for,
};

/// Scales the backends and waits until there are exactly so many pods.
fn scale(installation: &Installation, replicas: usize) {
    let apps = &installation.apps;
    apps.kubectl(&["scale", "deployment/echo", &format!("--replicas={replicas}")], "").unwrap();
    apps.wait_for_deployment("echo");
    wait_for("the other pods to be gone", POD_DEADLINE, || {
        let pods = get(&["--namespace", apps.name(), "get", "pods", "--selector=app=echo"]);
        (pods["items"].as_array().unwrap().len() == replicas).then_some(())
    });
}

#[test]
fn backends_that_say_goodbye_lose_nothing() {
    let installation = Installation::start(&[]);
    let load = installation.load();
    for replicas in [4, 1, 3] {
        scale(&installation, replicas);
    }
    // All are replaced.
    installation.apps.kubectl(&["rollout", "restart", "deployment/echo"], "").unwrap();
    scale(&installation, 2);
    let served = load.finish();
    println!("backends scaled to 4, 1, 3 and replaced: {served} requests, none lost");

    // Without any there is an answer at once, and it says whose fault it is.
    scale(&installation, 0);
    wait_for("503", POD_DEADLINE, || {
        let (status, _) = ask(installation.address, HOST).expect("an answer");
        assert!(matches!(status, 200 | 503), "{status}");
        (status == 503).then_some(())
    });
    scale(&installation, 1);
    installation.wait_until_served(HOST);
}
