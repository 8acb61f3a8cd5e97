//! Every rule of every checked-in CRD: that it compiles, that it stays within the API server's cost budget, and that
//! our walk agrees with kube-cel's own validator.

use std::collections::BTreeSet;

use kube_cel::{CompiledSchema, ErrorKind, Validator, compile_schema, estimate_rule_cost};
use serde_json::json;

use super::*;
use crate::validate::{
    registry::{self, CRDS},
    schema::Schema,
};

fn every_rule<'a>(schema: &'a Schema, visit: &mut impl FnMut(&'a cel::Rule)) {
    schema.rules.iter().for_each(|rule| visit(rule));
    schema.below().for_each(|child| every_rule(child, visit));
}

fn raw_schema(yaml_text: &str, version: usize) -> Value {
    yaml(yaml_text)["spec"]["versions"][version]["schema"]["openAPIV3Schema"].take()
}

#[test]
fn every_rule_compiles() {
    let mut expressions = BTreeSet::new();
    assert_eq!(registry::all().len(), CRDS.len(), "every CRD can be read");
    for (kind, versions) in registry::all() {
        for (version, checked) in versions {
            every_rule(&checked.schema, &mut |rule| {
                assert_eq!(rule.compile_error(), None, "{kind} {version}: {}", rule.expression());
                expressions.insert(rule.expression().to_owned());
            });
        }
    }
    let listed = CRDS.iter().flat_map(|(_, text)| rules_of(&yaml(text))).collect::<BTreeSet<_>>();
    assert_eq!(expressions.len(), listed.len(), "none is lost on the way from the YAML");
    assert!(expressions.len() > 70, "{}", expressions.len());
}

/// The expressions that stand in a CRD, wherever but in the status.
fn rules_of(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let rules = map.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten();
            let own = rules.filter_map(|r| r["rule"].as_str().map(str::to_owned));
            let below = map.iter().filter(|(name, _)| *name != "status").flat_map(|(_, v)| rules_of(v));
            own.chain(below).collect()
        }
        Value::Array(items) => items.iter().flat_map(rules_of).collect(),
        _ => Vec::new(),
    }
}

/// Rules whose strings and lists have no limit would be refused by the API server when the CRD is applied.
#[test]
fn rules_of_our_kinds_are_cheap() {
    fn walk(schema: &CompiledSchema, kind: &str) {
        for rule in schema.validations.iter().map(|rule| rule.as_ref().unwrap()) {
            let warnings = estimate_rule_cost(&rule.rule.rule, schema);
            assert!(warnings.is_empty(), "{kind}: {warnings:?}");
        }
        let below = schema.properties.values().chain(schema.items.as_deref());
        below.for_each(|child| walk(child, kind));
    }
    for (kind, text) in
        CRDS.iter().filter(|(kind, _)| kind.starts_with("Backend") || *kind == "ListenerPolicy")
    {
        if *kind != "BackendTLSPolicy" {
            walk(&compile_schema(&raw_schema(text, 0)), kind);
        }
    }
}

/// CEL sees these as timestamps and durations, which our conversion does not make: no rule may depend on it.
#[test]
fn no_rule_sees_a_date() {
    fn has_date(schema: &Schema) -> bool {
        matches!(schema.format.as_deref(), Some("date-time" | "duration")) || schema.below().any(has_date)
    }
    fn walk(schema: &Schema, path: &str) {
        assert!(schema.rules.is_empty() || !has_date(schema), "{path}");
        schema.properties.iter().for_each(|(name, s)| walk(s, &format!("{path}.{name}")));
        schema.items.iter().for_each(|s| walk(s, &format!("{path}[]")));
    }
    for (kind, versions) in registry::all() {
        for (_, checked) in versions {
            walk(&checked.schema, kind);
        }
    }
}

/// Objects that break many rules, each in the form that the API server would evaluate.
const BROKEN: &[&str] = &[
    "{kind: HTTPRoute, spec: {parentRefs: [{name: g}, {name: g}], rules: [{backendRefs: [{name: a}], matches: [{path: {value: a//b/../%2f#}}], \
     filters: [{type: CORS}, {type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath}}}, {type: URLRewrite, \
     urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}, {type: RequestMirror, cors: {}}], \
     timeouts: {request: 1s, backendRequest: 2s}, sessionPersistence: {type: Header, cookieConfig: {lifetimeType: Permanent}}}]}}",
    "{kind: GRPCRoute, spec: {rules: [{matches: [{method: {type: Exact, service: '1', method: '-'}}, {method: {}}], \
     filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a}, percent: 1, fraction: {numerator: 5, denominator: 2}}}]}]}}",
    "{kind: Gateway, spec: {gatewayClassName: c, addresses: [{type: Hostname, value: A}], listeners: [{name: a, port: 1, protocol: TCP, hostname: x}, \
     {name: a, port: 1, protocol: TCP, hostname: x}, {name: b, port: 2, protocol: TLS}, {name: c, port: 3, protocol: HTTPS, tls: {mode: Passthrough}}], \
     tls: {frontend: {default: {}, perPort: [{port: 1, tls: {}}, {port: 1, tls: {}}]}}}}",
    "{kind: TLSRoute, spec: {hostnames: [10.0.0.1, 'a.*'], rules: [{backendRefs: [{name: a}]}]}}",
    "{kind: BackendTLSPolicy, spec: {targetRefs: [{group: '', kind: Service, name: a}, {group: '', kind: Service, name: a}], \
     validation: {hostname: a, subjectAltNames: [{type: URI, hostname: a}]}}}",
    "{kind: Backend, spec: {appProtocol: http, endpoints: [{host: A, port: 1}], tls: {hostname: a, subjectAltNames: [{type: URI}]}}}",
    "{kind: ListenerPolicy, spec: {targetRefs: [{group: a, kind: b, name: c}], clientIP: {trustedRanges: [x]}, accessLog: {mode: Sampled}, \
     drain: {min: 2m, max: 1s}}}",
];

#[test]
fn the_walk_agrees_with_kube_cels_validator() {
    let mut compared = 0;
    for text in BROKEN {
        let object = yaml(text);
        let kind = object["kind"].as_str().unwrap();
        let crd = CRDS.iter().find(|(name, _)| *name == kind).unwrap().1;
        let raw = raw_schema(crd, 0);
        let reference = Validator::new().validate(&raw, &object, None).unwrap_err();
        let evaluated =
            |e: &kube_cel::ValidationError| (e.field_path.clone(), format!("Invalid value: {}", e.message));
        assert!(reference.iter().all(|e| e.kind == ErrorKind::ValidationFailure), "{reference:?}");
        let mut expected: Vec<_> = reference.iter().map(evaluated).collect();

        let checked = &registry::all().iter().find(|(name, _)| *name == kind).unwrap().1[0].1;
        let defaulted = kube_cel::apply_defaults(&raw, &object);
        let mut place = Place::default();
        assert_eq!(cel::evaluate(&checked.schema, &defaulted, &mut place), []);
        let mut found: Vec<_> = place.errors.into_iter().map(|e| (e.path, e.message)).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{kind}");
        compared += found.len();
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn what_cannot_be_evaluated_is_skipped_and_said() {
    let schema = json!({
        "type": "object",
        "properties": { "a": {
            "type": "string",
            "x-kubernetes-validations": [
                { "rule": "self.nosuchfunction()" },
                { "rule": "self +" },
                { "rule": "size(self)" },
                { "rule": "self == oldSelf", "message": "is immutable" },
                { "rule": "self == 'x'", "messageExpression": "'not ' + self", "fieldPath": ".b" },
            ],
        } },
    });
    let schema = crate::validate::schema::Reader::default().read(&schema, "").unwrap();
    let mut place = Place::default();
    let skipped = cel::evaluate(&schema, &json!({ "a": "y" }), &mut place);
    let reasons: Vec<_> = skipped.iter().map(|s| (s.path.as_str(), s.rule.as_str())).collect();
    assert_eq!(reasons, [("a", "self.nosuchfunction()"), ("a", "self +"), ("a", "size(self)")]);
    assert_eq!(place.errors.len(), 1, "a transition rule says nothing about a new object");
    assert_eq!(
        (place.errors[0].path.as_str(), place.errors[0].message.as_str()),
        ("a.b", "Invalid value: not y")
    );
}

#[test]
fn a_rule_that_fails_to_evaluate_refuses_the_object() {
    let schema = json!({ "type": "object", "x-kubernetes-validations": [{ "rule": "self.a == 1" }], "properties": { "a": {} } });
    let schema = crate::validate::schema::Reader::default().read(&schema, "").unwrap();
    let mut place = Place::default();
    cel::evaluate(&schema, &json!({}), &mut place);
    assert!(place.errors[0].message.contains("rule evaluation error"), "{:?}", place.errors);
}
