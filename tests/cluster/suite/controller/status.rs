//! Statuses are true, others' entries stay, and there are few writes.

use super::*;
use serde_json::json;

#[test]
fn entries_of_another_controller_stay() {
    let namespace = Namespace::create("foreign");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let _replica = Replica::start(&namespace, &class, "a");
    namespace.apply(&gateway(&class, "edge", HTTP));
    namespace.apply(&redirect("route", "edge", "a.example"));
    let parents =
        || namespace.get("httproute", "route")["status"]["parents"].as_array().cloned().unwrap_or_default();
    eventually("our entry", || parents().len() == 1);
    let foreign = json!({
        "controllerName": "other.example/controller", "parentRef": {"name": "elsewhere"},
        "conditions": [{
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "theirs",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
    });
    let mut both = vec![foreign.clone()];
    both.extend(parents());
    let patch = json!({"status": {"parents": both}}).to_string();
    namespace
        .kubectl(
            &["patch", "httproute", "route", "--subresource=status", "--type=merge", "--patch", &patch],
            "",
        )
        .unwrap();
    namespace.apply(&redirect("route", "nowhere", "a.example"));
    eventually("our entry to go", || parents().len() == 1);
    // The API server fills in defaults of the reference.
    assert_eq!(parents()[0]["controllerName"], foreign["controllerName"]);
    assert_eq!(parents()[0]["conditions"], foreign["conditions"]);
    namespace.apply(&redirect("route", "edge", "a.example"));
    eventually("our entry to come back", || parents().len() == 2);
    assert_eq!(parents()[0]["conditions"], foreign["conditions"]);
}

/// Many routes that attach one after the other cost few writes of their Gateway, and none once they have.
#[test]
fn a_burst_of_routes_costs_few_writes_of_the_gateway() {
    const ROUTES: usize = 300;
    let namespace = Namespace::create("burst");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let replica = Replica::start(&namespace, &class, "a");
    namespace.apply(&gateway(&class, "edge", HTTP));
    wait_until_programmed(&namespace, "edge");
    let before = replica.metric("corten_controller_status_writes_total", "kind=\"Gateway\"");
    let routes: String =
        (0..ROUTES).map(|number| redirect(&format!("r{number}"), "edge", "a.example")).collect();
    namespace.apply(&routes);
    wait_for("every route to be counted", cluster::POD_DEADLINE, || {
        (namespace.get("gateway", "edge")["status"]["listeners"][0]["attachedRoutes"] == ROUTES).then_some(())
    });
    let writes = replica.metric("corten_controller_status_writes_total", "kind=\"Gateway\"") - before;
    assert!((1.0..50.0).contains(&writes), "{writes}");
    wait_for("every route's status", cluster::POD_DEADLINE, || {
        let written =
            replica.metric("corten_controller_status_writes_total", "kind=\"HTTPRoute\",result=\"written\"");
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let all = written >= ROUTES as f64;
        all.then_some(())
    });
}

/// What stays wrong is an Event on the object.
#[test]
fn what_stays_wrong_is_an_event() {
    let namespace = Namespace::create("event");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let _replica = Replica::start(&namespace, &class, "a");
    namespace.apply(&gateway(&class, "edge", HTTP));
    namespace.apply(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: lost}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: [{name: nobody, port: 80}]}]
",
    );
    eventually("an Event about the missing Service", || {
        let events = cluster::get(&["--namespace", namespace.name(), "get", "events.events.k8s.io"]);
        events["items"].as_array().unwrap().iter().any(|event| {
            event["regarding"]["name"] == "lost"
                && event["reason"] == "BackendNotFound"
                && event["note"].as_str().unwrap_or_default().contains("nobody")
        })
    });
}
