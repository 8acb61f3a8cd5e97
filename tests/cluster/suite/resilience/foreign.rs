//! Another controller writes its status entries next to ours, and neither hurts the other's.

use crate::installation::{Installation, backend, route};
use corten_test_support::{
    api::{Api, gateway_api},
    cluster::POD_DEADLINE,
    wait_for,
};
use serde_json::{Value, json};

const TURNS: usize = 15;

/// An entry as another controller would write it in its turn.
fn entry(turn: usize) -> Value {
    json!({
        "controllerName": "other.example/controller",
        "parentRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "elsewhere"},
        "conditions": [{
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": format!("turn {turn}"),
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
    })
}

fn is_theirs(entry: &Value) -> bool {
    entry["controllerName"] == "other.example/controller"
}

fn parents(route: &Value) -> Vec<Value> {
    route["status"]["parents"].as_array().cloned().unwrap_or_default()
}

/// Writes its entry beside the others', as the rules of the API ask: read, change, write if nobody else has written.
fn write(api: &mut Api, path: &str, turn: usize) {
    wait_for("a write without a conflict", POD_DEADLINE, || {
        let route = api.get(path);
        let mut all: Vec<_> = parents(&route).into_iter().filter(|entry| !is_theirs(entry)).collect();
        all.push(entry(turn));
        let version = &route["metadata"]["resourceVersion"];
        let patch = json!({"metadata": {"resourceVersion": version}, "status": {"parents": all}}).to_string();
        let status = format!("{path}/status");
        let answer = api.request("PATCH", &status, "application/merge-patch+json", &patch);
        assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
        (answer.status == 200).then_some(())
    });
}

/// Both write at every turn. Each time theirs is what they wrote, and ours comes to be of the newest generation.
#[test]
fn two_controllers_write_one_status() {
    let installation = Installation::start(&[]);
    let mut api = Api::connect();
    let path = format!("{}/echo", gateway_api(installation.apps.name(), "httproutes"));
    for turn in 0..TURNS {
        let rule = backend(&[("marker", &turn.to_string())]);
        let changed: Value = serde_json::from_str(&route("echo", "echo.example", &rule)).unwrap();
        let generation =
            api.patch(&path, &json!({"spec": changed["spec"]}))["metadata"]["generation"].clone();
        write(&mut api, &path, turn);
        wait_for("our entry to be of this generation", POD_DEADLINE, || {
            let entries = parents(&api.get(&path));
            let theirs: Vec<_> = entries.iter().filter(|entry| is_theirs(entry)).collect();
            assert_eq!(theirs, [&entry(turn)], "turn {turn}");
            let ours: Vec<_> = entries.iter().filter(|entry| !is_theirs(entry)).collect();
            assert_eq!(ours.len(), 1, "{ours:#?}");
            assert_eq!(ours[0]["controllerName"], installation.release.controller_name());
            let conditions = ours[0]["conditions"].as_array().unwrap();
            conditions.iter().all(|condition| condition["observedGeneration"] == generation).then_some(())
        });
    }
    // Nobody answers the other: two controllers that do would write forever.
    let watch = api.watch(&gateway_api(installation.apps.name(), "httproutes"));
    assert_eq!(watch.during(std::time::Duration::from_secs(3)), 0, "writes although nothing changes");
}
