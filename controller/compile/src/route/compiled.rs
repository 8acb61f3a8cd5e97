//! A route whose rules have been compiled, before it is known where they are served.

use super::Specificity;
use crate::{backend::BackendId, problem::Problem};
use corten_snapshot::{Entry, Rule};
use std::sync::Arc;

/// The rules of a route.
#[derive(Default)]
pub(crate) struct CompiledRoute {
    /// The rules that are served, if only with 500.
    pub(crate) rules: Vec<CompiledRule>,
    /// How many rules the route has.
    pub(crate) total: usize,
    /// How many of them do not do what they say.
    pub(crate) broken: usize,
    /// What was found.
    pub(crate) findings: Findings,
}

/// One rule.
#[derive(Clone)]
pub(crate) struct CompiledRule {
    pub(crate) rule: Arc<Rule>,
    pub(crate) matches: Vec<CompiledMatch>,
    /// The upstreams that it and its filters name.
    pub(crate) backends: Vec<BackendId>,
}

/// One match of a rule.
#[derive(Clone)]
pub(crate) struct CompiledMatch {
    /// Its `rule` is filled in later.
    pub(crate) entry: Entry,
    pub(crate) specificity: Specificity,
}

/// What is wrong with rules.
#[derive(Default)]
pub(crate) struct Findings {
    /// The rule cannot do what it says: it answers 500, or is dropped if it cannot even be matched.
    pub(crate) invalid: Vec<Problem>,
    /// References that cannot be resolved.
    pub(crate) refs: Vec<Problem>,
    /// What has no effect or not the expected one.
    pub(crate) warnings: Vec<Problem>,
}

impl Findings {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.invalid.append(&mut other.invalid);
        self.refs.append(&mut other.refs);
        self.warnings.append(&mut other.warnings);
    }
}
