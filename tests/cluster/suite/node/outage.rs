//! The API server can be taken away and given back, which tests of Corten rely on.

use crate::ECHO;
use corten_test_support::cluster::{ApiServerAway, Namespace, connect};

/// While it is away nothing can be written, and pods serve on; afterwards the node goes on as before.
#[test]
fn without_the_api_server_pods_serve_on() {
    let namespace = Namespace::create("outage");
    namespace.apply(ECHO);
    namespace.wait_for_deployment("echo");
    let address = namespace.load_balancer("echo");
    {
        let _away = ApiServerAway::begin();
        assert_eq!(connect((address, 80)).get("echo.example", "/").status, 200);
    }
    namespace.kubectl(&["scale", "deployment/echo", "--replicas=1"], "").unwrap();
    namespace.wait_for_deployment("echo");
    assert_eq!(connect((address, 80)).get("echo.example", "/").status, 200);
}
