//! What holds for every input. The golden inputs are where these tests start from.

use crate::read;
use corten_compile::{Compiler, Inputs, Options, Output, compile};
use corten_snapshot::{Action, Filter, PartKey, Snapshot, Target, TrustSource};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

/// The texts of all golden inputs.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let topics = fs::read_dir(root).expect("golden files").map(|topic| topic.expect("a topic").path());
    let files = topics.flat_map(|topic| fs::read_dir(topic).expect("a topic"));
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let inputs = files.iter().filter(|file| file.to_string_lossy().ends_with(".in.yaml"));
    inputs.map(|file| fs::read_to_string(file).expect("a text")).collect()
});

/// Reverses and rotates every list.
fn shuffled(mut inputs: Inputs, turn: usize) -> Inputs {
    macro_rules! turn {
        ($($field:ident),* $(,)?) => {
            $(
                inputs.$field.reverse();
                let length = inputs.$field.len().max(1);
                if !inputs.$field.is_empty() { inputs.$field.rotate_left(turn % length); }
            )*
        };
    }
    turn!(
        gateway_classes,
        gateways,
        listener_sets,
        http_routes,
        grpc_routes,
        tls_routes,
        tcp_routes,
        udp_routes,
        reference_grants,
        backend_tls_policies,
        backends,
        backend_policies,
        listener_policies,
        gateway_parameters,
        services,
        endpoint_slices,
        secrets,
        config_maps,
        namespaces,
    );
    inputs
}

#[test]
fn the_order_of_the_inputs_does_not_matter() {
    for text in TEXTS.iter() {
        let (inputs, options) = read::inputs(text).expect("a golden input");
        let straight = compile(&inputs, &options);
        for turn in 0..3 {
            assert!(straight == compile(&shuffled(inputs.clone(), turn), &options), "{text}");
        }
    }
}

/// All parts that a part names must be in the snapshot.
fn dangling(snapshot: &Snapshot) -> Vec<String> {
    let keys: BTreeSet<&PartKey> = snapshot.iter().map(|(key, _)| key).collect();
    let mut missing = Vec::new();
    let mut need = |key: PartKey| {
        if !keys.contains(&key) {
            missing.push(key.to_string());
        }
    };
    for (_, part) in snapshot.iter() {
        match &*part.part {
            corten_snapshot::Part::Host(host) => {
                need(PartKey::Listener(host.listener.clone()));
                assert!(host.entries.iter().all(|entry| (entry.rule as usize) < host.rules.len()));
                let mut target = |target: &Target| {
                    if let Target::Cluster(key) = target {
                        need(PartKey::Cluster(key.clone()));
                    }
                };
                for rule in &host.rules {
                    let mut filters: Vec<&Filter> = rule.filters.iter().collect();
                    if let Action::Forward(backends) = &rule.action {
                        assert!(!backends.is_empty());
                        backends.iter().for_each(|backend| target(&backend.target));
                        filters.extend(backends.iter().flat_map(|backend| &backend.filters));
                    }
                    for filter in filters {
                        if let Filter::Mirror(mirror) = filter {
                            target(&mirror.target);
                        }
                    }
                }
            }
            corten_snapshot::Part::Cluster(cluster) => {
                need(PartKey::Endpoints(cluster.endpoints.clone()));
                if let Some(tls) = &cluster.tls {
                    tls.client_certificate.iter().for_each(|key| need(PartKey::Certificate(key.clone())));
                    if let TrustSource::Bundles(bundles) = &tls.trust {
                        bundles.iter().for_each(|key| need(PartKey::Trust(key.clone())));
                    }
                }
            }
            corten_snapshot::Part::Listener(listener) => {
                if let Some(tls) = &listener.tls {
                    tls.certificates.iter().for_each(|key| need(PartKey::Certificate(key.clone())));
                    let trust = tls.client_validation.iter().flat_map(|validation| &validation.trust);
                    trust.for_each(|key| need(PartKey::Trust(key.clone())));
                }
            }
            _ => {}
        }
    }
    missing
}

/// What must hold for any output.
fn check(output: &Output) {
    assert_eq!(dangling(&output.snapshot), Vec::<String>::new());
    for note in &output.notes {
        assert!(!note.message.is_empty() && !note.message.contains(['\n', '\r', '\u{1b}']), "{note:?}");
    }
    for (id, status) in output.statuses.iter() {
        let text = serde_json::to_value(status).expect("a status is JSON");
        for_each_condition(&text, &mut |condition| {
            let message = condition["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty() && message.len() <= 32_768, "{id}: {condition}");
            let reason = condition["reason"].as_str().unwrap_or_default();
            assert!(
                !reason.is_empty() && reason.chars().all(|c| c.is_ascii_alphanumeric()),
                "{id}: {condition}"
            );
        });
    }
}

fn for_each_condition(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(map) if map.contains_key("reason") => visit(value),
        Value::Object(map) => map.values().for_each(|value| for_each_condition(value, visit)),
        Value::Array(items) => items.iter().for_each(|value| for_each_condition(value, visit)),
        _ => {}
    }
}

#[test]
fn a_compiler_that_remembers_gives_the_same() {
    let mut compiler = Compiler::default();
    for text in TEXTS.iter() {
        let (inputs, options) = read::inputs(text).expect("a golden input");
        let first = compiler.compile(&inputs, &options);
        assert!(first == compile(&inputs, &options), "{text}");
        let second = compiler.compile(&inputs, &options);
        assert!(first == second, "{text}");
        assert!(second.snapshot.verify().is_ok(), "hashes are those of the parts");
        for ((_, old), (_, new)) in first.snapshot.iter().zip(second.snapshot.iter()) {
            assert!(Arc::ptr_eq(&old.part, &new.part), "unchanged parts are shared");
        }
    }
}

#[test]
fn outputs_hold_together() {
    for text in TEXTS.iter() {
        let (inputs, options) = read::inputs(text).expect("a golden input");
        check(&compile(&inputs, &options));
    }
}

/// All objects of all golden inputs, as JSON.
static OBJECTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let documents = TEXTS.iter().flat_map(|text| serde_saphyr::from_multiple::<Value>(text).expect("YAML"));
    documents.filter(|document| document["kind"] != "Options").collect()
});

/// Puts something else in place of one leaf.
fn mutate(value: &mut Value, which: &Index, new: &Value) {
    let mut leaves = 0;
    count(value, &mut leaves);
    if leaves > 0 {
        let mut left = which.index(leaves);
        replace(value, &mut left, new);
    }
}

fn count(value: &Value, leaves: &mut usize) {
    match value {
        Value::Object(map) => map.values().for_each(|value| count(value, leaves)),
        Value::Array(items) => items.iter().for_each(|value| count(value, leaves)),
        _ => *leaves += 1,
    }
}

fn replace(value: &mut Value, left: &mut usize, new: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.iter_mut().filter(|(key, _)| *key != "kind").any(|(_, v)| replace(v, left, new))
        }
        Value::Array(items) => items.iter_mut().any(|value| replace(value, left, new)),
        leaf if *left == 0 => {
            *leaf = new.clone();
            true
        }
        _ => {
            *left -= 1;
            false
        }
    }
}

fn oddity() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,40}".prop_map(Value::from),
        Just(Value::from("")),
        Just(Value::from("*")),
        Just(Value::from("a\r\nb: c")),
        Just(Value::from("/%")),
        Just(Value::from("::")),
        Just(Value::from("gw")),
        Just(Value::from("app")),
        Just(Value::from("default")),
        Just(Value::from(0)),
        Just(Value::from(65_535)),
        Just(Value::from(u32::MAX)),
        Just(Value::from(true)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Objects thrown together, some with something odd in them: whatever comes out holds together, and nothing panics.
    #[test]
    fn no_input_makes_it_fail(
        picks in prop::collection::vec((any::<Index>(), prop::option::of((any::<Index>(), oddity()))), 1..24),
        standalone in any::<bool>(),
    ) {
        let mut inputs = Inputs::default();
        for (pick, mutation) in &picks {
            let mut object = pick.get(&OBJECTS).clone();
            if let Some((which, new)) = mutation {
                mutate(&mut object, which, new);
            }
            // What does not deserialise is the loader's business.
            let _ = read::add(&mut inputs, object);
        }
        let options = Options { standalone, ..read::standalone() };
        let output = compile(&inputs, &options);
        check(&output);
        prop_assert!(output == compile(&shuffled(inputs, 1), &options));
    }
}
