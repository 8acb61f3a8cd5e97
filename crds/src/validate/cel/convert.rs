//! JSON values as CEL values.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use kube_cel::cel::{
    Value as CelValue,
    objects::{Key, Map},
};
use serde_json::{Number, Value};

use crate::validate::schema::{Additional, Schema};

/// A CEL map being built.
type Fields = HashMap<Key, CelValue>;

/// A value whose schema tells declared fields from a map's keys.
pub(super) fn of_schema(schema: &Schema, value: &Value) -> CelValue {
    match value {
        Value::Object(entries) => {
            let mut fields = Fields::with_capacity(entries.len());
            for (name, value) in entries {
                let (declared, child) = match (schema.properties.get(name), &schema.additional) {
                    (Some(property), _) => (true, of_schema(property, value)),
                    (None, Additional::Values(values)) => (false, of_schema(values, value)),
                    (None, _) => (false, any(value)),
                };
                insert(&mut fields, name, declared, child);
            }
            map(fields)
        }
        Value::Array(items) => match &schema.items {
            Some(of) => list(items.iter().map(|item| of_schema(of, item))),
            None => any(value),
        },
        scalar_value => scalar(scalar_value),
    }
}

/// Adds a field (its name escaped as Kubernetes does) or a map's entry (its key as it is).
fn insert(fields: &mut Fields, name: &str, declared: bool, value: CelValue) {
    let name = if declared { escape(name) } else { Cow::Borrowed(name) };
    fields.insert(Key::String(Arc::new(name.into_owned())), value);
}

/// A finished map.
fn map(fields: Fields) -> CelValue {
    CelValue::Map(Map { map: Arc::new(fields) })
}

/// A list.
fn list(items: impl IntoIterator<Item = CelValue>) -> CelValue {
    CelValue::List(Arc::new(items.into_iter().collect()))
}

/// A value without a schema.
fn any(value: &Value) -> CelValue {
    match value {
        Value::Array(items) => list(items.iter().map(any)),
        Value::Object(entries) => {
            let mut fields = Fields::with_capacity(entries.len());
            for (name, value) in entries {
                insert(&mut fields, name, false, any(value));
            }
            map(fields)
        }
        other => scalar(other),
    }
}

/// What is neither a list nor an object (those are null here).
fn scalar(value: &Value) -> CelValue {
    match value {
        Value::Bool(b) => CelValue::Bool(*b),
        Value::Number(n) => number(n),
        Value::String(s) => CelValue::String(Arc::new(s.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => CelValue::Null,
    }
}

fn number(n: &Number) -> CelValue {
    match (n.as_i64(), n.as_u64(), n.as_f64()) {
        (Some(i), _, _) => CelValue::Int(i),
        (None, Some(u), _) => CelValue::UInt(u),
        (None, None, Some(f)) => CelValue::Float(f),
        (None, None, None) => CelValue::Null,
    }
}

/// CEL's reserved words, which a field name must not be.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// A field name as CEL rules write it: `namespace` is `__namespace__`, `a-b` is `a__dash__b`.
fn escape(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) {
        return Cow::Owned(format!("__{name}__"));
    }
    if !name.contains(['_', '.', '-', '/']) {
        return Cow::Borrowed(name);
    }
    let underscores = name.replace('_', "__");
    Cow::Owned(underscores.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}

/// The field that a rule names; `None` for escapes that no rule here needs.
pub(super) fn unescape(name: &str) -> Option<&str> {
    if !name.contains("__") {
        return Some(name);
    }
    let word = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"))?;
    RESERVED.contains(&word).then_some(word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn field_names_are_escaped() {
        for (name, escaped) in [
            ("name", "name"),
            ("namespace", "__namespace__"),
            ("default", "default"),
            ("a-b_c.d/e", "a__dash__b__c__dot__d__slash__e"),
            ("in", "__in__"),
        ] {
            assert_eq!(escape(name), escaped);
            assert!(unescape(escaped).is_none_or(|unescaped| unescaped == name));
        }
    }

    #[test]
    fn map_keys_are_not_escaped() {
        let mut fields = Fields::new();
        insert(&mut fields, "a-b", false, CelValue::Null);
        insert(&mut fields, "a-b", true, CelValue::Null);
        let mut keys: Vec<String> = fields.into_keys().map(|k| k.to_string()).collect();
        keys.sort();
        assert_eq!(keys, ["a-b", "a__dash__b"]);
    }

    #[test]
    fn values_keep_their_type() {
        assert_eq!(any(&json!(1)), CelValue::Int(1));
        assert_eq!(any(&json!(u64::MAX)), CelValue::UInt(u64::MAX));
        assert_eq!(any(&json!(1.5)), CelValue::Float(1.5));
        assert_eq!(any(&json!(null)), CelValue::Null);
        assert_eq!(
            any(&json!([true, "x"])),
            list([CelValue::Bool(true), CelValue::String(Arc::new("x".into()))])
        );
    }
}
