//! Lists: sizes, items, and duplicates where the list is a set or a map.

use std::collections::{HashMap, hash_map::Entry};

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
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        match seen.entry(key(item).to_string()) {
            Entry::Vacant(entry) => {
                entry.insert(index);
            }
            Entry::Occupied(entry) => {
                let remedy = format!("item {} has it already", entry.get());
                place.index(index, |p| p.error(format!("Duplicate value: {}", entry.key()), Some(remedy)));
            }
        }
    }
}
