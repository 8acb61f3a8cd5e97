use super::*;
use serde_json::json;

fn gateway(version: &str, port: u16, status: &Value) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {
            "name": "edge", "namespace": "infra", "uid": "u-1", "resourceVersion": version, "generation": 3,
            "labels": {"app": "edge"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{..}"},
            "managedFields": [{"manager": "kubectl"}], "finalizers": ["x/y"],
        },
        "spec": {"gatewayClassName": "corten", "listeners": [{"name": "http", "port": port, "protocol": "HTTP"}]},
        "status": status,
    })
}

#[test]
fn a_write_of_the_status_leaves_the_compiled_object_equal() {
    let before = Seen::<gw::Gateway>::of(gateway("1", 80, &json!({"conditions": []})));
    let after = Seen::<gw::Gateway>::of(gateway("2", 80, &json!({"conditions": [{"type": "Accepted"}]})));
    assert_eq!(before.object.unwrap(), after.object.unwrap());
    assert_eq!((before.shown.version.as_str(), after.shown.version.as_str()), ("1", "2"));
    assert_eq!(after.shown.status().unwrap(), json!({"conditions": [{"type": "Accepted"}]}));
}

#[test]
fn a_change_of_the_spec_does_not() {
    let before = Seen::<gw::Gateway>::of(gateway("1", 80, &Value::Null));
    let after = Seen::<gw::Gateway>::of(gateway("1", 81, &Value::Null));
    assert_ne!(before.object.unwrap(), after.object.unwrap());
    assert_eq!(before.shown.status, None, "null is no status");
}

#[test]
fn what_is_read_is_kept_and_the_rest_is_gone() {
    let seen = Seen::<gw::Gateway>::of(gateway("1", 80, &Value::Null));
    let meta = &seen.object.unwrap().metadata;
    assert_eq!((meta.name.as_deref(), meta.generation), (Some("edge"), Some(3)));
    assert_eq!(meta.labels.as_ref().unwrap()["app"], "edge");
    assert!(meta.managed_fields.is_none() && meta.annotations.is_none() && meta.finalizers.is_none());
    assert_eq!(seen.name, ObjectName::new("infra", "edge"));
}

#[test]
fn an_object_that_cannot_be_read_is_a_value() {
    let mut wrong = gateway("7", 80, &Value::Null);
    wrong["spec"]["listeners"] = json!("eighty");
    let seen: Seen<gw::Gateway> = serde_json::from_value(wrong).unwrap();
    assert_eq!((seen.name, seen.shown.version), (ObjectName::new("infra", "edge"), "7".to_owned()));
    assert!(seen.object.unwrap_err().contains("eighty"));
}
