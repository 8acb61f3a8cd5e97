use serde_json::Value;

use super::*;

mod core_kinds;
mod corten;
mod defaults;
mod gateway;
mod metadata;
mod rules;
mod structure;

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn outcome(text: &str) -> Outcome {
    let outcome = validate(yaml(text));
    assert_eq!(outcome.skipped, [], "rules that could not be evaluated");
    outcome
}

/// Errors as `path: message` lines, the remedy after an arrow.
fn errors(text: &str) -> Vec<String> {
    let show = |e: FieldError| match e.remedy {
        Some(remedy) => format!("{}: {} -> {remedy}", e.path, e.message),
        None => format!("{}: {}", e.path, e.message),
    };
    outcome(text).errors.into_iter().map(show).collect()
}

#[track_caller]
fn accepts(text: &str) {
    assert_eq!(errors(text), Vec::<String>::new());
}

/// An HTTPRoute with one rule, given as the rule's fields in flow style.
fn http_rule(rule: &str) -> String {
    format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r}}, spec: {{rules: [{{{rule}}}]}}}}"
    )
}

/// A Gateway with the given listeners, in flow style.
fn gateway(listeners: &str) -> String {
    format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: g}}, \
         spec: {{gatewayClassName: corten, listeners: [{listeners}]}}}}"
    )
}

#[test]
fn an_object_without_kind_says_so() {
    assert_eq!(
        errors("{metadata: {name: x}}"),
        [
            "apiVersion: Required value -> every object states its `apiVersion`",
            "kind: Required value -> every object states its `kind`"
        ]
    );
    assert_eq!(
        errors("{apiVersion: apps/v1, kind: Deployment}"),
        ["kind: no kind `Deployment` in apiVersion `apps/v1`"]
    );
    assert_eq!(
        errors("{apiVersion: gateway.networking.k8s.io/v1, kind: HttpRoute}"),
        [
            "kind: no kind `HttpRoute` in apiVersion `gateway.networking.k8s.io/v1` -> did you mean `apiVersion: \
          gateway.networking.k8s.io/v1`, `kind: HTTPRoute`?"
        ]
    );
    assert_eq!(errors("[]").len(), 2, "what is no object has no kind either");
}

#[test]
fn a_valid_object_becomes_its_type() {
    let route: crate::gateway::HttpRoute =
        outcome(&http_rule("backendRefs: [{name: web, port: 80}]")).typed().unwrap();
    let rule = &route.spec.rules[0];
    assert_eq!(rule.backend_refs[0].weight, Some(1), "defaults are filled in");
    let path = rule.matches[0].path.as_ref().unwrap();
    assert_eq!(path.value.as_deref(), Some("/"));
}

#[test]
fn an_invalid_object_does_not() {
    let result = outcome(&http_rule("backendRefs: [{name: web}]")).typed::<crate::gateway::HttpRoute>();
    assert_eq!(result.unwrap_err()[0].path, "spec.rules[0].backendRefs[0]");
}
