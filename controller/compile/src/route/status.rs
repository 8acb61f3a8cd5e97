//! Statuses of routes.

use super::{
    CompiledRoute, RouteKind,
    attach::{Hostnames, Parent},
};
use crate::{
    note::{Note, Severity},
    problem::{Problem, summary},
    status::{Condition, ParentStatus},
};
use corten_crds::gateway::ParentReference;
use std::borrow::Cow;

impl CompiledRoute {
    /// Whether none of its rules does what it says.
    pub(super) fn wholly_invalid(&self) -> bool {
        self.broken > 0 && self.broken >= self.total
    }
}

/// The status at one parent. `None`: it is not ours.
pub(super) fn parent_status<R: RouteKind>(
    route: &R,
    reference: &ParentReference,
    parent: &Parent,
    compiled: &CompiledRoute,
    hostnames: &Hostnames,
) -> Option<ParentStatus> {
    let accepted = match parent {
        Parent::Foreign | Parent::Missing(_) => return None,
        Parent::Refused(problem) => Condition::no("Accepted", problem.reason, summary([problem])),
        Parent::Attached(_) => accepted(compiled, hostnames),
    };
    let partial = accepted.is_true() && compiled.broken > 0;
    let mut conditions = vec![accepted, resolved_refs(compiled)];
    if partial {
        conditions.push(partially_invalid(compiled));
    }
    let generation = route.generation();
    Some(ParentStatus {
        parent_ref: reference.clone(),
        conditions: conditions.into_iter().map(|condition| condition.observed(generation)).collect(),
    })
}

fn accepted(compiled: &CompiledRoute, hostnames: &Hostnames) -> Condition {
    let invalid = &compiled.findings.invalid;
    if let (true, Some(first)) = (compiled.wholly_invalid(), invalid.first()) {
        return Condition::no("Accepted", first.reason, summary(invalid));
    }
    let odd: Vec<&Problem> = hostnames.problems.iter().chain(&compiled.findings.warnings).collect();
    if odd.is_empty() {
        return Condition::yes("Accepted", "Accepted", "the route is accepted");
    }
    Condition::yes("Accepted", "Accepted", format!("the route is accepted; but {}", summary(odd)))
}

fn resolved_refs(compiled: &CompiledRoute) -> Condition {
    match compiled.findings.refs.first() {
        Some(first) => Condition::no("ResolvedRefs", first.reason, summary(&compiled.findings.refs)),
        None => Condition::yes("ResolvedRefs", "ResolvedRefs", "all references are resolved"),
    }
}

/// The specification wants the message to begin with these words.
fn partially_invalid(compiled: &CompiledRoute) -> Condition {
    let invalid = &compiled.findings.invalid;
    let reason = invalid.first().map_or("UnsupportedValue", |first| first.reason);
    Condition::yes("PartiallyInvalid", reason, format!("Dropped Rule: {}", summary(invalid)))
}

/// The notes about a route.
pub(super) fn route_notes<R: RouteKind>(
    route: &R,
    parents: &[(Cow<'_, ParentReference>, Parent)],
    compiled: &CompiledRoute,
    hostnames: &Hostnames,
    notes: &mut Vec<Note>,
) {
    let id = route.id();
    let mut add = |problem: &Problem, severity| notes.push(problem.note(&id, severity));
    for (position, (_, parent)) in parents.iter().enumerate() {
        if let Parent::Refused(problem) | Parent::Missing(problem) = parent {
            let mut problem = problem.clone();
            if problem.field == "parentRefs" {
                problem.field = format!("parentRefs[{position}]");
            }
            add(&problem, Severity::Error);
        }
    }
    if parents.is_empty() {
        let message = "the route has no parent, so it is not served";
        add(&Problem::new("NoMatchingParent", "parentRefs", message, "add a parentRef"), Severity::Warning);
    }
    let findings = &compiled.findings;
    hostnames
        .problems
        .iter()
        .chain(&findings.invalid)
        .chain(&findings.refs)
        .for_each(|p| add(p, Severity::Error));
    findings.warnings.iter().for_each(|p| add(p, Severity::Warning));
}
