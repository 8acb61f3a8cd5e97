use super::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

fn object<T: DeserializeOwned>(namespace: &str, name: &str, spec: Value) -> Arc<T> {
    let whole = json!({
        "apiVersion": "v1", "kind": "Any", "metadata": {"namespace": namespace, "name": name}, "spec": spec,
    });
    Arc::new(serde_json::from_value(whole).unwrap())
}

fn names(set: &BTreeSet<ObjectName>) -> Vec<String> {
    set.iter().map(ToString::to_string).collect()
}

fn https(class: &str) -> Value {
    json!({
        "gatewayClassName": class,
        "listeners": [{"name": "s", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [
            {"name": "own"}, {"name": "shared", "namespace": "certs"}, {"kind": "Vault", "group": "x", "name": "no"},
        ]}}],
        "tls": {
            "backend": {"clientCertificateRef": {"name": "client"}},
            "frontend": {
                "default": {"validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}},
                "perPort": [{"port": 443, "tls": {"validation": {"caCertificateRefs": [
                    {"group": "", "kind": "Secret", "name": "ca", "namespace": "certs"},
                ]}}}],
            },
        },
    })
}

fn inputs(class: &str) -> Inputs {
    Inputs {
        gateway_classes: vec![object("", "ours", json!({"controllerName": "corten.dev/test"}))],
        gateways: vec![object("infra", "edge", https(class))],
        ..Inputs::default()
    }
}

#[test]
fn a_gateway_names_certificates_and_authorities() {
    let found = References::of(&inputs("ours"), "corten.dev/test");
    assert_eq!(names(&found.secrets), ["certs/ca", "certs/shared", "infra/client", "infra/own"]);
    assert_eq!(names(&found.config_maps), ["infra/ca"]);
}

#[test]
fn gateways_of_other_classes_do_not_count() {
    assert_eq!(References::of(&inputs("theirs"), "corten.dev/test"), References::default());
    assert_eq!(References::of(&inputs("ours"), "other/controller"), References::default());
}

#[test]
fn listener_sets_policies_and_backends_name_more() {
    let set = json!({"parentRef": {"name": "edge"}, "listeners": [
        {"name": "s", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}},
    ]});
    let policy = json!({
        "targetRefs": [{"group": "", "kind": "Service", "name": "s"}],
        "validation": {"hostname": "h", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]},
    });
    let backend = json!({"endpoints": [{"host": "h", "port": 1}], "tls": {
        "hostname": "h", "caCertificateRefs": [{"group": "", "kind": "Secret", "name": "authority"}],
        "clientCertificateRef": {"name": "me"},
    }});
    let inputs = Inputs {
        listener_sets: vec![object("a", "set", set)],
        backend_tls_policies: vec![object("b", "policy", policy)],
        backends: vec![object("c", "backend", backend)],
        ..Inputs::default()
    };
    let found = References::of(&inputs, "corten.dev/test");
    assert_eq!(names(&found.secrets), ["a/cert", "c/authority", "c/me"]);
    assert_eq!(names(&found.config_maps), ["b/ca"]);
}
