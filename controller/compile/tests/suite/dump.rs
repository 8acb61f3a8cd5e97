//! Outputs as YAML: what is at its default is left out, durations and conditions are one line, and key material is
//! only a hash.

use corten_compile::{Note, Output, Statuses};
use corten_snapshot::{ClusterSettings, ContentHash, ListenerSettings};
use serde_json::{Map, Value, json};

/// The whole output.
pub(crate) fn output(output: &Output) -> String {
    let document = json!({
        "snapshot": snapshot(output),
        "statuses": statuses(&output.statuses),
        "notes": output.notes.iter().map(note).collect::<Vec<_>>(),
    });
    serde_saphyr::to_string(&document).expect("a JSON value is YAML")
}

fn snapshot(output: &Output) -> Value {
    let parts = output.snapshot.iter().map(|(key, part)| {
        let value = serde_json::to_value(&*part.part).expect("a part is JSON");
        // The variant's name is in the key already.
        let value = value.as_object().and_then(|map| map.values().next()).cloned().unwrap_or_default();
        (key.to_string(), tidy(value))
    });
    Value::Object(parts.collect())
}

fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => tidy_object(map),
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        other => other,
    }
}

fn tidy_object(mut map: Map<String, Value>) -> Value {
    if let (2, Some(secs), Some(nanos)) = (map.len(), map.get("secs"), map.get("nanos")) {
        let millis = secs.as_u64().unwrap_or(0) * 1000 + nanos.as_u64().unwrap_or(0) / 1_000_000;
        return json!(format!("{millis}ms"));
    }
    for (name, default) in [
        ("settings", serde_json::to_value(ListenerSettings::default())),
        ("settings", serde_json::to_value(ClusterSettings::default())),
    ] {
        let default = default.expect("settings are JSON");
        if let Some(given) = map.get_mut(name) {
            *given = difference(given, &default);
        }
    }
    for pem in ["chain_pem", "key_pem", "pem"] {
        if let Some(Value::String(text)) = map.get(pem) {
            let short = ContentHash::of(text.as_bytes()).to_string();
            map.insert(pem.to_owned(), json!(format!("hash {short}")));
        }
    }
    let kept = map.into_iter().map(|(key, value)| (key, tidy(value)));
    Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// What of `given` is not as in `default`.
fn difference(given: &Value, default: &Value) -> Value {
    let (Value::Object(given_map), Value::Object(default_map)) = (given, default) else {
        return given.clone();
    };
    if !given_map.keys().eq(default_map.keys()) || given_map.contains_key("nanos") {
        return given.clone();
    }
    let changed = given_map.iter().filter(|(key, value)| default_map.get(*key) != Some(value));
    Value::Object(
        changed.map(|(key, value)| (key.clone(), difference(value, &default_map[key.as_str()]))).collect(),
    )
}

fn statuses(statuses: &Statuses) -> Value {
    let all = statuses.iter().map(|(id, status)| {
        let mut value = serde_json::to_value(status).expect("a status is JSON");
        if let Some(features) = value.get_mut("supportedFeatures") {
            *features = json!(format!("{} features", features.as_array().map_or(0, Vec::len)));
        }
        (id.to_string(), conditions(value))
    });
    Value::Object(all.collect())
}

fn conditions(value: Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("reason") => {
            let text = |key: &str| map[key].as_str().unwrap_or_default().to_owned();
            let generation = map["observedGeneration"].as_i64().map(|g| format!(" @{g}")).unwrap_or_default();
            json!(format!(
                "{}={}{generation} {}: {}",
                text("type"),
                text("status"),
                text("reason"),
                text("message")
            ))
        }
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, conditions(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null()).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(conditions).collect()),
        other => other,
    }
}

fn note(note: &Note) -> String {
    let field = if note.field.is_empty() { String::new() } else { format!(" {}", note.field) };
    format!(
        "{:?}: {}{field}: {} ({}). Remedy: {}",
        note.severity, note.object, note.message, note.reason, note.remedy
    )
}
