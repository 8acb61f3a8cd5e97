use super::*;
use corten_compile::{
    Inputs, ObjectName, Options,
    status::{GatewayStatus, ParentStatus, RouteStatus},
};
use corten_crds::gateway::ParentReference;
use serde_json::json;

fn condition(type_: &'static str, status: ConditionStatus) -> Condition {
    Condition { type_, status, reason: "R", message: "m".into(), observed_generation: Some(3) }
}

fn gateway(listeners: &[&str]) -> Status {
    let listener = |name: &&str| ListenerStatus {
        name: (*name).to_owned(),
        attached_routes: 0,
        supported_kinds: Vec::new(),
        conditions: vec![condition("Programmed", ConditionStatus::True)],
    };
    Status::Gateway(GatewayStatus {
        addresses: Vec::new(),
        conditions: vec![
            condition("Accepted", ConditionStatus::True),
            condition("Programmed", ConditionStatus::True),
        ],
        listeners: listeners.iter().map(listener).collect(),
        attached_listener_sets: 0,
    })
}

fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId { kind, name: ObjectName::new("infra", name) }
}

fn conditions(status: &Status) -> Vec<(String, &'static str, &'static str)> {
    let Status::Gateway(gateway) = status else { panic!("{status:?}") };
    let own = gateway.conditions.iter().map(|c| (c.type_.to_owned(), c.status.as_str(), c.reason));
    let of = |listener: &ListenerStatus| {
        let name = listener.name.clone();
        listener
            .conditions
            .iter()
            .map(move |c| (name.clone(), c.status.as_str(), c.reason))
            .collect::<Vec<_>>()
    };
    own.chain(gateway.listeners.iter().flat_map(of)).collect()
}

fn rejected(key: PartKey) -> Rejected {
    Rejected { key, reason: "the key does not fit".to_owned() }
}

/// A pass over one Gateway with an HTTPS listener `s` (Secret `cert`), an HTTP listener `p`, and a route.
fn pass() -> Pass {
    let certified = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    let object = |kind: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": "infra", "name": name}});
    let with = |mut object: Value, member: &str, value: Value| {
        object[member] = value;
        object
    };
    let class =
        with(object("GatewayClass", "c"), "spec", json!({"controllerName": "corten.dev/gateway-controller"}));
    let gateway = with(
        object("Gateway", "edge"),
        "spec",
        json!({"gatewayClassName": "c", "listeners": [
            {"name": "s", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}},
            {"name": "p", "port": 80, "protocol": "HTTP"},
        ]}),
    );
    let route =
        with(object("HTTPRoute", "r"), "spec", json!({"parentRefs": [{"name": "edge"}], "rules": [{}]}));
    let secret = with(
        object("Secret", "cert"),
        "stringData",
        json!({
            "tls.crt": certified.cert.pem(), "tls.key": certified.signing_key.serialize_pem(),
        }),
    );
    let inputs = Inputs {
        gateway_classes: vec![serde_json::from_value(class).unwrap()],
        gateways: vec![serde_json::from_value(gateway).unwrap()],
        http_routes: vec![serde_json::from_value(route).unwrap()],
        secrets: vec![serde_json::from_value(secret).unwrap()],
        namespaces: vec![
            serde_json::from_value(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "infra"}}),
            )
            .unwrap(),
        ],
        ..Inputs::default()
    };
    let output = corten_compile::compile(&inputs, &Options::default());
    Pass { revision: 1, snapshot: output.snapshot, statuses: output.statuses, notes: output.notes, inputs }
}

fn key_of(pass: &Pass, matches: impl Fn(&PartKey) -> bool) -> PartKey {
    pass.snapshot.iter().map(|(key, _)| key.clone()).find(matches).expect("a part of this kind")
}

#[test]
fn what_is_acknowledged_as_a_whole_is_as_the_compiler_says() {
    let acknowledged = Acknowledged::with(&pass(), &[]);
    let desired = gateway(&["s"]);
    assert_eq!(*acknowledged.apply(&id(Kind::Gateway, "edge"), &desired, None).unwrap(), desired);
}

#[test]
fn nothing_is_programmed_before_it_is_acknowledged() {
    let waiting = Acknowledged::waiting();
    let desired = gateway(&["s"]);
    let status = waiting.apply(&id(Kind::Gateway, "edge"), &desired, None).unwrap();
    assert_eq!(
        conditions(&status),
        [
            ("Accepted".to_owned(), "True", "R"),
            ("Programmed".to_owned(), "False", "Pending"),
            ("s".to_owned(), "False", "Pending"),
        ]
    );
    let shown = json!({"conditions": [{"type": "Programmed", "status": "True"}]});
    assert!(
        waiting.apply(&id(Kind::Gateway, "edge"), &desired, Some(&shown)).is_none(),
        "an earlier revision is served: that stays until it is known what became of this one"
    );
    let route = Status::Route(RouteStatus { parents: Vec::new() });
    assert!(waiting.apply(&id(Kind::HttpRoute, "r"), &route, None).is_some(), "routes say nothing about it");
}

#[test]
fn a_rejected_certificate_is_told_by_the_listeners_that_use_it() {
    let pass = pass();
    let key = key_of(&pass, |key| matches!(key, PartKey::Certificate(_)));
    let acknowledged = Acknowledged::with(&pass, &[rejected(key)]);
    let desired = gateway(&["s", "p"]);
    let status = acknowledged.apply(&id(Kind::Gateway, "edge"), &desired, None).unwrap();
    assert_eq!(
        conditions(&status)[1..],
        [
            ("Programmed".to_owned(), "True", "R"),
            ("s".to_owned(), "False", "Invalid"),
            ("p".to_owned(), "True", "R"),
        ]
    );
    let other = acknowledged.apply(&id(Kind::Gateway, "other"), &desired, None).unwrap();
    assert_eq!(*other, desired);
}

#[test]
fn a_gateway_all_of_whose_listeners_are_rejected_is_not_programmed() {
    let pass = pass();
    let key = |name: &str| rejected(PartKey::Listener(ListenerKey::new(format!("infra/edge/{name}"))));
    let acknowledged = Acknowledged::with(&pass, &[key("s"), key("p")]);
    let desired = gateway(&["s", "p"]);
    let status = acknowledged.apply(&id(Kind::Gateway, "edge"), &desired, None).unwrap();
    assert!(
        conditions(&status)[1..].iter().all(|(_, status, reason)| (*status, *reason) == ("False", "Invalid"))
    );
}

#[test]
fn a_listener_of_a_set_belongs_to_the_set() {
    let key = PartKey::Listener(ListenerKey::new("gateways/edge/infra/set/l"));
    let acknowledged = Acknowledged::with(&pass(), &[rejected(key)]);
    let desired = gateway(&["l"]);
    assert!(matches!(
        acknowledged.apply(&id(Kind::ListenerSet, "set"), &desired, None).unwrap(),
        Cow::Owned(_)
    ));
    assert!(matches!(
        acknowledged.apply(&id(Kind::Gateway, "edge"), &desired, None).unwrap(),
        Cow::Borrowed(_)
    ));
}

#[test]
fn rejected_routes_are_told_by_the_routes() {
    let pass = pass();
    let key = key_of(&pass, |key| matches!(key, PartKey::Host(..)));
    let acknowledged = Acknowledged::with(&pass, &[rejected(key)]);
    let parent = ParentStatus {
        parent_ref: ParentReference::default(),
        conditions: vec![condition("Accepted", ConditionStatus::True)],
    };
    let desired = Status::Route(RouteStatus { parents: vec![parent] });
    let status = acknowledged.apply(&id(Kind::HttpRoute, "r"), &desired, None).unwrap();
    let Status::Route(route) = &*status else { panic!("{status:?}") };
    let last = route.parents[0].conditions.last().unwrap();
    assert_eq!(
        (last.type_, last.status, last.observed_generation),
        ("Programmed", ConditionStatus::False, Some(3))
    );
    assert!(last.message.contains("the key does not fit"), "{}", last.message);
}
