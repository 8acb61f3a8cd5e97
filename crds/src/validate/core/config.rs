//! Secret and ConfigMap: keys, sizes, and `stringData`.

use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};

use super::{set_default, text};
use crate::validate::{names, place::Place};

/// The API server's limit for all data of a Secret or ConfigMap.
const DATA_BYTES: usize = 1024 * 1024;

/// The type defaults to Opaque, and `stringData` moves into `data`, where it wins.
pub(super) fn default_secret(object: &mut Value) {
    let Some(map) = object.as_object_mut() else { return };
    set_default(map, "type", || json!("Opaque"));
    let Some(Value::Object(strings)) = map.remove("stringData") else { return };
    let data = map.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        for (key, value) in strings {
            // What is no string stays as it is, and the schema check names it.
            let encoded = match &value {
                Value::String(text) => {
                    serde_json::to_value(ByteString(text.clone().into_bytes())).unwrap_or(value)
                }
                _ => value,
            };
            data.insert(key, encoded);
        }
    }
}

pub(super) fn check_secret(object: &Value, place: &mut Place) {
    let Some(map) = object.as_object() else { return };
    place.field("data", |p| {
        data(map.get("data"), |text| text.len() / 4 * 3, p);
        let has = |key: &str| map.get("data").is_some_and(|data| data.get(key).is_some());
        if text(map, "type") == Some("kubernetes.io/tls") {
            for key in ["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)) {
                let remedy = "a Secret of type kubernetes.io/tls has the keys tls.crt and tls.key".to_owned();
                p.key(key, |p| p.error("Required value", Some(remedy)));
            }
        }
    });
}

pub(super) fn check_config_map(object: &Value, place: &mut Place) {
    place.field("data", |p| data(object.get("data"), str::len, p));
    place.field("binaryData", |p| {
        data(object.get("binaryData"), |text| text.len() / 4 * 3, p);
        let twice = |key: &&String| object.get("data").is_some_and(|data| data.get(key.as_str()).is_some());
        let keys = object.get("binaryData").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        for key in keys.filter(twice) {
            p.key(key, |p| p.error("Duplicate value: data has the same key", None));
        }
    });
}

fn data(data: Option<&Value>, size: impl Fn(&str) -> usize, place: &mut Place) {
    let mut bytes = 0;
    for (key, value) in data.and_then(Value::as_object).into_iter().flatten() {
        bytes += value.as_str().map_or(0, &size);
        place.key(key, |p| p.refuse(key, names::data_key(key)));
    }
    if bytes > DATA_BYTES {
        place.error(format!("Too long: may not be more than {DATA_BYTES} bytes, has {bytes}"), None);
    }
}
