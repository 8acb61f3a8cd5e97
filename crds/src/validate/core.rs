//! What the API server does to and asks of the core kinds in code, beyond their schema.

mod config;
mod endpoint_slice;
mod service;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::place::Place;
use crate::kinds::KindInfo;

/// Fills in what the API server fills in.
pub(super) fn default(info: &KindInfo, object: &mut Value) {
    match (info.group, info.kind) {
        ("", "Service") => service::default(object),
        ("", "Secret") => config::default_secret(object),
        ("", "Namespace") => default_namespace(object),
        ("discovery.k8s.io", "EndpointSlice") => endpoint_slice::default(object),
        _ => {}
    }
}

/// Checks what the schema does not say.
pub(super) fn check(info: &KindInfo, object: &Value, place: &mut Place) {
    match (info.group, info.kind) {
        ("", "Service") => service::check(object, place),
        ("", "Secret") => config::check_secret(object, place),
        ("", "ConfigMap") => config::check_config_map(object, place),
        ("discovery.k8s.io", "EndpointSlice") => endpoint_slice::check(object, place),
        _ => {}
    }
}

/// Every namespace is labelled with its name, so that selectors can name it.
fn default_namespace(object: &mut Value) {
    let Some(name) = object.pointer("/metadata/name").cloned() else { return };
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let labels = metadata.map(|m| m.entry("labels").or_insert_with(|| json!({})));
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
}

fn set_default(map: &mut Map<String, Value>, name: &str, value: impl FnOnce() -> Value) {
    map.entry(name).or_insert_with(value);
}

/// The objects of the list `name`.
fn objects<'a>(parent: Option<&'a Value>, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    parent
        .and_then(|p| p.get(name))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

/// The objects of the list `name`, to be changed.
fn objects_mut<'a>(
    parent: Option<&'a mut Value>,
    name: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let list = parent.and_then(|p| p.get_mut(name)).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

fn one_of(value: &str, allowed: &[&str], place: &mut Place) {
    if !allowed.contains(&value) {
        let quoted: Vec<String> = allowed.iter().map(|a| format!("{a:?}")).collect();
        let close = crate::suggest::closest(value, allowed.iter().copied());
        let message = format!("Unsupported value: {value:?}: supported values: {}", quoted.join(", "));
        place.error(message, close.map(|c| format!("did you mean `{c}`?")));
    }
}

fn port_number(value: Option<&Value>, place: &mut Place) {
    if let Some(number) = value.and_then(Value::as_i64)
        && !(1..=65_535).contains(&number)
    {
        place.error(format!("Invalid value: {number}: must be between 1 and 65535, inclusive"), None);
    }
}

/// Each must be unlike those before it; `None` is like none. The error is at `field` of the item, or at the item.
fn unique(keys: impl IntoIterator<Item = Option<String>>, field: &str, place: &mut Place) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, key) in keys.into_iter().enumerate() {
        let Some(key) = key else { continue };
        if let Some(first) = seen.get(&key) {
            let (message, remedy) =
                (format!("Duplicate value: {key}"), format!("item {first} has it already"));
            place.index(index, |p| match field {
                "" => p.error(message, Some(remedy)),
                field => p.field(field, |p| p.error(message, Some(remedy))),
            });
        } else {
            seen.insert(key, index);
        }
    }
}
