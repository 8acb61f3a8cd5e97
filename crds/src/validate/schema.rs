//! A structural schema (the OpenAPI v3 dialect of CRDs), read once into what the checks need.

use std::{collections::BTreeMap, sync::Arc};

use regex::Regex;
use serde_json::{Map, Value};

use super::cel::Rule;

/// One node of a schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) default: Option<Value>,
    pub(super) enumeration: Vec<Value>,
    pub(super) bounds: Bounds,
    pub(super) pattern: Option<Regex>,
    pub(super) format: Option<String>,
    pub(super) properties: BTreeMap<String, Schema>,
    pub(super) required: Vec<String>,
    pub(super) additional: Additional,
    pub(super) items: Option<Box<Schema>>,
    pub(super) list: ListType,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
    pub(super) rules: Vec<Arc<Rule>>,
    /// Whether this node or one below it has rules.
    pub(super) has_rules: bool,
}

impl Schema {
    /// The nodes that values below this one are held against.
    pub(super) fn below(&self) -> impl Iterator<Item = &Self> {
        let values = match &self.additional {
            Additional::Values(values) => Some(values.as_ref()),
            Additional::None | Additional::Any => None,
        };
        self.properties.values().chain(self.items.as_deref()).chain(values)
    }
}

/// What a value must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
}

/// Numeric and size limits.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) length: Size,
    pub(super) items: Size,
    pub(super) properties: Size,
}

/// A lower and an upper limit of a count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
}

/// Fields beyond the declared ones.
#[derive(Debug, Default)]
pub(super) enum Additional {
    /// Unknown fields.
    #[default]
    None,
    /// Whatever they are (`x-kubernetes-preserve-unknown-fields`, or an open object of a core kind).
    Any,
    /// A map's values.
    Values(Box<Schema>),
}

/// What makes two items of a list the same.
#[derive(Debug, Default)]
pub(super) enum ListType {
    #[default]
    Atomic,
    Set,
    Map(Vec<String>),
}

/// What cannot be used of a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub(super) struct SchemaError {
    path: String,
    message: String,
}

/// Reads schemas; keeps what many nodes share: patterns and rules.
#[derive(Debug, Default)]
pub(super) struct Reader {
    patterns: BTreeMap<String, Regex>,
    rules: BTreeMap<String, Arc<Rule>>,
}

impl Reader {
    /// Reads a node and all below it.
    pub(super) fn read(&mut self, schema: &Value, path: &str) -> Result<Schema, SchemaError> {
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let text = |name: &str| schema.get(name).and_then(Value::as_str);
        let properties = self.properties(schema, path)?;
        let mut node = Schema {
            kind: if flag("x-kubernetes-int-or-string") { Kind::IntOrString } else { kind(text("type")) },
            nullable: flag("nullable"),
            default: schema.get("default").cloned(),
            enumeration: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            bounds: bounds(schema),
            pattern: text("pattern").map(|p| self.pattern(p, path)).transpose()?,
            format: text("format").map(str::to_owned),
            additional: self.additional(schema, path)?,
            properties,
            required: strings(schema.get("required")),
            items: self.boxed(schema.get("items"), &format!("{path}[]"))?,
            list: list_type(schema),
            all_of: self.list(schema.get("allOf"), path)?,
            any_of: self.list(schema.get("anyOf"), path)?,
            one_of: self.list(schema.get("oneOf"), path)?,
            not: self.boxed(schema.get("not"), path)?,
            rules: self.rules(schema, path)?,
            has_rules: false,
        };
        node.has_rules = !node.rules.is_empty() || node.below().any(|child| child.has_rules);
        Ok(node)
    }

    fn properties(&mut self, schema: &Value, path: &str) -> Result<BTreeMap<String, Schema>, SchemaError> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let read = |(name, schema): (&String, &Value)| {
            Ok((name.clone(), self.read(schema, &format!("{path}.{name}"))?))
        };
        properties.into_iter().flatten().map(read).collect()
    }

    fn additional(&mut self, schema: &Value, path: &str) -> Result<Additional, SchemaError> {
        let preserve = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => {
                Ok(Additional::Values(Box::new(self.read(values, &format!("{path}{{}}"))?)))
            }
            Some(Value::Bool(true)) => Ok(Additional::Any),
            _ if preserve => Ok(Additional::Any),
            _ => Ok(Additional::None),
        }
    }

    fn boxed(&mut self, schema: Option<&Value>, path: &str) -> Result<Option<Box<Schema>>, SchemaError> {
        schema.map(|s| self.read(s, path).map(Box::new)).transpose()
    }

    fn list(&mut self, schemas: Option<&Value>, path: &str) -> Result<Vec<Schema>, SchemaError> {
        schemas.and_then(Value::as_array).into_iter().flatten().map(|s| self.read(s, path)).collect()
    }

    fn pattern(&mut self, pattern: &str, path: &str) -> Result<Regex, SchemaError> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(known.clone());
        }
        let fail = |e: regex::Error| SchemaError { path: path.to_owned(), message: e.to_string() };
        let regex = Regex::new(pattern).map_err(fail)?;
        self.patterns.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    }

    fn rules(&mut self, schema: &Value, path: &str) -> Result<Vec<Arc<Rule>>, SchemaError> {
        let rules = schema.get("x-kubernetes-validations").and_then(Value::as_array);
        rules.into_iter().flatten().map(|rule| self.rule(rule, path)).collect()
    }

    fn rule(&mut self, rule: &Value, path: &str) -> Result<Arc<Rule>, SchemaError> {
        let key = rule.to_string();
        if let Some(known) = self.rules.get(&key) {
            return Ok(Arc::clone(known));
        }
        let fail = |message: String| SchemaError { path: path.to_owned(), message };
        let rule = Arc::new(Rule::compile(rule).map_err(fail)?);
        self.rules.insert(key, Arc::clone(&rule));
        Ok(rule)
    }
}

fn kind(name: Option<&str>) -> Kind {
    match name {
        Some("object") => Kind::Object,
        Some("array") => Kind::Array,
        Some("string") => Kind::String,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        _ => Kind::Any,
    }
}

fn bounds(schema: &Value) -> Bounds {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let count = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let size = |min: &str, max: &str| Size { min: count(min), max: count(max) };
    Bounds {
        minimum: number("minimum"),
        maximum: number("maximum"),
        exclusive_minimum: flag("exclusiveMinimum"),
        exclusive_maximum: flag("exclusiveMaximum"),
        length: size("minLength", "maxLength"),
        items: size("minItems", "maxItems"),
        properties: size("minProperties", "maxProperties"),
    }
}

fn list_type(schema: &Value) -> ListType {
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => ListType::Set,
        Some("map") => ListType::Map(strings(schema.get("x-kubernetes-list-map-keys"))),
        _ => ListType::Atomic,
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// A schema's declared fields as JSON, for [`Reader::read`].
pub(super) fn properties_mut(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    let map = schema.as_object_mut()?;
    let entry = map.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    entry.as_object_mut()
}
