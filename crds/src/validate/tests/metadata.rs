//! Names, labels, annotations.

use super::*;

fn class(metadata: &str) -> Vec<String> {
    errors(&format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {metadata}, spec: {{controllerName: a.b/c}}}}"
    ))
}

#[test]
fn names() {
    assert_eq!(class("{name: a.b-c}"), Vec::<String>::new());
    assert!(
        class("{name: A_b}")[0]
            .starts_with("metadata.name: Invalid value: \"A_b\": must be a lower-case DNS subdomain")
    );
    assert_eq!(class("{}"), ["metadata.name: Required value -> every object has a name"]);
    assert_eq!(
        class("{generateName: a-}"),
        ["metadata.name: Required value -> without an API server no name is generated; write `name`"]
    );
    assert_eq!(
        class("[]")[0],
        "metadata: Invalid value: []: must be an object, not a list -> it is a single object: leave out the `- `"
    );
}

#[test]
fn a_service_is_named_by_a_stricter_rule() {
    let service = |name: &str| {
        errors(&format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{ports: [{{port: 80}}]}}}}"
        ))
    };
    assert_eq!(service("web"), Vec::<String>::new());
    assert!(service("1web")[0].contains("RFC 1035"));
    assert!(service("a.b")[0].contains("RFC 1035"));
}

#[test]
fn namespaces() {
    assert_eq!(
        class("{name: a, namespace: b}"),
        ["metadata.namespace: Forbidden: GatewayClass is not namespaced -> leave it out"]
    );
    let text = http_rule("").replace("{name: r}", "{name: r, namespace: A}");
    assert!(errors(&text)[0].starts_with("metadata.namespace: Invalid value: \"A\""));
}

#[test]
fn labels_and_annotations() {
    assert_eq!(class("{name: a, labels: {app.kubernetes.io/name: x, b: \"\"}}"), Vec::<String>::new());
    assert!(
        class("{name: a, labels: {a/b/c: x}}")[0]
            .starts_with("metadata.labels[a/b/c]: Invalid value: \"a/b/c\"")
    );
    assert!(
        class("{name: a, labels: {a: x y}}")[0].starts_with("metadata.labels[a]: Invalid value: \"x y\"")
    );
    assert_eq!(
        class("{name: a, labels: {a: 1}}"),
        ["metadata.labels[a]: Invalid value: 1: must be a string, not a number -> put it in quotes: \"1\""]
    );
    assert_eq!(class("{name: a, annotations: {Example.com/A: any thing}}"), Vec::<String>::new());
    let long = "x".repeat(256 * 1024);
    assert_eq!(
        class(&format!("{{name: a, annotations: {{a: {long}}}}}")),
        ["metadata.annotations: Too long: may not be more than 262144 bytes, has 262145"]
    );
}

#[test]
fn unknown_metadata() {
    assert_eq!(class("{name: a, label: {}}"), ["metadata.label: unknown field -> did you mean `labels`?"]);
    assert_eq!(
        class("{name: a, managedFields: [{manager: x, fieldsV1: {\"f:spec\": {}}}]}"),
        Vec::<String>::new()
    );
}
