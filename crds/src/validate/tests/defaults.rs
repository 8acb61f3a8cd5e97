//! Defaults, nulls, and what is dropped.

use serde_json::json;

use super::*;

#[test]
fn schema_defaults_are_filled_in() {
    let object = outcome(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {parentRefs: [{name: g}]}}",
    )
    .object;
    assert_eq!(
        object["spec"],
        json!({
            "parentRefs": [{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }],
            "rules": [{ "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }] }],
        })
    );
}

#[test]
fn defaults_of_defaults() {
    let object = outcome(&gateway("{name: a, port: 80, protocol: HTTP}")).object;
    assert_eq!(object["spec"]["listeners"][0]["allowedRoutes"], json!({ "namespaces": { "from": "Same" } }));
    assert_eq!(object["spec"]["allowedListeners"], Value::Null);
}

#[test]
fn an_explicit_value_stays() {
    let object = outcome(&http_rule("backendRefs: [{name: a, port: 80, weight: 0}]")).object;
    assert_eq!(object["spec"]["rules"][0]["backendRefs"][0]["weight"], 0);
}

#[test]
fn null_means_absent() {
    let object =
        outcome(&http_rule("backendRefs: [{name: a, port: 80, weight: null, namespace: null}], name: null"))
            .object;
    let rule = &object["spec"]["rules"][0];
    assert_eq!(rule["backendRefs"][0]["weight"], 1, "so the default applies");
    assert!(rule.get("name").is_none() && rule["backendRefs"][0].get("namespace").is_none());
    let tls = "{name: a, port: 443, protocol: HTTPS, tls: {options: {a.b/c: null, a.b/d: x}}}";
    let object = outcome(&gateway(tls)).object;
    assert_eq!(object["spec"]["listeners"][0]["tls"]["options"], json!({ "a.b/d": "x" }), "in a map as well");
}

#[test]
fn status_is_ignored_as_on_create() {
    let object = outcome(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, creationTimestamp: null}, \
         spec: {gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}]}, status: {nonsense: 1}}",
    )
    .object;
    assert!(object.get("status").is_none());
    assert!(object["metadata"].get("creationTimestamp").is_none());
}

/// The published CRDs default the status, which must not appear from nothing.
#[test]
fn no_status_is_made_up() {
    let object = outcome(&gateway("{name: a, port: 80, protocol: HTTP}")).object;
    assert!(object.get("status").is_none(), "{object}");
}
