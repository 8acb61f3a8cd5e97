//! Diagnostics for people: `corten check`, log lines and Events.

use crate::object::ObjectId;
use serde::Serialize;
use std::borrow::Cow;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// Something that the user asked for is not done.
    Error,
    /// It works, but probably not as meant.
    Warning,
    /// Good to know.
    Info,
}

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The object that says it.
    pub object: ObjectId,
    /// The path of the field, such as `spec.rules[0].backendRefs[1].port`; empty if it is about the whole object.
    pub field: String,
    /// How bad it is.
    pub severity: Severity,
    /// A word for machines; the reason of the condition where there is one.
    pub reason: Cow<'static, str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}
