//! What to do about an error, in plain words.

use serde_json::Value;

use super::schema::{Additional, Kind, Schema};
use crate::suggest::closest;

/// For a field that the schema does not know: a close name, else where a field of this name belongs, else what there is.
pub(super) fn unknown_field(name: &str, schema: &Schema, root: &Schema) -> Option<String> {
    if let Some(close) = closest(name, schema.properties.keys().map(String::as_str)) {
        return Some(format!("did you mean `{close}`?"));
    }
    let mut elsewhere = Vec::new();
    find(root, name, "", &mut elsewhere);
    if let Some(place) = elsewhere.iter().min_by_key(|p| p.len()) {
        return Some(format!("`{name}` belongs to `{place}`; check the indentation"));
    }
    let known: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    (!known.is_empty()).then(|| format!("known fields here: {}", known.join(", ")))
}

/// The objects that have a field of this name.
fn find(schema: &Schema, name: &str, path: &str, found: &mut Vec<String>) {
    for (property, schema) in &schema.properties {
        if property == "metadata" {
            continue;
        }
        if property == name && !path.is_empty() {
            found.push(path.to_owned());
        }
        let dot = if path.is_empty() { "" } else { "." };
        find(schema, name, &format!("{path}{dot}{property}"), found);
    }
    if let Some(items) = &schema.items {
        find(items, name, &format!("{path}[]"), found);
    }
    if let Additional::Values(values) = &schema.additional {
        find(values, name, &format!("{path}{{}}"), found);
    }
}

/// For a value of the wrong type: YAML's usual traps.
pub(super) fn wrong_type(expected: Kind, value: &Value) -> Option<String> {
    match (expected, value) {
        (Kind::String, Value::Number(n)) => Some(format!("put it in quotes: \"{n}\"")),
        (Kind::String, Value::Bool(_)) => {
            Some("YAML takes true, false, yes, no, on and off for booleans: put it in quotes".to_owned())
        }
        (Kind::Integer | Kind::Number, Value::String(s)) if s.parse::<f64>().is_ok() => {
            Some(format!("write it without quotes: {s}"))
        }
        (Kind::Boolean, Value::String(s)) if matches!(s.to_lowercase().as_str(), "true" | "yes" | "on") => {
            Some("write true, without quotes".to_owned())
        }
        (Kind::Boolean, Value::String(s)) if matches!(s.to_lowercase().as_str(), "false" | "no" | "off") => {
            Some("write false, without quotes".to_owned())
        }
        (Kind::Array, Value::Object(_)) => Some("it is a list: start the item with `- `".to_owned()),
        (Kind::Array, Value::String(s)) => Some(format!("it is a list: write [{s}]")),
        (Kind::Object, Value::Array(_)) => Some("it is a single object: leave out the `- `".to_owned()),
        _ => None,
    }
}

/// For a value that is none of the allowed ones.
pub(super) fn enumeration(value: &Value, allowed: &[Value]) -> Option<String> {
    let close = closest(value.as_str()?, allowed.iter().filter_map(Value::as_str))?;
    Some(format!("did you mean `{close}`?"))
}

/// For a string that a well-known pattern refuses.
pub(super) fn pattern(pattern: &str) -> Option<String> {
    KNOWN.iter().find(|(known, _)| *known == pattern).map(|(_, hint)| (*hint).to_owned())
}

const KNOWN: &[(&str, &str)] = &[
    ("^([0-9]{1,5}(h|m|s|ms)){1,4}$", "a duration is written as 10s, 500ms or 1h30m"),
    (
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "a DNS name: lower-case letters, digits, `-` and `.`, each label beginning and ending with a letter or digit",
    ),
    (
        r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "a hostname in lower case, or `*.` and a hostname; no scheme, port or path",
    ),
    ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a DNS label: lower-case letters, digits and `-`, no dots"),
    (
        r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "an API group without its version, such as gateway.networking.k8s.io; \"\" for Service and Secret",
    ),
    ("^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", "a kind, such as Service"),
    (r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$", "a header name: letters, digits and !#$%&'*+-.^_`|~"),
];
