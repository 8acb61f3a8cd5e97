//! A compiler that remembers gives what one gives that compiles from nothing, whatever was edited in between.

use crate::read;
use corten_compile::{Compiler, Inputs, Options, Output, compile};
use corten_snapshot::{Part, Rule};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

/// An edit of one of a few objects of each kind; the numbers choose among the few things that it may say, so that
/// references meet their targets, or miss them, often.
#[derive(Clone, Debug)]
enum Edit {
    /// Puts an object there, new or changed.
    Put(usize, [u8; 5]),
    /// Reads it again: another allocation with the same content.
    Again(usize, u8),
    Remove(usize, u8),
    Standalone(bool),
    Statuses(bool),
}

type Make = fn(u8, [u8; 4]) -> Value;

/// What is edited, the most often edited kinds several times.
const KINDS: &[Make] = &[
    route,
    route,
    route,
    route,
    service,
    service,
    slice,
    slice,
    slice,
    backend,
    backend,
    gateway,
    grant,
    secret,
    tls_policy,
    backend_policy,
    grpc_route,
    listener_policy,
    namespace,
    listener_set,
    config_map,
];

fn metadata(prefix: &str, number: u8, namespace: u8) -> Value {
    let age = 60 - number % 3;
    json!({
        "name": format!("{prefix}{number}"),
        "namespace": if namespace.is_multiple_of(5) { "other" } else { "default" },
        "generation": namespace,
        "creationTimestamp": format!("2026-01-01T00:00:{:02}Z", age % 60),
    })
}

fn hostnames(choice: u8) -> Value {
    match choice % 5 {
        0 | 1 => json!([]),
        2 => json!(["a.example.com"]),
        3 => json!(["*.example.com", "b.example.com"]),
        _ => json!(["Not A Name", "a.example.com"]),
    }
}

fn reference(number: u8, choice: u8) -> Value {
    match choice % 8 {
        0..4 => json!({"name": format!("s{}", number % 3), "port": 80}),
        4 => json!({"name": format!("s{}", number % 3), "port": 81, "namespace": "other", "weight": 3}),
        5 => json!({"name": format!("b{}", number % 3), "kind": "Backend", "group": "corten.dev"}),
        6 => {
            json!({"name": format!("b{}", number % 3), "kind": "Backend", "group": "corten.dev", "port": 80})
        }
        _ => json!({"name": "nowhere", "port": 80}),
    }
}

fn filters(number: u8, choice: u8) -> Value {
    match choice % 7 {
        0 => {
            json!([{"type": "RequestMirror", "requestMirror": {"backendRef": reference(number, choice / 7)}}])
        }
        1 => json!([{
            "type": "RequestHeaderModifier",
            "requestHeaderModifier": {"set": [{"name": "x-a", "value": "1"}]},
        }]),
        2 => json!([{"type": "ExtensionRef", "extensionRef": {"group": "g", "kind": "K", "name": "n"}}]),
        _ => json!([]),
    }
}

fn route(number: u8, [a, b, c, d]: [u8; 4]) -> Value {
    // Most have paths of their own, so that there are hostnames where nothing is shadowed.
    let of_its_own = [format!("/r{number}"), format!("/a/{number}"), format!("/{}", number * 7)];
    let shared = ["/", "/a", "/b", "bad", "/a/"][usize::from(a % 5)];
    let path = of_its_own.get(usize::from(d % 4)).map_or(shared, String::as_str);
    let second = if a % 7 == 0 { "/second".to_owned() } else { format!("/second/{number}") };
    let mut backend = reference(b, c);
    backend["filters"] = filters(d, c.wrapping_add(d));
    let parent = match a % 9 {
        7 => json!({"name": "gw1", "sectionName": "second"}),
        8 => json!({"name": "foreign", "group": "example.com"}),
        _ => json!({"name": format!("gw{}", b % 2)}),
    };
    let parents = if d % 6 == 0 { json!([parent, {"name": "gw0", "port": 80}]) } else { json!([parent]) };
    let rules = json!([
        {
            "matches": [{"path": {"type": if c % 7 == 0 { "RegularExpression" } else { "PathPrefix" }, "value": path}}],
            "backendRefs": [backend, reference(b / 3, d)],
            "filters": filters(b, d),
        },
        {"matches": [{"path": {"value": second}, "method": "GET"}], "backendRefs": [reference(a, b)]},
    ]);
    let rules = if b % 3 == 0 { json!([rules[1]]) } else { rules };
    let default = if d % 11 == 0 { json!("All") } else { Value::Null };
    json!({
        "kind": "HTTPRoute", "metadata": metadata("r", number, a),
        "spec": {
            "parentRefs": parents, "hostnames": hostnames(d), "rules": rules, "useDefaultGateways": default,
        },
    })
}

fn grpc_route(number: u8, [a, ..]: [u8; 4]) -> Value {
    json!({"kind": "GRPCRoute", "metadata": metadata("r", number, a), "spec": {"parentRefs": [{"name": "gw0"}]}})
}

fn service(number: u8, [a, b, c, _]: [u8; 4]) -> Value {
    let protocol = [json!(null), json!("kubernetes.io/h2c"), json!("https"), json!("odd")];
    let spec = match c % 7 {
        0 => json!({"type": "ExternalName", "externalName": "example.org", "ports": [{"port": 80}]}),
        _ => json!({"ports": [
            {
                "name": if b % 3 == 0 { "web" } else { "http" }, "port": 80 + i32::from(b % 5 == 0),
                "targetPort": 8080, "appProtocol": protocol[usize::from(a % 8) % 4 * usize::from(a % 2)],
            },
        ]}),
    };
    json!({"kind": "Service", "metadata": metadata("s", number % 3, if c % 3 == 0 { 0 } else { 1 }), "spec": spec})
}

fn slice(number: u8, [a, b, c, d]: [u8; 4]) -> Value {
    let mut metadata = metadata("e", number, if c % 4 == 0 { 0 } else { 1 });
    metadata["labels"] = json!({"kubernetes.io/service-name": format!("s{}", a % 3)});
    let address = |last: u8| match last % 9 {
        8 => "127.0.0.1".to_owned(),
        last => format!("10.0.0.{last}"),
    };
    json!({
        "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
        "ports": [{"name": if b % 3 == 0 { "web" } else { "http" }, "port": 8080}],
        "endpoints": [{"addresses": [address(c)], "conditions": {"ready": d % 3 != 0}}, {"addresses": [address(d)]}],
    })
}

fn backend(number: u8, [a, b, c, _]: [u8; 4]) -> Value {
    let tls = match c % 5 {
        0 => json!({"hostname": "example.org", "wellKnownCACertificates": "System"}),
        1 => {
            json!({"hostname": "example.org", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "c0"}]})
        }
        _ => Value::Null,
    };
    let host = ["10.0.0.1", "example.org", "bad host", "localhost"][usize::from(a % 4)];
    json!({
        "kind": "Backend", "metadata": metadata("b", number % 3, 1),
        "spec": {"endpoints": [{"host": host, "port": 80 + u16::from(b % 3)}], "tls": tls},
    })
}

fn gateway(number: u8, [a, b, c, d]: [u8; 4]) -> Value {
    let backend = json!({"backend": {"clientCertificateRef": {"name": "cert0"}}});
    let from = if c % 3 == 0 { "All" } else { "Same" };
    let mut listeners = json!([{
        "name": "first", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": from}},
    }]);
    if b % 2 == 0 {
        let second = json!({"name": "second", "port": 80, "protocol": "HTTP", "hostname": "*.example.com"});
        listeners.as_array_mut().expect("a list").push(second);
    }
    json!({
        "kind": "Gateway", "metadata": metadata("gw", number % 2, 1),
        "spec": {
            "gatewayClassName": if a % 9 == 0 { "none" } else { "corten" }, "listeners": listeners,
            "tls": if d % 5 == 0 { backend } else { Value::Null },
            "defaultScope": if d % 4 == 0 { json!("All") } else { Value::Null },
            "allowedListeners": {"namespaces": {"from": "All"}},
        },
    })
}

fn listener_set(number: u8, [a, ..]: [u8; 4]) -> Value {
    json!({
        "kind": "ListenerSet", "metadata": metadata("ls", number % 2, 1),
        "spec": {
            "parentRef": {"name": "gw0"},
            "listeners": [{"name": "set", "port": 80 + u16::from(a % 2), "protocol": "HTTP"}],
        },
    })
}

fn grant(number: u8, [a, ..]: [u8; 4]) -> Value {
    let mut metadata = metadata("grant", number % 2, 1);
    metadata["namespace"] = json!("other");
    let kind = if a % 2 == 0 { "Service" } else { "Secret" };
    json!({
        "kind": "ReferenceGrant", "metadata": metadata,
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "default"}],
            "to": [{"group": "", "kind": kind}],
        },
    })
}

fn secret(number: u8, [a, ..]: [u8; 4]) -> Value {
    json!({"kind": "Secret", "metadata": metadata("cert", number % 2, 1), "stringData": {"tls.crt": format!("{a}")}})
}

fn config_map(number: u8, [a, ..]: [u8; 4]) -> Value {
    json!({"kind": "ConfigMap", "metadata": metadata("c", number % 2, 1), "data": {"ca.crt": format!("{a}")}})
}

fn namespace(number: u8, [a, ..]: [u8; 4]) -> Value {
    let name = if number.is_multiple_of(2) { "default" } else { "other" };
    json!({"kind": "Namespace", "metadata": {"name": name, "labels": {"a": format!("{}", a % 2)}}})
}

fn tls_policy(number: u8, [a, b, ..]: [u8; 4]) -> Value {
    let section = if b % 2 == 0 { json!("web") } else { Value::Null };
    json!({
        "kind": "BackendTLSPolicy", "metadata": metadata("tp", number % 2, 1),
        "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": format!("s{}", a % 3), "sectionName": section}],
            "validation": {
                "hostname": if b % 5 == 0 { "*.bad" } else { "example.org" }, "wellKnownCACertificates": "System",
            },
        },
    })
}

fn backend_policy(number: u8, [a, b, c, _]: [u8; 4]) -> Value {
    let (group, kind, prefix) =
        if b % 2 == 0 { ("", "Service", "s") } else { ("corten.dev", "Backend", "b") };
    json!({
        "kind": "BackendPolicy", "metadata": metadata("bp", number % 2, 1),
        "spec": {
            "targetRefs": [{"group": group, "kind": kind, "name": format!("{prefix}{}", a % 3)}],
            "connection": {"connectTimeout": format!("{}s", 1 + c % 3)},
        },
    })
}

fn listener_policy(number: u8, [a, ..]: [u8; 4]) -> Value {
    json!({
        "kind": "ListenerPolicy", "metadata": metadata("lp", number % 2, 1),
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": format!("gw{}", a % 2)}],
        },
    })
}

/// The objects as they are at one time, each read once.
#[derive(Default)]
struct World {
    /// One set of inputs for each object, so that its allocation stays until it is edited.
    objects: BTreeMap<(String, String), (Value, Inputs)>,
    standalone: bool,
    statuses: bool,
}

impl World {
    fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Put(kind, [number, choices @ ..]) => {
                let object = KINDS[kind % KINDS.len()](number % 6, *choices);
                self.put(without_nulls(object));
            }
            Edit::Again(kind, number) => {
                if let Some(key) = self.key(*kind, *number) {
                    let (object, _) = self.objects[&key].clone();
                    self.put(object);
                }
            }
            Edit::Remove(kind, number) => {
                let key = self.key(*kind, *number);
                key.map(|key| self.objects.remove(&key));
            }
            Edit::Standalone(standalone) => self.standalone = *standalone,
            Edit::Statuses(statuses) => self.statuses = *statuses,
        }
    }

    /// One of the objects.
    fn key(&self, kind: usize, number: u8) -> Option<(String, String)> {
        let wanted = (kind + usize::from(number)) % self.objects.len().max(1);
        self.objects.keys().nth(wanted).cloned()
    }

    fn put(&mut self, object: Value) {
        let mut name = String::new();
        let metadata = &object["metadata"];
        write!(name, "{}/{}", metadata["namespace"], metadata["name"]).expect("a String");
        let key = (object["kind"].as_str().expect("a kind").to_owned(), name);
        let mut inputs = Inputs::default();
        read::add(&mut inputs, object.clone()).expect("an object");
        self.objects.insert(key, (object, inputs));
    }

    fn inputs(&self) -> Inputs {
        let mut all = Inputs::default();
        macro_rules! extend {
            ($one:ident: $($field:ident),* $(,)?) => {{
                let Inputs { $($field),* } = $one;
                $(all.$field.extend($field.iter().map(Arc::clone));)*
            }};
        }
        for (_, inputs) in self.objects.values() {
            extend!(
                inputs: gateway_classes, gateways, listener_sets, http_routes, grpc_routes, tls_routes, tcp_routes,
                udp_routes, reference_grants, backend_tls_policies, backends, backend_policies, listener_policies, gateway_parameters,
                services, endpoint_slices, secrets, config_maps, namespaces,
            );
        }
        all
    }

    fn options(&self) -> Options {
        Options { standalone: self.standalone, statuses: self.statuses, ..read::standalone() }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        12 => (any::<usize>(), any::<[u8; 5]>()).prop_map(|(kind, choices)| Edit::Put(kind, choices)),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(kind, number)| Edit::Again(kind, number)),
        3 => (any::<usize>(), any::<u8>()).prop_map(|(kind, number)| Edit::Remove(kind, number)),
        1 => prop::bool::weighted(0.8).prop_map(Edit::Standalone),
        1 => prop::bool::weighted(0.8).prop_map(Edit::Statuses),
    ]
}

/// A Gateway, three Services with endpoints and six routes, so that something is served from the start.
fn start() -> World {
    let mut world = World { standalone: true, statuses: true, ..World::default() };
    world.put(without_nulls(gateway(0, [1, 1, 0, 1])));
    for number in 0..3 {
        world.put(without_nulls(service(number, [0, 1, 1, 0])));
        world.put(without_nulls(slice(number, [number, 1, 1, 1])));
    }
    for number in 0..6 {
        world.put(without_nulls(route(number, [1 + number % 2, 2 * number, 3, 1])));
    }
    world
}

/// The rules on all hostnames.
fn rules(output: &Output) -> Vec<Arc<Rule>> {
    let hosts = output.snapshot.iter().filter_map(|(_, part)| match &*part.part {
        Part::Host(host) => Some(host.rules.clone()),
        _ => None,
    });
    hosts.flatten().collect()
}

#[test]
fn what_has_not_changed_is_not_compiled_again() {
    let (mut world, mut compiler) = (start(), Compiler::default());
    for number in 0..6 {
        world.put(without_nulls(route(number, [1, 2, 3, 1])));
    }
    let before = rules(&compiler.compile(&world.inputs(), &world.options()));
    assert!(before.len() >= 6);
    // Other endpoints, and another route: of the rules only those of the route are new.
    world.put(without_nulls(slice(0, [0, 1, 5, 1])));
    world.put(without_nulls(route(2, [2, 4, 3, 1])));
    let after = rules(&compiler.compile(&world.inputs(), &world.options()));
    let new = after.iter().filter(|rule| !before.iter().any(|old| Arc::ptr_eq(old, rule)));
    let new: BTreeSet<&str> = new.map(|rule| rule.route.name.as_str()).collect();
    assert_eq!(new, BTreeSet::from(["r2"]));
}

#[test]
fn what_is_gone_is_let_go() {
    let (mut world, mut compiler) = (start(), Compiler::default());
    let held = world.inputs();
    compiler.compile(&held, &world.options());
    world.objects.clear();
    compiler.compile(&world.inputs(), &world.options());
    assert!(held.http_routes.iter().all(|route| Arc::strong_count(route) == 1));
    assert!(held.services.iter().all(|service| Arc::strong_count(service) == 1));
    assert!(held.endpoint_slices.iter().all(|slice| Arc::strong_count(slice) == 1));
}

/// Compiles, and holds the output against that of a fresh compiler.
fn compile_and_compare(compiler: &mut Compiler, world: &World) -> Output {
    let (inputs, options) = (world.inputs(), world.options());
    let (again, fresh) = (compiler.compile(&inputs, &options), compile(&inputs, &options));
    assert_eq!(again.notes, fresh.notes);
    assert!(again.snapshot == fresh.snapshot);
    again
}

/// A route for one value of a header; all have one path.
fn header_route(number: u8, value: u8) -> Value {
    json!({
        "kind": "HTTPRoute", "metadata": {"name": format!("r{number:03}"), "namespace": "default"},
        "spec": {
            "parentRefs": [{"name": "gw0"}],
            "rules": [{
                "matches": [{"path": {"value": "/"}, "headers": [{"name": "x-a", "value": value.to_string()}]}],
                "backendRefs": [{"name": "s0", "port": 80}],
            }],
        },
    })
}

/// Of many matches of one path only so many are compared: which, is the same whatever came and went before.
#[test]
fn of_many_alike_the_same_are_shadowed() {
    let (mut world, mut compiler) = (start(), Compiler::default());
    world.objects.retain(|(kind, _), _| kind != "HTTPRoute");
    let shadowed = |output: &Output| output.notes.iter().filter(|note| note.reason == "Shadowed").count();
    let mut most = 0;
    for number in 0..36 {
        world.put(header_route(number, number));
        compile_and_compare(&mut compiler, &world);
    }
    // The last two say the same, and come into sight as others go.
    world.put(header_route(35, 34));
    for number in 0..6 {
        most = most.max(shadowed(&compile_and_compare(&mut compiler, &world)));
        world.objects.retain(|(_, name), _| !name.contains(&format!("r{number:03}")));
    }
    most = most.max(shadowed(&compile_and_compare(&mut compiler, &world)));
    assert_eq!(most, 1);
}

/// The matches of one rule that are equally specific stay in the order in which they are written.
#[test]
fn equal_matches_of_a_rule_keep_their_order() {
    let (mut world, mut compiler) = (start(), Compiler::default());
    for (number, paths) in [(40, ["/one", "/two"]), (41, ["/six", "/ten"]), (40, ["/two", "/one"])] {
        world.put(json!({
            "kind": "HTTPRoute", "metadata": {"name": format!("r{number}"), "namespace": "default"},
            "spec": {
                "parentRefs": [{"name": "gw0"}],
                "rules": [{
                    "matches": paths.map(|path| json!({"path": {"value": path}})),
                    "backendRefs": [{"name": "s0", "port": 80}],
                }],
            },
        }));
        compile_and_compare(&mut compiler, &world);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn after_every_edit_the_output_is_that_of_a_fresh_compiler(
        edits in vec(vec(edit(), 1..3), 1..24),
    ) {
        let mut world = start();
        let mut compiler = Compiler::default();
        for step in &edits {
            step.iter().for_each(|edit| world.edit(edit));
            let (inputs, options) = (world.inputs(), world.options());
            let (again, fresh) = (compiler.compile(&inputs, &options), compile(&inputs, &options));
            prop_assert_eq!(&again.statuses, &fresh.statuses);
            prop_assert_eq!(&again.notes, &fresh.notes);
            prop_assert!(again.snapshot == fresh.snapshot);
            prop_assert!(again.snapshot.verify().is_ok(), "hashes are those of the parts");
        }
    }
}
