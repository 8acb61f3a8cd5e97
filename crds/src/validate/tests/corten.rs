//! The rules of Corten's own kinds.

use super::*;

fn backend(spec: &str) -> Vec<String> {
    errors(&format!(
        "{{apiVersion: corten.dev/v1alpha1, kind: Backend, metadata: {{name: b}}, spec: {spec}}}"
    ))
}

fn backend_policy(spec: &str) -> Vec<String> {
    errors(&format!(
        "{{apiVersion: corten.dev/v1alpha1, kind: BackendPolicy, metadata: {{name: p}}, spec: {spec}}}"
    ))
}

/// A ListenerPolicy for one Gateway.
fn listener_policy(rest: &str) -> Vec<String> {
    errors(&format!(
        "{{apiVersion: corten.dev/v1alpha1, kind: ListenerPolicy, metadata: {{name: p}}, spec: {{targetRefs: [{{group: \
         gateway.networking.k8s.io, kind: Gateway, name: g}}], {rest}}}}}"
    ))
}

const NONE: Vec<String> = Vec::new();

#[test]
fn backend_hosts() {
    for host in ["127.0.0.1", "localhost", "a-b.example.com", "\"::1\"", "x1.y2"] {
        assert_eq!(backend(&format!("{{endpoints: [{{host: {host}, port: 1}}]}}")), NONE, "{host}");
    }
    for host in
        ["A.b", "a..b", "\"[::1]\"", "\"http://a\"", "\"a:80\"", "256.1.1.1", "\"10.1\"", "\"*.a\"", "-a"]
    {
        assert_eq!(
            backend(&format!("{{endpoints: [{{host: {host}, port: 1}}]}}")),
            [
                "spec.endpoints[0].host: Invalid value: must be an IP address (IPv6 without brackets) or a lower-case DNS name"
            ],
            "{host}"
        );
    }
}

#[test]
fn backend_endpoints() {
    assert_eq!(backend("{}"), ["spec.endpoints: Required value"]);
    assert_eq!(
        backend("{endpoints: []}"),
        ["spec.endpoints: Invalid value: must have at least 1 items, has 0"]
    );
    assert_eq!(
        backend("{endpoints: [{host: a, port: 0}]}"),
        ["spec.endpoints[0].port: Invalid value: 0: must be greater than or equal to 1"]
    );
    assert_eq!(
        backend("{endpoints: [{host: a, port: 1}], appProtocol: h2c}")[0]
            .split_once(": supported")
            .unwrap()
            .0,
        "spec.appProtocol: Unsupported value: \"h2c\""
    );
}

#[test]
fn backend_tls() {
    let tls = |rest: &str| backend(&format!("{{endpoints: [{{host: a, port: 1}}], {rest}}}"));
    assert_eq!(tls("appProtocol: https"), NONE);
    assert_eq!(tls("tls: {hostname: a, wellKnownCACertificates: System}"), NONE);
    let one =
        "spec.tls: Invalid value: exactly one of caCertificateRefs and wellKnownCACertificates must be set";
    assert_eq!(tls("tls: {hostname: a}"), [one]);
    let both = "tls: {hostname: a, wellKnownCACertificates: System, caCertificateRefs: [{group: \"\", kind: Secret, name: a}]}";
    assert_eq!(tls(both), [one]);
    assert_eq!(
        tls("tls: {hostname: a, caCertificateRefs: [{group: \"\", kind: Pod, name: a}]}"),
        ["spec.tls.caCertificateRefs[0]: Invalid value: must be a ConfigMap or a Secret (group \"\")"]
    );
    let cleartext =
        tls("appProtocol: kubernetes.io/h2c, tls: {hostname: a, wellKnownCACertificates: System}");
    assert!(cleartext[0].starts_with("spec: Invalid value: this appProtocol is cleartext"), "{cleartext:?}");
    assert_eq!(
        tls(
            "tls: {hostname: a, wellKnownCACertificates: System, subjectAltNames: [{type: URI, hostname: a}]}"
        ),
        [
            "spec.tls.subjectAltNames[0]: Invalid value: type Hostname goes with hostname",
            "spec.tls.subjectAltNames[0]: Invalid value: type URI goes with uri"
        ]
    );
}

#[test]
fn a_client_certificate_is_a_secret() {
    let object = outcome(
        "{apiVersion: corten.dev/v1alpha1, kind: Backend, metadata: {name: b}, spec: {endpoints: [{host: a, port: 1}], \
         tls: {hostname: a, wellKnownCACertificates: System, clientCertificateRef: {name: c}}}}",
    )
    .object;
    assert_eq!(object["spec"]["tls"]["clientCertificateRef"]["kind"], "Secret");
}

#[test]
fn backend_policy_targets() {
    assert_eq!(
        backend_policy("{targetRefs: [{group: \"\", kind: Service, name: s, sectionName: http}]}"),
        NONE
    );
    assert_eq!(backend_policy("{targetRefs: [{group: corten.dev, kind: Backend, name: b}]}"), NONE);
    let message = "spec.targetRefs: Invalid value: a target must be a Service (group \"\") or a Backend (group corten.dev, \
                   without sectionName)";
    assert_eq!(backend_policy("{targetRefs: [{group: apps, kind: Service, name: s}]}"), [message]);
    assert_eq!(
        backend_policy("{targetRefs: [{group: corten.dev, kind: Backend, name: b, sectionName: x}]}"),
        [message]
    );
    let twice = "{group: \"\", kind: Service, name: s}, {group: \"\", kind: Service, name: s}";
    assert_eq!(
        backend_policy(&format!("{{targetRefs: [{twice}]}}")),
        ["spec.targetRefs: Invalid value: every target may be named once"]
    );
    let sections =
        "{group: \"\", kind: Service, name: s}, {group: \"\", kind: Service, name: s, sectionName: a}";
    assert_eq!(backend_policy(&format!("{{targetRefs: [{sections}]}}")), NONE);
    assert_eq!(backend_policy("{}"), ["spec.targetRefs: Required value"]);
}

#[test]
fn listener_policy_targets() {
    assert_eq!(listener_policy("forwardedHeader: true"), NONE);
    let other = errors(
        "{apiVersion: corten.dev/v1alpha1, kind: ListenerPolicy, metadata: {name: p}, spec: {targetRefs: [{group: \
         gateway.networking.k8s.io, kind: HTTPRoute, name: g}]}}",
    );
    assert_eq!(
        other,
        ["spec.targetRefs: Invalid value: a target must be a Gateway (group gateway.networking.k8s.io)"]
    );
}

#[test]
fn client_ip() {
    assert_eq!(listener_policy("clientIP: {trustedHops: 1}"), NONE);
    assert_eq!(listener_policy("clientIP: {trustedRanges: [10.0.0.0/8, \"::1/128\"]}"), NONE);
    let one = "spec.clientIP: Invalid value: exactly one of trustedHops and trustedRanges must be set";
    assert_eq!(listener_policy("clientIP: {header: Forwarded}"), [one]);
    assert_eq!(listener_policy("clientIP: {trustedHops: 1, trustedRanges: [10.0.0.0/8]}"), [one]);
    for range in ["10.0.0.1", "10.0.0.0/33", "x/8"] {
        assert_eq!(
            listener_policy(&format!("clientIP: {{trustedRanges: [{range}]}}")),
            [
                "spec.clientIP.trustedRanges[0]: Invalid value: must be a CIDR range such as 10.0.0.0/8 or 2001:db8::/32"
            ],
            "{range}"
        );
    }
}

#[test]
fn access_log_sampling() {
    assert_eq!(listener_policy("accessLog: {mode: Enabled}"), NONE);
    assert_eq!(listener_policy("accessLog: {mode: Sampled, sampleRatio: {numerator: 1}}"), NONE);
    let message = "spec.accessLog: Invalid value: sampleRatio goes with mode Sampled, and only with it";
    assert_eq!(listener_policy("accessLog: {mode: Sampled}"), [message]);
    assert_eq!(listener_policy("accessLog: {sampleRatio: {numerator: 1}}"), [message]);
    assert_eq!(
        listener_policy("accessLog: {mode: Sampled, sampleRatio: {numerator: 101}}"),
        ["spec.accessLog.sampleRatio: Invalid value: numerator must not be greater than denominator"]
    );
}

#[test]
fn access_log_fields() {
    let all = crate::v1alpha1::ACCESS_LOG_FIELDS.join(", ");
    assert_eq!(listener_policy(&format!("accessLog: {{mode: Enabled, fields: [{all}]}}")), NONE);
    let typo = listener_policy("accessLog: {mode: Enabled, fields: [time, user-agent]}");
    assert!(typo[0].starts_with("spec.accessLog.fields[1]: Unsupported value: \"user-agent\""), "{typo:?}");
    assert!(typo[0].ends_with("did you mean `user_agent`?"), "{typo:?}");
    let twice = listener_policy("accessLog: {mode: Enabled, fields: [time, time]}");
    assert!(twice[0].starts_with("spec.accessLog.fields[1]: Duplicate value"), "{twice:?}");
}

#[test]
fn drain_times_are_ordered() {
    assert_eq!(listener_policy("drain: {min: 60s, max: 1m}"), NONE);
    assert_eq!(
        listener_policy("drain: {min: 61s, max: 1m}"),
        ["spec.drain: Invalid value: min must not be longer than max"]
    );
}

/// kubectl reads YAML 1.1, where these words are booleans.
#[test]
fn no_enum_value_is_a_boolean_of_yaml_1_1() {
    fn values(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                let listed = map.get("enum").and_then(Value::as_array).into_iter().flatten();
                found.extend(listed.filter_map(|v| v.as_str().map(str::to_lowercase)));
                map.values().for_each(|v| values(v, found));
            }
            Value::Array(items) => items.iter().for_each(|v| values(v, found)),
            _ => {}
        }
    }
    for file in crate::v1alpha1::crds().unwrap() {
        let mut found = Vec::new();
        values(
            &file.value["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"],
            &mut found,
        );
        for word in ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"] {
            assert!(!found.iter().any(|v| v == word), "{}: {word}", file.name);
        }
    }
}
