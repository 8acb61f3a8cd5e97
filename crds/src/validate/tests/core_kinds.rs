//! Service, EndpointSlice, Secret, ConfigMap, Namespace.

use serde_json::json;

use super::*;

fn service(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {spec}}}")
}

fn slice(rest: &str) -> String {
    format!("{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: e}}, {rest}}}")
}

fn secret(rest: &str) -> String {
    format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, {rest}}}")
}

#[test]
fn service_defaults() {
    let object = outcome(&service("{ports: [{port: 80}]}")).object;
    assert_eq!(
        object["spec"],
        json!({ "type": "ClusterIP", "ports": [{ "port": 80, "protocol": "TCP", "targetPort": 80 }] })
    );
}

#[test]
fn service_ports() {
    accepts(&service("{ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 80, protocol: UDP}]}"));
    accepts(&service("{clusterIP: None}"));
    accepts(&service("{type: ExternalName, externalName: example.com}"));
    assert_eq!(errors(&service("{}")), ["spec.ports: Required value"]);
    assert_eq!(
        errors(&service("{ports: [{port: 80}, {name: b, port: 81}]}")),
        ["spec.ports[0].name: Required value -> with several ports, each has a name"]
    );
    assert_eq!(
        errors(&service("{ports: [{name: a, port: 80}, {name: a, port: 80}]}")),
        [
            "spec.ports[1].name: Duplicate value: \"a\" -> item 0 has it already",
            "spec.ports[1]: Duplicate value: port 80 with protocol TCP -> item 0 has it already"
        ]
    );
    assert_eq!(
        errors(&service("{ports: [{port: 0, targetPort: 0, protocol: tcp}]}")),
        [
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[0].protocol: Unsupported value: \"tcp\": supported values: \"TCP\", \"UDP\", \"SCTP\" -> did you \
             mean `TCP`?",
            "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"
        ]
    );
    assert!(
        errors(&service("{ports: [{port: 80, targetPort: Web}]}"))[0]
            .starts_with("spec.ports[0].targetPort: ")
    );
    assert_eq!(
        errors(&service("{type: ExternalName}")),
        ["spec.externalName: Required value -> a Service of type ExternalName states the name"]
    );
    assert_eq!(
        errors(&service("{ports: [{port: 80, targetport: 1}]}")),
        ["spec.ports[0].targetport: unknown field -> did you mean `targetPort`?"]
    );
    assert_eq!(
        errors("{apiVersion: v1, kind: Service, metadata: {name: s}}"),
        ["spec: Required value -> a Service has a spec with ports"]
    );
}

#[test]
fn endpoint_slices() {
    let object = outcome(&slice("addressType: IPv4, ports: [{port: 8080}]")).object;
    assert_eq!(object["ports"][0], json!({ "name": "", "port": 8080, "protocol": "TCP" }));
    assert_eq!(object["endpoints"], json!([]));
    accepts(&slice("addressType: IPv6, endpoints: [{addresses: [\"::1\"]}]"));
    accepts(&slice("addressType: FQDN, endpoints: [{addresses: [a.example.com]}]"));
    assert_eq!(errors(&slice("endpoints: []")), ["addressType: Required value"]);
    assert_eq!(
        errors(&slice("addressType: IPv4, endpoints: [{addresses: [\"::1\", 10.0.0.1]}, {addresses: []}]")),
        [
            "endpoints[0].addresses[0]: Invalid value: \"::1\": must be an IPv4 address",
            "endpoints[1].addresses: Required value -> an endpoint has at least one address"
        ]
    );
    assert_eq!(
        errors(&slice("addressType: ipv4, ports: [{name: a, port: 0}, {name: a}]")),
        [
            "addressType: Unsupported value: \"ipv4\": supported values: \"IPv4\", \"IPv6\", \"FQDN\" -> did you mean \
             `IPv4`?",
            "ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "ports[1].name: Duplicate value: \"a\" -> item 0 has it already"
        ]
    );
}

#[test]
fn string_data_becomes_data() {
    let object = outcome(&secret("data: {a: AA==, b: AQ==}, stringData: {a: hello}")).object;
    assert_eq!(object["data"], json!({ "a": "aGVsbG8=", "b": "AQ==" }));
    assert_eq!(object["type"], "Opaque");
    assert!(object.get("stringData").is_none());
}

#[test]
fn secrets() {
    assert_eq!(
        errors(&secret("type: kubernetes.io/tls, data: {tls.crt: AA==}")),
        [
            "data[tls.key]: Required value -> a Secret of type kubernetes.io/tls has the keys tls.crt and tls.key"
        ]
    );
    accepts(&secret("type: kubernetes.io/tls, stringData: {tls.crt: a, tls.key: b}"));
    assert_eq!(
        errors(&secret("data: {a: \"no base64\"}")),
        ["data[a]: Invalid value: \"no base64\": must be base64"]
    );
    assert!(errors(&secret("data: {a/b: AA==}"))[0].starts_with("data[a/b]: Invalid value: \"a/b\""));
    assert_eq!(
        errors(&secret("stringData: {a: 1}")),
        ["data[a]: Invalid value: 1: must be a string, not a number -> put it in quotes: \"1\""]
    );
}

#[test]
fn config_maps() {
    let map =
        |rest: &str| errors(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, {rest}}}"));
    assert_eq!(map("data: {ca.crt: x}, binaryData: {b: AA==}"), Vec::<String>::new());
    assert_eq!(
        map("data: {a: x}, binaryData: {a: AA==}"),
        ["binaryData[a]: Duplicate value: data has the same key"]
    );
    let long = "x".repeat(1024 * 1024 + 1);
    assert_eq!(
        map(&format!("data: {{a: {long}}}")),
        ["data: Too long: may not be more than 1048576 bytes, has 1048577"]
    );
}

#[test]
fn a_namespace_is_labelled_with_its_name() {
    let object = outcome("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {a: b}}}").object;
    assert_eq!(object["metadata"]["labels"], json!({ "a": "b", "kubernetes.io/metadata.name": "shop" }));
}
