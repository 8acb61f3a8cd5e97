//! Offline validation: what an API server with the checked-in CRDs would say when the object is created.
//!
//! In the order of the API server: unknown fields (strict field validation), nulls dropped, schema defaults filled in,
//! the schema checked, then the CEL rules (`x-kubernetes-validations`). Core kinds are checked against their published
//! schema and the main rules that the API server has in code.

mod cel;
mod check;
mod core;
mod defaults;
mod hint;
mod metadata;
pub mod names;
mod place;
mod registry;
mod schema;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::place::Place;
use crate::kinds::{self, KindInfo};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// Where, for example `spec.rules[0].matches[1].path.value`. Empty: the object itself.
    pub path: String,
    /// What, in the API server's terms.
    pub message: String,
    /// What to do about it, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A CEL rule that could not be evaluated offline; only the API server can tell.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SkippedRule {
    /// The field that the rule is about.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// Why it could not be evaluated.
    pub reason: String,
}

/// The result of [`validate`].
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The object's kind, if Corten reads it.
    pub kind: Option<&'static KindInfo>,
    /// The object as the API server would store it: unknown fields and `status` dropped, defaults filled in.
    pub object: Value,
    /// What is wrong with it. Empty: the API server would accept it.
    pub errors: Vec<FieldError>,
    /// Rules that could not be evaluated.
    pub skipped: Vec<SkippedRule>,
}

impl Outcome {
    /// The object as its Rust type.
    ///
    /// # Errors
    /// The validation's errors, or the one of a type that disagrees with its schema.
    pub fn typed<T: DeserializeOwned>(self) -> Result<T, Vec<FieldError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        serde_json::from_value(self.object)
            .map_err(|e| vec![FieldError { path: String::new(), message: e.to_string(), remedy: None }])
    }
}

/// Validates an object of any kind that Corten reads.
#[must_use]
pub fn validate(mut object: Value) -> Outcome {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (api_version, name) = (text("apiVersion").to_owned(), text("kind").to_owned());
    let mut place = Place::default();
    let info = match kinds::find(&api_version, &name) {
        Ok(info) => info,
        Err(unknown) => {
            unknown_kind(&unknown, &mut place);
            return Outcome { kind: None, object, errors: place.errors, skipped: Vec::new() };
        }
    };
    let skipped = match registry::schema_of(info, &api_version) {
        Ok(schema) => checked(info, schema, &mut object, &mut place),
        Err(message) => {
            place.error(message, None);
            Vec::new()
        }
    };
    Outcome { kind: Some(info), object, errors: place.errors, skipped }
}

fn checked(
    info: &KindInfo,
    kind: &registry::Checked,
    object: &mut Value,
    place: &mut Place,
) -> Vec<SkippedRule> {
    if kind.drops_status
        && let Some(map) = object.as_object_mut()
    {
        map.remove("status");
    }
    defaults::apply(&kind.schema, object, &kind.schema, place);
    core::default(info, object);
    check::check(&kind.schema, object, place);
    metadata::check(info, object, place);
    core::check(info, object, place);
    if place.blocking { Vec::new() } else { cel::evaluate(&kind.schema, object, place) }
}

fn unknown_kind(unknown: &kinds::UnknownKind, place: &mut Place) {
    for (field, value) in [("apiVersion", &unknown.api_version), ("kind", &unknown.kind)] {
        if value.is_empty() {
            place.field(field, |p| {
                p.error("Required value", Some(format!("every object states its `{field}`")))
            });
        }
    }
    if place.errors.is_empty() {
        place.field("kind", |p| p.error(unknown.to_string(), unknown.remedy()));
    }
}
