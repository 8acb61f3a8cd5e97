//! The shortcut against the library.

use serde_json::{Value, json};

use super::*;
use crate::validate::registry;

const SAMPLES: &[(&str, &str)] = &[
    ("GatewayClass", include_str!("../../../tests/samples/gatewayclass.yaml")),
    ("Gateway", include_str!("../../../tests/samples/gateway.yaml")),
    ("ListenerSet", include_str!("../../../tests/samples/listenerset.yaml")),
    ("HTTPRoute", include_str!("../../../tests/samples/httproute.yaml")),
    ("GRPCRoute", include_str!("../../../tests/samples/grpcroute.yaml")),
    ("TLSRoute", include_str!("../../../tests/samples/tlsroute.yaml")),
    ("BackendTLSPolicy", include_str!("../../../tests/samples/backendtlspolicy.yaml")),
    ("Backend", include_str!("../../../tests/samples/backend.yaml")),
    ("BackendPolicy", include_str!("../../../tests/samples/backendpolicy.yaml")),
    ("ListenerPolicy", include_str!("../../../tests/samples/listenerpolicy.yaml")),
    ("GatewayParameters", include_str!("../../../tests/samples/gatewayparameters.yaml")),
];

fn library_holds(rule: &Rule, schema: &Schema, value: &Value) -> bool {
    FUNCTIONS.with(|base| {
        let mut context = base.new_inner_scope();
        context.add_variable_from_value("self", convert::of_schema(schema, value));
        matches!(rule.program.as_ref().map(|p| p.execute(&context)), Ok(Ok(CelValue::Bool(true))))
    })
}

/// The value, and what it is with one part left out, doubled, or replaced.
fn variants(value: &Value) -> Vec<Value> {
    let mut out = vec![value.clone()];
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let with = |new: Option<Value>| {
                    let mut map = map.clone();
                    match new {
                        Some(new) => map.insert(name.clone(), new),
                        None => map.remove(name),
                    };
                    Value::Object(map)
                };
                out.push(with(None));
                out.extend(variants(inner).into_iter().skip(1).map(|v| with(Some(v))));
            }
        }
        Value::Array(items) => {
            out.push(json!([]));
            for (index, inner) in items.iter().enumerate() {
                let with = |new: &[Value]| {
                    let mut items = items.clone();
                    items.splice(index..=index, new.iter().cloned());
                    Value::Array(items)
                };
                out.push(with(&[]));
                out.push(with(&[inner.clone(), inner.clone()]));
                out.extend(variants(inner).into_iter().skip(1).map(|v| with(&[v])));
            }
        }
        Value::String(_) => {
            let texts =
                ["", "Exact", "/a//b", "/a/../b", "*", "10.0.0.1", "HTTPS", "ReplacePrefixMatch", "Sampled"];
            out.extend(texts.map(Value::from));
        }
        Value::Number(_) => out.extend([0, 1, 1_000_000].map(Value::from)),
        Value::Bool(b) => out.push(json!(!b)),
        Value::Null => {}
    }
    out
}

/// What the comparison saw.
#[derive(Debug, Default)]
struct Seen {
    held: usize,
    proved: usize,
    refused: usize,
}

fn compare(schema: &Schema, value: &Value, seen: &mut Seen) {
    if !schema.rules.is_empty() {
        // Large nodes have many variants; a share of them is enough, and the same on every run.
        let variants = variants(value);
        let step = (variants.len() / 12).max(1);
        for value in variants.iter().step_by(step) {
            for rule in schema.rules.iter().filter(|rule| !rule.transition) {
                let (library, shortcut) = (library_holds(rule, schema, value), rule.shortcut.holds(value));
                assert!(
                    library || !shortcut,
                    "accepted against the library: {} for {value}",
                    rule.expression
                );
                seen.held += usize::from(library);
                seen.proved += usize::from(shortcut);
                seen.refused += usize::from(!library);
            }
        }
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match (schema.properties.get(name), &schema.additional) {
                    (Some(property), _) => compare(property, value, seen),
                    (None, Additional::Values(values)) => compare(values, value, seen),
                    _ => {}
                }
            }
        }
        Value::Array(items) => {
            for (of, item) in items.iter().filter_map(|item| Some((schema.items.as_ref()?, item))) {
                compare(of, item, seen);
            }
        }
        _ => {}
    }
}

#[test]
fn the_shortcut_never_accepts_what_the_library_refuses() {
    let mut seen = Seen::default();
    for (kind, text) in SAMPLES {
        let schema = &registry::all().iter().find(|(name, _)| name == kind).unwrap().1[0].1.schema;
        for sample in serde_saphyr::from_multiple::<Value>(text).unwrap() {
            compare(schema, &sample, &mut seen);
        }
    }
    assert!(seen.held > 5_000 && seen.refused > 500, "{seen:?}");
    assert!(seen.proved * 10 > seen.held * 9, "it proves the usual case: {} of {}", seen.proved, seen.held);
}

fn holds(expression: &str, value: &Value) -> bool {
    Node::of_rule(Program::compile(expression).unwrap().expression()).holds(value)
}

#[test]
fn what_the_shortcut_proves() {
    let value =
        json!({ "a": 1, "s": "text", "l": [1, 2, 3], "o": [{ "n": "x" }, { "n": "y" }], "namespace": "n" });
    for expression in [
        "self.a == 1 && self.s != 'x' || false",
        "has(self.a) && !has(self.b)",
        "self.__namespace__ == 'n'",
        "self.l.size() == 3 && size(self.s) == 4 && size(self) == 5",
        "self.l[0] + self.l[1] <= self.l[2]",
        "2 in self.l && !(4 in self.l) && self.s in ['a', 'text']",
        "self.s.startsWith('te') && self.s.endsWith('xt') && self.s.contains('ex') && self.s.matches('^t.x')",
        "self.l.all(i, i > 0) && self.l.exists(i, i >= 3) && self.l.exists_one(i, i < 2)",
        "self.l.filter(i, i > 1).size() == 2",
        "self.o.all(x, self.o.exists_one(y, x.n == y.n))",
        "self.a == 1 ? true : self.nosuch",
        "self.nosuch == 1 || true",
        "unknownfunction(self) || true",
    ] {
        assert!(holds(expression, &value), "{expression}");
    }
}

#[test]
fn what_the_shortcut_leaves_to_the_library() {
    let value = json!({ "a": 1, "s": "text", "l": [1], "f": 1.5, "z": null, "m": { "k": "v" } });
    for expression in [
        "self.a == 2",
        "self.nosuch == 1",
        "self.l[5] == 1",
        "self.f == 1.5",
        "has(self.z) || self.z == null",
        "self.m == self.m",
        "self.m.all(k, k == 'k')",
        "self.s.matches('(')",
        "duration('1s') == duration('1s')",
        "self.a == 'x' || self.a != 'x'",
        "self.l",
        "self.a + 9223372036854775807 > 0",
    ] {
        assert!(!holds(expression, &value), "{expression}");
    }
}
