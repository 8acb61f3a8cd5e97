//! The API server can be taken away and given back, which tests of Corten rely on.

use crate::ECHO;
use corten_test_support::{
    cluster::{self, Namespace, connect},
    wait_for,
};
use std::{path::Path, process::Command, time::Duration};

fn daemon(verb: &str, name: &str) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon");
    assert!(
        Command::new(program).args([verb, name]).status().unwrap().success(),
        "tests/cluster/daemon {verb} {name}"
    );
}

/// Gives the API server back, also if the test fails.
struct Away;

impl Away {
    fn begin() -> Self {
        daemon("stop", "kube-apiserver");
        Self
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        daemon("start", "kube-apiserver");
        let soon = Duration::from_secs(60);
        wait_for("the API server again", soon, || cluster::kubectl(&["get", "--raw=/readyz"], "").ok());
    }
}

/// While it is away nothing can be written, and pods serve on; afterwards the node goes on as before.
#[test]
fn without_the_api_server_pods_serve_on() {
    let namespace = Namespace::create("outage");
    namespace.apply(ECHO);
    namespace.wait_for_deployment("echo");
    let address = namespace.load_balancer("echo");
    {
        let _away = Away::begin();
        wait_for("the API server to be away", Duration::from_secs(10), || {
            cluster::kubectl(&["--request-timeout=1s", "get", "--raw=/readyz"], "").err()
        });
        assert_eq!(connect((address, 80)).get("echo.example", "/").status, 200);
    }
    namespace.kubectl(&["scale", "deployment/echo", "--replicas=1"], "").unwrap();
    namespace.wait_for_deployment("echo");
    assert_eq!(connect((address, 80)).get("echo.example", "/").status, 200);
}
