//! `metadata`: names, labels, annotations.

use serde_json::Value;

use super::{names, place::Place};
use crate::kinds::KindInfo;

/// The API server's limit for all annotations of an object together.
const ANNOTATION_BYTES: usize = 256 * 1024;

/// Checks what the schema of ObjectMeta cannot say.
pub(super) fn check(info: &KindInfo, object: &Value, place: &mut Place) {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    place.field("metadata", |p| {
        name(info, metadata, p);
        namespace(info, metadata, p);
        p.field("labels", |p| labels(metadata.get("labels"), p));
        p.field("annotations", |p| annotations(metadata.get("annotations"), p));
    });
}

fn name(info: &KindInfo, metadata: &Value, place: &mut Place) {
    let rule = match (info.group, info.kind) {
        ("", "Service") => names::dns_label_1035,
        ("", "Namespace") => names::dns_label,
        _ => names::dns_subdomain,
    };
    match metadata.get("name").and_then(Value::as_str) {
        Some(name) => place.field("name", |p| p.refuse(name, rule(name))),
        None if metadata.get("generateName").is_some_and(Value::is_string) => {
            let remedy = "without an API server no name is generated; write `name`".to_owned();
            place.field("name", |p| p.error("Required value", Some(remedy)));
        }
        None => {
            place.field("name", |p| p.error("Required value", Some("every object has a name".to_owned())))
        }
    }
}

fn namespace(info: &KindInfo, metadata: &Value, place: &mut Place) {
    let Some(namespace) = metadata.get("namespace").and_then(Value::as_str) else { return };
    place.field("namespace", |p| {
        if info.namespaced {
            p.refuse(namespace, names::dns_label(namespace));
        } else if !namespace.is_empty() {
            p.error(format!("Forbidden: {} is not namespaced", info.kind), Some("leave it out".to_owned()));
        }
    });
}

fn labels(labels: Option<&Value>, place: &mut Place) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        place.key(key, |p| {
            p.refuse(key, names::qualified_name(key));
            if let Some(value) = value.as_str() {
                p.refuse(value, names::label_value(value));
            }
        });
    }
}

fn annotations(annotations: Option<&Value>, place: &mut Place) {
    let mut bytes = 0;
    for (key, value) in annotations.and_then(Value::as_object).into_iter().flatten() {
        bytes += key.len() + value.as_str().map_or(0, str::len);
        place.key(key, |p| p.refuse(key, names::qualified_name(&key.to_lowercase())));
    }
    if bytes > ANNOTATION_BYTES {
        place.error(format!("Too long: may not be more than {ANNOTATION_BYTES} bytes, has {bytes}"), None);
    }
}
