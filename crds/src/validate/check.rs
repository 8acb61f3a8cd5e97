//! Checks an object against its schema: types, required fields, values, sizes, list types.

mod list;
mod scalar;

use serde_json::{Map, Value};

use super::{
    hint,
    place::Place,
    schema::{Additional, Kind, Schema, Size},
};

/// Checks a value and all below it.
pub(super) fn check(schema: &Schema, value: &Value, place: &mut Place) {
    if value.is_null() && schema.nullable {
        return;
    }
    if !has_kind(schema.kind, value) {
        let message =
            format!("Invalid value: {value}: must be {}, not {}", expected(schema.kind), actual(value));
        place.blocking_error(message, hint::wrong_type(schema.kind, value));
        return;
    }
    if !schema.enumeration.is_empty() && !schema.enumeration.contains(value) {
        let allowed: Vec<String> = schema.enumeration.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", allowed.join(", "));
        place.error(message, hint::enumeration(value, &schema.enumeration));
    }
    match value {
        Value::Object(map) => object(schema, map, place),
        Value::Array(items) => list::check_list(schema, items, place),
        Value::String(text) => scalar::string(schema, text, place),
        Value::Number(number) => scalar::number(schema, number, place),
        _ => {}
    }
    combined(schema, value, place);
}

fn has_kind(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Object => value.is_object(),
        Kind::Array => value.is_array(),
        Kind::String => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::IntOrString => value.is_i64() || value.is_u64() || value.is_string(),
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "anything",
        Kind::Object => "an object",
        Kind::Array => "a list",
        Kind::String => "a string",
        Kind::Integer => "a whole number",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::IntOrString => "a whole number or a string",
    }
}

fn actual(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn object(schema: &Schema, map: &Map<String, Value>, place: &mut Place) {
    for name in &schema.required {
        if !map.contains_key(name) {
            place.field(name, |p| p.blocking_error("Required value", None));
        }
    }
    size(schema.bounds.properties, map.len(), "entries", place);
    for (name, value) in map {
        match (schema.properties.get(name), &schema.additional) {
            (Some(property), _) => place.field(name, |p| check(property, value, p)),
            (None, Additional::Values(values)) => place.key(name, |p| check(values, value, p)),
            (None, _) => {}
        }
    }
}

/// Holds a count against its limits. Too many blocks the CEL rules, whose cost was estimated with the limit.
fn size(size: Size, count: usize, unit: &str, place: &mut Place) {
    if let Some(max) = size.max.filter(|max| count > *max) {
        place.blocking_error(format!("Too many: {count}: must have at most {max} {unit}"), None);
    }
    if let Some(min) = size.min.filter(|min| count < *min) {
        place.error(format!("Invalid value: must have at least {min} {unit}, has {count}"), None);
    }
}

fn combined(schema: &Schema, value: &Value, place: &mut Place) {
    schema.all_of.iter().for_each(|branch| check(branch, value, place));
    if !schema.any_of.is_empty() && !schema.any_of.iter().any(|branch| fits(branch, value)) {
        place.error("must validate at least one schema (anyOf)", reasons(&schema.any_of, value));
    }
    if !schema.one_of.is_empty() && schema.one_of.iter().filter(|branch| fits(branch, value)).count() != 1 {
        place.error("must validate one and only one schema (oneOf)", reasons(&schema.one_of, value));
    }
    if schema.not.as_ref().is_some_and(|branch| fits(branch, value)) {
        place.error("must not validate the schema (not)", None);
    }
}

fn fits(schema: &Schema, value: &Value) -> bool {
    found(schema, value).is_empty()
}

fn found(schema: &Schema, value: &Value) -> Vec<super::FieldError> {
    let mut place = Place::default();
    check(schema, value, &mut place);
    place.errors
}

/// What the first branch that fails says.
fn reasons(branches: &[Schema], value: &Value) -> Option<String> {
    let errors = branches.iter().map(|branch| found(branch, value)).find(|errors| !errors.is_empty())?;
    let text = |e: &super::FieldError| match (e.path.as_str(), &e.remedy) {
        (_, Some(remedy)) => remedy.clone(),
        ("", None) => e.message.clone(),
        (path, None) => format!("{path}: {}", e.message),
    };
    Some(errors.iter().map(text).collect::<Vec<_>>().join("; "))
}
