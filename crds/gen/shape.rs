//! The Rust-relevant shape of a sub-schema. Two sub-schemas of one shape become one Rust type: descriptions, patterns,
//! limits and defaults are not part of it, since the validation reads those from the CRD itself.

use serde_json::{Map, Value};

/// What a schema is in Rust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// A primitive, by its Rust name.
    Scalar(&'static str),
    /// A hand-written type: k8s-openapi's that the schema is a copy of, or this crate's `Duration`.
    External(&'static str),
    /// `Vec<_>`.
    List(Box<Shape>),
    /// `BTreeMap<String, _>`.
    Map(Box<Shape>),
    /// A string with a closed set of values.
    Enum(Vec<String>),
    /// An object with named fields, sorted by name.
    Struct(Vec<Field>),
}

/// A field of a [`Shape::Struct`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    /// The name in the schema.
    pub(crate) name: String,
    /// Whether the schema's `required` names it.
    pub(crate) required: bool,
    /// What it holds.
    pub(crate) shape: Shape,
}

/// The pattern of Gateway API's `Duration` (GEP-2257).
const DURATION: &str = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";

/// Property sets that are copies of apimachinery's types.
const EXTERNALS: &[(&[&str], &str)] = &[
    (&["lastTransitionTime", "message", "observedGeneration", "reason", "status", "type"], "Condition"),
    (&["matchExpressions", "matchLabels"], "LabelSelector"),
];

impl Shape {
    /// Reads one schema node; `path` only serves the error message.
    pub(crate) fn of(schema: &Value, path: &str) -> Result<Self, String> {
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => Self::object(schema, path),
            Some("array") => {
                let items = schema.get("items").ok_or_else(|| format!("{path}: array without items"))?;
                Ok(Self::List(Box::new(Self::of(items, &format!("{path}[]"))?)))
            }
            Some("string") => Ok(match strings(schema.get("enum")) {
                Some(values) => Self::Enum(values),
                None if schema.get("pattern").and_then(Value::as_str) == Some(DURATION) => {
                    Self::External("Duration")
                }
                None => Self::Scalar("String"),
            }),
            Some("boolean") => Ok(Self::Scalar("bool")),
            Some("integer") => Ok(Self::Scalar(integer(schema))),
            other => Err(format!("{path}: type {other:?} has no Rust shape")),
        }
    }

    fn object(schema: &Value, path: &str) -> Result<Self, String> {
        if let Some(values) = schema.get("additionalProperties") {
            return Ok(Self::Map(Box::new(Self::of(values, &format!("{path}{{}}"))?)));
        }
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .ok_or_else(|| format!("{path}: open object"))?;
        if let Some(external) = external(properties) {
            return Ok(Self::External(external));
        }
        let required = strings(schema.get("required")).unwrap_or_default();
        let field = |(name, schema): (&String, &Value)| {
            let shape = Self::of(schema, &format!("{path}.{name}"))?;
            Ok(Field { name: name.clone(), required: required.contains(name), shape })
        };
        Ok(Self::Struct(properties.iter().map(field).collect::<Result<_, String>>()?))
    }
}

fn external(properties: &Map<String, Value>) -> Option<&'static str> {
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    EXTERNALS.iter().find(|(set, _)| *set == names.as_slice()).map(|(_, name)| *name)
}

/// The smallest fitting of u16, u32 and the signed type that the format names: ports and status codes are `u16`,
/// weights `u32`, and what has no lower bound stays signed.
fn integer(schema: &Value) -> &'static str {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let values: Vec<i64> = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect();
    let low = bound("minimum").or_else(|| values.iter().min().copied());
    let high = bound("maximum").or_else(|| values.iter().max().copied());
    let wide = schema.get("format").and_then(Value::as_str) == Some("int64");
    match (low, high) {
        (Some(0..), Some(..=0xffff)) => "u16",
        (Some(0..), _) if !wide => "u32",
        (Some(0..), _) => "u64",
        _ if wide => "i64",
        _ => "i32",
    }
}

/// A JSON array of strings.
pub(crate) fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    value?.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}
