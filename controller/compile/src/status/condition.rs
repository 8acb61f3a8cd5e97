//! Conditions.

use crate::text::clean;
use serde::Serialize;
use std::borrow::Cow;

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Not known yet.
    Unknown,
}

impl ConditionStatus {
    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition without `lastTransitionTime`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Such as `Accepted`.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for machines.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// `metadata.generation` of the object that was compiled.
    pub observed_generation: Option<i64>,
}

impl Condition {
    pub(crate) fn new(
        type_: &'static str,
        status: ConditionStatus,
        reason: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = match message.into() {
            Cow::Owned(text) => Cow::Owned(clean(text)),
            literal => literal,
        };
        Self { type_, status, reason, message, observed_generation: None }
    }

    pub(crate) fn yes(
        type_: &'static str,
        reason: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(type_, ConditionStatus::True, reason, message)
    }

    pub(crate) fn no(
        type_: &'static str,
        reason: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(type_, ConditionStatus::False, reason, message)
    }

    /// The same for an object of this generation.
    pub(crate) fn observed(mut self, generation: Option<i64>) -> Self {
        self.observed_generation = generation;
        self
    }

    /// Whether it is there and true.
    pub(crate) fn is_true(&self) -> bool {
        self.status == ConditionStatus::True
    }
}
