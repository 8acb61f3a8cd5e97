use super::*;
use corten_compile::status::{
    BackendStatus, ConditionStatus, GatewayAddress, GatewayStatus, ParentStatus, PolicyAncestorStatus,
    PolicyStatus, RouteKindRef, RouteStatus,
};
use corten_crds::gateway::ParentReference;

const OURS: &str = "corten.dev/gateway-controller";
const NOW: &str = "2026-11-24T12:00:00Z";
const BEFORE: &str = "2026-01-01T00:00:00Z";

fn writer() -> Writer<'static> {
    Writer { controller: OURS, now: NOW }
}

fn condition(type_: &'static str, status: ConditionStatus, generation: i64) -> Condition {
    let (reason, message) = ("Because", "a sentence".into());
    Condition { type_, status, reason, message, observed_generation: Some(generation) }
}

fn shown(type_: &str, status: &str, generation: i64, since: &str) -> Value {
    json!({
        "type": type_, "status": status, "reason": "Because", "message": "a sentence",
        "observedGeneration": generation, "lastTransitionTime": since,
    })
}

fn parent(name: &str) -> ParentReference {
    ParentReference { name: name.to_owned(), ..ParentReference::default() }
}

fn route(parents: &[&str], status: ConditionStatus, generation: i64) -> Status {
    let parents = parents.iter().map(|name| ParentStatus {
        parent_ref: parent(name),
        conditions: vec![condition("Accepted", status, generation)],
    });
    Status::Route(RouteStatus { parents: parents.collect() })
}

fn entry(name: &str, controller: &str, condition: Value) -> Value {
    json!({"parentRef": {"name": name}, "controllerName": controller, "conditions": [condition]})
}

#[test]
fn a_route_without_status_gets_one() {
    let new =
        merged(&writer(), Kind::HttpRoute, None, Some(&route(&["a"], ConditionStatus::True, 4))).unwrap();
    assert_eq!(new, json!({"parents": [entry("a", OURS, shown("Accepted", "True", 4, NOW))]}));
}

#[test]
fn what_is_shown_already_is_not_written() {
    let current = json!({"parents": [entry("a", OURS, shown("Accepted", "True", 4, BEFORE))]});
    let same = route(&["a"], ConditionStatus::True, 4);
    assert_eq!(merged(&writer(), Kind::HttpRoute, Some(&current), Some(&same)), None);
}

#[test]
fn the_time_moves_only_with_the_status() {
    let current = json!({"parents": [entry("a", OURS, shown("Accepted", "True", 4, BEFORE))]});
    let new =
        |status| merged(&writer(), Kind::HttpRoute, Some(&current), Some(&route(&["a"], status, 5))).unwrap();
    assert_eq!(
        new(ConditionStatus::True)["parents"][0]["conditions"][0],
        shown("Accepted", "True", 5, BEFORE),
        "a generation is no transition"
    );
    assert_eq!(
        new(ConditionStatus::False)["parents"][0]["conditions"][0],
        shown("Accepted", "False", 5, NOW)
    );
}

#[test]
fn entries_of_others_stay_as_and_where_they_are() {
    let foreign = json!({
        "parentRef": {"name": "x"}, "controllerName": "other.io/c", "conditions": [], "memberOfTheFuture": {"a": 1},
    });
    let current = json!({"parents": [
        entry("gone", OURS, shown("Accepted", "True", 1, BEFORE)),
        foreign,
        entry("a", OURS, shown("Accepted", "True", 1, BEFORE)),
    ]});
    let desired = route(&["new", "a"], ConditionStatus::True, 1);
    let new = merged(&writer(), Kind::HttpRoute, Some(&current), Some(&desired)).unwrap();
    assert_eq!(
        new,
        json!({"parents": [
            foreign,
            entry("a", OURS, shown("Accepted", "True", 1, BEFORE)),
            entry("new", OURS, shown("Accepted", "True", 1, NOW)),
        ]})
    );
}

#[test]
fn without_anything_to_say_only_our_entries_go() {
    let foreign = entry("x", "other.io/c", shown("Accepted", "True", 1, BEFORE));
    let ours = entry("a", OURS, shown("Accepted", "True", 1, BEFORE));
    let gone = |current: &Value| merged(&writer(), Kind::HttpRoute, Some(current), None);
    assert_eq!(gone(&json!({"parents": [ours, foreign]})), Some(json!({"parents": [foreign]})));
    assert_eq!(gone(&json!({"parents": [foreign]})), None);
    assert_eq!(merged(&writer(), Kind::HttpRoute, None, None), None);
    let gateway = json!({"conditions": [shown("Accepted", "True", 1, BEFORE)]});
    assert_eq!(merged(&writer(), Kind::Gateway, Some(&gateway), None), None, "it may be another's by now");
}

fn gateway(attached: i32, addresses: &[&str]) -> Status {
    let listener = ListenerStatus {
        name: "http".to_owned(),
        attached_routes: attached,
        supported_kinds: vec![RouteKindRef { group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
        conditions: vec![condition("Programmed", ConditionStatus::True, 2)],
    };
    let addresses =
        addresses.iter().map(|value| GatewayAddress { type_: "IPAddress", value: (*value).to_owned() });
    Status::Gateway(GatewayStatus {
        addresses: addresses.collect(),
        conditions: vec![condition("Programmed", ConditionStatus::True, 2)],
        listeners: vec![listener],
        attached_listener_sets: 0,
    })
}

#[test]
fn a_gateway_keeps_the_times_of_its_listeners_and_conditions_of_others() {
    let foreign = shown("example.com/Audited", "True", 1, BEFORE);
    let current = json!({
        "addresses": [{"type": "IPAddress", "value": "192.0.2.1"}],
        "attachedListenerSets": 0,
        "conditions": [shown("Programmed", "True", 2, BEFORE), shown("Obsolete", "True", 1, BEFORE), foreign],
        "listeners": [{
            "name": "http", "attachedRoutes": 1, "conditions": [shown("Programmed", "True", 2, BEFORE)],
            "supportedKinds": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}],
        }],
    });
    let new = merged(&writer(), Kind::Gateway, Some(&current), Some(&gateway(2, &[]))).unwrap();
    assert_eq!(new["conditions"], json!([shown("Programmed", "True", 2, BEFORE), foreign]));
    assert_eq!(new["listeners"][0]["attachedRoutes"], 2);
    assert_eq!(new["listeners"][0]["conditions"][0]["lastTransitionTime"], BEFORE);
    assert!(new.get("addresses").is_none());
    let patch = patch("u", "17", Some(&current), &new);
    assert_eq!(patch["metadata"], json!({"uid": "u", "resourceVersion": "17"}));
    assert_eq!(patch["status"]["addresses"], Value::Null, "what is no longer there is taken out");
    assert_eq!(merged(&writer(), Kind::Gateway, Some(&new), Some(&gateway(2, &[]))), None);
}

#[test]
fn ancestors_beyond_the_limit_of_the_api_are_left_out_but_never_those_of_others() {
    let foreign = |number: usize| json!({"ancestorRef": {"name": format!("x{number}")}, "controllerName": "other.io/c", "conditions": []});
    let current = json!({"ancestors": (0..14).map(foreign).collect::<Vec<_>>()});
    let ancestors = ["a", "b", "c", "d"].map(|name| PolicyAncestorStatus {
        ancestor_ref: parent(name),
        conditions: vec![condition("Accepted", ConditionStatus::True, 1)],
    });
    let desired = Status::Policy(PolicyStatus { ancestors: ancestors.to_vec() });
    let new = merged(&writer(), Kind::BackendTlsPolicy, Some(&current), Some(&desired)).unwrap();
    let entries = new["ancestors"].as_array().unwrap();
    assert_eq!(entries.len(), 16);
    assert_eq!(entries[15]["ancestorRef"]["name"], "b");
    assert_eq!(entries[..14], current["ancestors"].as_array().unwrap()[..]);
}

#[test]
fn a_condition_without_generation_has_none() {
    let bare = Condition { observed_generation: None, ..condition("Accepted", ConditionStatus::Unknown, 0) };
    let desired = Status::Backend(BackendStatus { conditions: vec![bare] });
    let new = merged(&writer(), Kind::Backend, None, Some(&desired)).unwrap();
    assert!(new["conditions"][0].get("observedGeneration").is_none());
}
