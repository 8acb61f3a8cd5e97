//! The CRDs as the API server reads them: what they take, what they refuse, what kubectl shows.

use corten_test_support::cluster::{self, Namespace};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const GROUPS: [&str; 2] = ["corten.dev", "gateway.networking.k8s.io"];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../crds/tests/samples")
}

/// What the API server says to an object, which it does not keep.
fn try_out(namespace: &Namespace, object: &Value) -> Result<String, String> {
    namespace.kubectl(&["create", "--dry-run=server", "--filename=-"], &object.to_string())
}

/// An object of group `corten.dev`, with the spec in YAML's flow style.
fn refusal(namespace: &Namespace, kind: &str, spec: &str) -> String {
    let object =
        format!("{{apiVersion: corten.dev/v1alpha1, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}");
    match namespace.kubectl(&["create", "--dry-run=server", "--filename=-"], &object) {
        Ok(_) => panic!("accepted: {object}"),
        Err(message) => message,
    }
}

/// Every field of every kind, as the samples have it, is taken and kept: the offline validation and the Rust types,
/// which pass the same samples, agree with the API server.
#[test]
fn the_samples_are_accepted() {
    let namespace = Namespace::create("samples");
    let folder = format!("--filename={}", samples().display());
    let words = ["create", "--dry-run=client", "--validate=false", "--output=json", &folder];
    // A document after the other, not a list.
    let documents = cluster::kubectl(&words, "").unwrap();
    let items = serde_json::Deserializer::from_str(&documents).into_iter::<Value>();
    let mut tried = BTreeSet::new();
    for sample in items {
        let mut object = sample.unwrap();
        if !GROUPS.contains(&object["apiVersion"].as_str().unwrap().split('/').next().unwrap()) {
            continue;
        }
        if object["metadata"]["namespace"].is_string() {
            object["metadata"]["namespace"] = namespace.name().into();
        }
        let answer = try_out(&namespace, &object);
        assert!(answer.is_ok(), "{answer:?} to {object:#}");
        tried.insert(object["kind"].as_str().unwrap().to_owned());
    }
    let installed = cluster::get(&["get", "crd"]);
    let installed = installed["items"].as_array().unwrap().iter().map(|crd| &crd["spec"]);
    let installed = installed.filter(|spec| GROUPS.contains(&spec["group"].as_str().unwrap()));
    let kinds = installed.map(|spec| spec["names"]["kind"].as_str().unwrap().to_owned());
    assert_eq!(tried, kinds.collect(), "every kind has a sample");
}

#[test]
fn a_backend_that_contradicts_itself_is_refused() {
    let namespace = Namespace::create("refused");
    for (spec, words) in [
        ("{endpoints: []}", "spec.endpoints"),
        ("{endpoints: [{host: example.com, port: 0}]}", "spec.endpoints[0].port"),
        ("{endpoints: [{host: 'not a host', port: 80}]}", "spec.endpoints[0].host"),
        (
            "{endpoints: [{host: a.example, port: 443}], appProtocol: http, tls: {hostname: a.example, wellKnownCACertificates: System}}",
            "appProtocol",
        ),
        ("{endpoints: [{host: a.example, port: 443}], tls: {hostname: a.example}}", "caCertificateRefs"),
    ] {
        let message = refusal(&namespace, "Backend", spec);
        assert!(message.contains(words), "{words:?} is not in {message}");
    }
}

#[test]
fn a_listener_policy_that_contradicts_itself_is_refused() {
    let namespace = Namespace::create("refused");
    let with = |rest: &str| {
        format!("{{targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: a}}], {rest}}}")
    };
    for (rest, words) in [
        ("drain: {min: 1m, max: 5s}", "spec.drain"),
        ("accessLog: {mode: Sampled}", "sampleRatio"),
        ("clientIP: {header: XForwardedFor, trustedHops: 1, trustedRanges: [10.0.0.0/8]}", "spec.clientIP"),
        ("clientIP: {header: XForwardedFor, trustedRanges: [10.0.0.0]}", "trustedRanges"),
        ("http2: {maxConcurrentStream: 1}", "maxConcurrentStream"),
    ] {
        let message = refusal(&namespace, "ListenerPolicy", &with(rest));
        assert!(message.contains(words), "{words:?} is not in {message}");
    }
}

#[test]
fn a_backend_policy_names_each_target_once() {
    let namespace = Namespace::create("refused");
    let twice = "{targetRefs: [{group: '', kind: Service, name: a}, {group: '', kind: Service, name: a}]}";
    let message = refusal(&namespace, "BackendPolicy", twice);
    assert!(message.contains("named once"), "{message}");
    let gateway = "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: a}]}";
    let message = refusal(&namespace, "BackendPolicy", gateway);
    assert!(message.contains("targetRefs"), "{message}");
}

/// The experimental channel is installed: its fields are kept, and its rules hold.
#[test]
fn gateway_api_is_the_experimental_channel() {
    let crd = cluster::get(&["get", "crd", "httproutes.gateway.networking.k8s.io"]);
    let annotations = &crd["metadata"]["annotations"];
    assert_eq!(annotations["gateway.networking.k8s.io/channel"], "experimental");
    assert_eq!(annotations["gateway.networking.k8s.io/bundle-version"], "v1.6.3");
    let namespace = Namespace::create("experimental");
    namespace.apply(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: retries}, spec: {rules: [{retry: {attempts: 2}}]}}",
    );
    assert_eq!(namespace.get("httproute", "retries")["spec"]["rules"][0]["retry"]["attempts"], 2);
}

/// The short names work, and the tables say what an object is for and whether it is in effect.
#[test]
fn kubectl_shows_the_kinds() {
    let namespace = Namespace::create("shown");
    let policy = |kind: &str, name: &str, target: &str| {
        format!(
            "---\n{{apiVersion: corten.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{targetRefs: [{target}]}}}}\n"
        )
    };
    let gateway = "{group: gateway.networking.k8s.io, kind: Gateway, name: front-door}";
    namespace.apply(&format!(
        "
{{apiVersion: corten.dev/v1alpha1, kind: Backend, metadata: {{name: outside}},
 spec: {{endpoints: [{{host: api.example, port: 443}}], appProtocol: https}}}}
---
{{apiVersion: corten.dev/v1alpha1, kind: GatewayParameters, metadata: {{name: inside}}, spec: {{service: {{type: ClusterIP}}}}}}
{}{}",
        policy("ListenerPolicy", "edge", gateway),
        policy("BackendPolicy", "shop", "{group: '', kind: Service, name: basket}"),
    ));
    let condition = serde_json::json!({
        "type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let ancestor = serde_json::json!({
        "ancestorRef": {"name": "front-door"}, "controllerName": "test.corten.dev/x", "conditions": [condition],
    });
    for (object, status) in [
        ("backend/outside", serde_json::json!({"conditions": [condition]})),
        ("listenerpolicy/edge", serde_json::json!({"ancestors": [ancestor]})),
        ("backendpolicy/shop", serde_json::json!({"ancestors": [ancestor]})),
    ] {
        let patch = serde_json::json!({"status": status}).to_string();
        let words = ["patch", object, "--subresource=status", "--type=merge", "--patch", &patch];
        namespace.kubectl(&words, "").unwrap();
    }
    for (short, heads, cells) in [
        ("cbe", "NAME HOSTS PROTOCOL ACCEPTED AGE", "outside api.example https True"),
        ("cgp", "NAME SERVICE AGE", "inside ClusterIP"),
        ("clp", "NAME TARGETS ACCEPTED AGE", "edge front-door True"),
        ("cbp", "NAME TARGETS ACCEPTED AGE", "shop basket True"),
    ] {
        let table = namespace.kubectl(&["get", short], "").unwrap();
        let lines: Vec<String> =
            table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[0], heads, "{table}");
        assert!(lines[1].starts_with(&format!("{cells} ")), "{cells:?} are not in {table}");
    }
    let category = namespace.kubectl(&["get", "corten", "--output=name"], "").unwrap();
    assert_eq!(category.lines().count(), 4, "{category}");
}
