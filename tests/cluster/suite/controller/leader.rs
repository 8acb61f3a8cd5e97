//! Several replicas: all serve, one writes.

use super::*;
use corten_test_support::DEADLINE;

#[test]
fn another_replica_takes_over_when_the_leader_ends() {
    let namespace = Namespace::create("leader");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let first = Replica::start(&namespace, &class, "first");
    eventually("the first to lead", || first.metric("corten_controller_leader", "") > 0.0);
    let second = Replica::start(&namespace, &class, "second");
    namespace.apply(&gateway(&class, "edge", HTTP));
    namespace.apply(&redirect("route", "edge", "a.example"));
    wait_until_programmed(&namespace, "edge");
    let writes = |replica: &Replica| replica.metric("corten_controller_status_writes_total", "");
    assert_eq!((second.metric("corten_controller_leader", ""), writes(&second)), (0.0, 0.0));
    // Both compile the same.
    let hash = |replica: &Replica| replica.metric("corten_controller_snapshot_hash", "");
    eventually("replicas to agree", || (hash(&first) - hash(&second)).abs() < 0.5);

    first.controller.terminate();
    assert!(first.controller.wait(DEADLINE).success());
    // The lease was given back, so that its 15 seconds need not run out.
    eventually("the second to lead", || second.metric("corten_controller_leader", "") > 0.0);
    namespace.apply(&redirect("another", "edge", "b.example"));
    eventually("the second to write", || {
        namespace.get("gateway", "edge")["status"]["listeners"][0]["attachedRoutes"] == 2
    });
}
