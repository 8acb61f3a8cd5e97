//! What is wrong with an object, before it becomes a condition and a note.

use crate::{
    note::{Note, Severity},
    object::ObjectId,
    text::clean,
};
use std::{borrow::Cow, fmt::Write as _};

/// One thing that is wrong, with the words for condition and note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The condition reason.
    pub reason: &'static str,
    /// Path of the field below `spec`, such as `rules[0].filters[1]`.
    pub field: String,
    /// What is wrong, a sentence without a full stop.
    pub message: String,
    /// What to do about it, an imperative.
    pub remedy: Cow<'static, str>,
}

impl Problem {
    pub(crate) fn new(
        reason: &'static str,
        field: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        let remedy = match remedy.into() {
            Cow::Owned(text) => Cow::Owned(clean(text)),
            literal => literal,
        };
        Self { reason, field: field.into(), message: clean(message.into()), remedy }
    }

    /// The note for this problem of `object`.
    pub(crate) fn note(&self, object: &ObjectId, severity: Severity) -> Note {
        let field = if self.field.is_empty() { String::new() } else { format!("spec.{}", self.field) };
        Note {
            object: object.clone(),
            field,
            severity,
            reason: Cow::Borrowed(self.reason),
            message: self.message.clone(),
            remedy: self.remedy.clone().into_owned(),
        }
    }
}

/// The most problems that a condition spells out. Messages are limited to 32 KiB by the API.
const SPELLED_OUT: usize = 8;

/// The message of a condition that stands for all `problems`.
pub(crate) fn summary<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> String {
    let mut text = String::new();
    let mut more = 0_usize;
    for (index, problem) in problems.into_iter().enumerate() {
        if index >= SPELLED_OUT {
            more += 1;
            continue;
        }
        let separator = if index == 0 { "" } else { "; " };
        let colon = if problem.field.is_empty() { "" } else { ": " };
        let message: String = problem.message.chars().take(1024).collect();
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}{}{colon}{message}", problem.field);
    }
    if more > 0 {
        let _ = write!(text, "; and {more} more");
    }
    text
}
