//! Collects the shapes of all kinds, and gives each its name, its file, and whether it has a natural default.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{crd::Kind, ident, names::NAMES, shape::Shape};

/// A Rust type to be: a shape and where it occurs.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// Every path that has the shape, in reading order.
    pub(crate) paths: Vec<String>,
    /// The defaults that its schemas state.
    pub(crate) defaults: BTreeSet<String>,
}

/// All shapes that need a Rust type, each once.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// By shape.
    pub(crate) entries: BTreeMap<Shape, Entry>,
    by_path: BTreeMap<String, Shape>,
}

impl Registry {
    /// Walks the specs (their fields; the spec itself belongs to its kind) and statuses.
    pub(crate) fn collect(kinds: &[Kind]) -> Result<Self, String> {
        let mut registry = Self::default();
        for kind in kinds {
            registry.children(&kind.spec, &format!("{}.spec", kind.kind))?;
            if let Some(status) = &kind.status {
                registry.walk(status, &format!("{}.status", kind.kind))?;
            }
        }
        registry.check()?;
        Ok(registry)
    }

    fn walk(&mut self, schema: &Value, path: &str) -> Result<(), String> {
        let shape = Shape::of(schema, path)?;
        if matches!(shape, Shape::Struct(_) | Shape::Enum(_)) {
            let entry = self.entries.entry(shape.clone()).or_default();
            entry.paths.push(path.to_owned());
            entry.defaults.extend(schema.get("default").and_then(Value::as_str).map(str::to_owned));
            self.by_path.insert(path.to_owned(), shape.clone());
        }
        if matches!(shape, Shape::External(_)) { Ok(()) } else { self.children(schema, path) }
    }

    fn children(&mut self, schema: &Value, path: &str) -> Result<(), String> {
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.walk(property, &format!("{path}.{name}"))?;
        }
        if let Some(items) = schema.get("items") {
            self.walk(items, &format!("{path}[]"))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        for (path, name) in NAMES {
            if !self.by_path.contains_key(*path) {
                return Err(format!("{name}: no struct or enum at {path}"));
            }
        }
        let unnamed = self.entries.iter().find(|(shape, _)| self.names_of(shape).is_empty());
        match unnamed {
            Some((_, entry)) => Err(format!("no name for {}", entry.paths.join(", "))),
            None => Ok(()),
        }
    }

    /// The type's name and then its aliases, in the table's order.
    pub(crate) fn names_of(&self, shape: &Shape) -> Vec<&'static str> {
        NAMES
            .iter()
            .filter(|(path, _)| self.by_path.get(*path) == Some(shape))
            .map(|(_, name)| *name)
            .collect()
    }

    /// The Rust type of what stands at one of `paths`, an alias if one of them has it.
    pub(crate) fn type_name(&self, shape: &Shape, paths: &[String]) -> String {
        match shape {
            Shape::Scalar(name) | Shape::External(name) => (*name).to_owned(),
            Shape::List(items) => format!("Vec<{}>", self.type_name(items, &suffixed(paths, "[]"))),
            Shape::Map(values) => {
                format!("BTreeMap<String, {}>", self.type_name(values, &suffixed(paths, "{}")))
            }
            Shape::Enum(_) | Shape::Struct(_) => {
                let own =
                    NAMES.iter().find(|(path, _)| paths.iter().any(|p| p == path)).map(|(_, name)| *name);
                own.or_else(|| self.names_of(shape).first().copied()).unwrap_or_default().to_owned()
            }
        }
    }

    /// The module a type lives in: its kind's, or `common` where several kinds use it.
    pub(crate) fn module(&self, entry: &Entry) -> String {
        let kinds: BTreeSet<&str> = entry.paths.iter().filter_map(|p| p.split('.').next()).collect();
        match (kinds.first(), kinds.len()) {
            (Some(kind), 1) => ident::field(kind),
            _ => "common".to_owned(),
        }
    }

    /// The one default that an enum's schemas agree on.
    pub(crate) fn enum_default(&self, shape: &Shape) -> Option<&str> {
        let defaults = &self.entries.get(shape)?.defaults;
        if defaults.len() == 1 { defaults.first().map(String::as_str) } else { None }
    }

    /// Whether a value of the shape can be made without a choice.
    pub(crate) fn has_default(&self, shape: &Shape) -> bool {
        match shape {
            Shape::Scalar(_) | Shape::List(_) | Shape::Map(_) => true,
            Shape::External(name) => *name != "Condition",
            Shape::Enum(_) => self.enum_default(shape).is_some(),
            Shape::Struct(fields) => fields.iter().all(|f| !f.required || self.has_default(&f.shape)),
        }
    }
}

fn suffixed(paths: &[String], suffix: &str) -> Vec<String> {
    paths.iter().map(|p| format!("{p}{suffix}")).collect()
}
