//! The API server is away: what is served goes on, also in containers that start meanwhile, and changes that are made once
//! it is back are taken up.

use crate::installation::{HOST, Installation};
use corten_test_support::{
    Instant,
    cluster::{ApiServerAway, POD_DEADLINE},
    load::Load,
    setting,
    wait::pause,
    wait_for,
};
use std::{path::Path, time::Duration};

/// In one pod the dataplane starts alone, in the other both do. Neither finds an API server, and both serve what was good
/// last.
#[test]
fn without_the_api_server_restarted_pods_serve_on() {
    let installation = Installation::start(&[]);
    let mut load = Load::default();
    for _ in 0..4 {
        load.retrying(installation.address, HOST);
    }
    let [first, second] = installation.pods().try_into().expect("two pods");
    let restart = |pod: &crate::pods::Pod, containers: &[&str]| {
        let old: Vec<_> = containers.iter().map(|name| pod.process(name).expect("it runs")).collect();
        containers.iter().for_each(|container| pod.kill(container));
        wait_for("the dataplane to serve again", POD_DEADLINE, || {
            // The container's id is another one then, which only the API server could tell: so it is asked itself.
            let gone = old.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists());
            (gone && pod.says_ready("dataplane") && installation.serves(pod, HOST)).then_some(())
        });
    };
    let away = ApiServerAway::begin();
    restart(&first, &["dataplane"]);
    restart(&second, &["controller", "dataplane"]);
    // A controller that has read nothing must not say that it is ready, nor publish nothing.
    wait_for("the controller to be up, and not ready", POD_DEADLINE, || {
        second.asked("controller", "/readyz").filter(|(status, _)| *status == 503)
    });
    // That nothing wears off with time is the question here; there is nothing to wait for.
    pause(Duration::from_secs(setting("CORTEN_OUTAGE_SECONDS", 60)));
    for pod in [&first, &second] {
        assert!(installation.serves(pod, HOST), "{} at the end of the outage", pod.name);
    }
    drop(away);
    let back = Instant::now();
    installation.change_is_served("after");
    println!("after an outage a new route is served {:?} after the API server is", back.elapsed());
    wait_for("statuses to be written again", POD_DEADLINE, || (installation.attached() == 2).then_some(()));
    println!("and counted after {:?}", back.elapsed());
    for pod in [&first, &second] {
        wait_for("the pod to be ready", POD_DEADLINE, || installation.pod(&pod.name).ready.then_some(()));
    }
    let served = load.finish();
    println!("an outage of the API server: {served} requests, each answered");
}
