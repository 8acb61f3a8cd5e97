//! Unknown fields, nulls and defaults, in one walk that leaves the object as the API server would store it.

use serde_json::{Map, Value};

use super::{
    hint,
    place::Place,
    schema::{Additional, Kind, Schema},
};

/// Reports and drops unknown fields, drops nulls that mean absence, and fills in defaults. `root` serves the hints.
pub(super) fn apply(schema: &Schema, value: &mut Value, root: &Schema, place: &mut Place) {
    match value {
        // An object where something else belongs is the type check's to report, as a whole.
        Value::Object(map) if matches!(schema.kind, Kind::Object | Kind::Any) => {
            object(schema, map, root, place)
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                for (index, item) in items.iter_mut().enumerate() {
                    place.index(index, |p| apply(schema, item, root, p));
                }
            }
        }
        _ => {}
    }
}

fn object(schema: &Schema, map: &mut Map<String, Value>, root: &Schema, place: &mut Place) {
    map.retain(|name, value| match (schema.properties.get(name), &schema.additional) {
        (Some(property), _) => !value.is_null() || property.nullable,
        (None, Additional::None) => {
            place.field(name, |p| p.error("unknown field", hint::unknown_field(name, schema, root)));
            false
        }
        (None, Additional::Values(values)) => !value.is_null() || values.nullable,
        (None, Additional::Any) => true,
    });
    for (name, property) in &schema.properties {
        if let Some(default) = &property.default
            && !map.contains_key(name)
        {
            map.insert(name.clone(), default.clone());
        }
    }
    for (name, value) in map {
        match (schema.properties.get(name), &schema.additional) {
            (Some(property), _) => place.field(name, |p| apply(property, value, root, p)),
            (None, Additional::Values(values)) => place.key(name, |p| apply(values, value, root, p)),
            (None, _) => {}
        }
    }
}
