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

/// The short names work, and the table says what an object is for.
#[test]
fn kubectl_shows_the_kinds() {
    let namespace = Namespace::create("shown");
    namespace.apply(
        "{apiVersion: corten.dev/v1alpha1, kind: ListenerPolicy, metadata: {name: edge},
          spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front-door}]}}",
    );
    let table = namespace.kubectl(&["get", "clp"], "").unwrap();
    let (head, row) = table.split_once('\n').unwrap();
    assert!(head.contains("TARGETS") && head.contains("AGE"), "{table}");
    assert!(row.contains("edge") && row.contains("front-door"), "{table}");
    let category = namespace.kubectl(&["get", "corten", "--output=name"], "").unwrap();
    assert_eq!(category.trim(), "listenerpolicy.corten.dev/edge");
}
