//! Lists: sizes, items, and duplicates where the list is a set or a map.

use serde_json::{Map, Value};

use super::{check, size};
use crate::validate::{
    place::Place,
    schema::{ListType, Schema},
};

fn check_items(schema: &Schema, items: &[Value], place: &mut Place) {
    if let Some(schema) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            place.index(index, |p| check(schema, item, p));
        }
    }
}

/// Checks a list and its items.
pub(super) fn check_list(schema: &Schema, items: &[Value], place: &mut Place) {
    size(schema.bounds.items, items.len(), "items", place);
    check_items(schema, items, place);
    match &schema.list {
        ListType::Atomic => {}
        ListType::Set => duplicates(items, Value::clone, place),
        ListType::Map(keys) => duplicates(items, |item| key(item, keys), place),
    }
}

/// The part of a list-map's item that tells it from others; a missing key counts as null.
fn key(item: &Value, keys: &[String]) -> Value {
    let part = |key: &String| (key.clone(), item.get(key).cloned().unwrap_or_default());
    Value::Object(keys.iter().map(part).collect::<Map<_, _>>())
}

fn duplicates(items: &[Value], key: impl Fn(&Value) -> Value, place: &mut Place) {
    let keys: Vec<Value> = items.iter().map(key).collect();
    for (index, key) in keys.iter().enumerate() {
        if let Some(first) = keys.iter().take(index).position(|earlier| earlier == key) {
            let remedy = format!("item {first} has it already");
            place.index(index, |p| p.error(format!("Duplicate value: {key}"), Some(remedy)));
        }
    }
}
