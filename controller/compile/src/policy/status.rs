//! Statuses of policies.

use super::{Attachment, Policy, Target, TargetState};
use crate::{
    note::{Note, Severity},
    object::{GATEWAY_GROUP, Kind},
    problem::Problem,
    status::{Condition, PolicyAncestorStatus, PolicyStatus},
};
use corten_crds::gateway::ParentReference;
use std::collections::{BTreeMap, BTreeSet};

/// The most ancestors that a status may have.
const MAX_ANCESTORS: usize = 16;

/// For a target the Gateways through which it is used, as (namespace, name).
pub(crate) type Ancestors<'f, 'a> = &'f dyn Fn(&Target<'a>) -> BTreeSet<(String, String)>;

/// The status of a policy. `own` are conditions beside `Accepted` and, first, a reason why the policy as a whole is
/// not accepted. `None`: it has nothing to do with us.
pub(crate) fn policy_status<'a, P: Policy>(
    attachment: &Attachment<'a, P>,
    (refused, more): (Option<&Problem>, &[Condition]),
    ancestors: Ancestors<'_, 'a>,
) -> Option<PolicyStatus> {
    let mut by_ancestor: BTreeMap<AncestorKey, Vec<&TargetState<'a>>> = BTreeMap::new();
    for (state, reference) in attachment.targets.iter().zip(attachment.policy.targets()) {
        let gateways = match state {
            TargetState::Attached(target) | TargetState::Conflicted(target, _) => ancestors(target),
            TargetState::NotFound(..) | TargetState::Unsupported(_) => BTreeSet::new(),
            TargetState::Foreign => continue,
        };
        if gateways.is_empty() {
            let itself = AncestorKey {
                group: reference.group.clone(),
                kind: reference.kind.clone(),
                namespace: attachment.policy.namespace().to_owned(),
                name: reference.name.clone(),
            };
            by_ancestor.entry(itself).or_default().push(state);
        }
        for (namespace, name) in gateways {
            let (group, kind) = (GATEWAY_GROUP.to_owned(), Kind::Gateway.as_str().to_owned());
            by_ancestor.entry(AncestorKey { group, kind, namespace, name }).or_default().push(state);
        }
    }
    let generation = attachment.policy.generation();
    let ancestors: Vec<_> = by_ancestor
        .into_iter()
        .take(MAX_ANCESTORS)
        .map(|(ancestor, states)| PolicyAncestorStatus {
            ancestor_ref: ancestor.into(),
            conditions: std::iter::once(accepted(refused, &states))
                .chain(more.iter().cloned())
                .map(|condition| condition.observed(generation))
                .collect(),
        })
        .collect();
    (!ancestors.is_empty()).then_some(PolicyStatus { ancestors })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct AncestorKey {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl From<AncestorKey> for ParentReference {
    fn from(key: AncestorKey) -> Self {
        Self {
            group: Some(key.group),
            kind: Some(key.kind),
            namespace: Some(key.namespace),
            name: key.name,
            ..Self::default()
        }
    }
}

/// Accepted if it has at least one of its targets there.
fn accepted(refused: Option<&Problem>, states: &[&TargetState<'_>]) -> Condition {
    if let Some(problem) = refused {
        return Condition::no("Accepted", problem.reason, crate::problem::summary([problem]));
    }
    let lost = states.iter().filter_map(|state| trouble(state));
    let lost: Vec<(&'static str, String)> = lost.collect();
    let message = lost.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>().join("; ");
    let attached = states.iter().any(|state| matches!(state, TargetState::Attached(_)));
    match lost.first() {
        None => Condition::yes("Accepted", "Accepted", "the policy is in effect"),
        Some(_) if attached => Condition::yes(
            "Accepted",
            "Accepted",
            format!("the policy is in effect, but not everywhere: {message}"),
        ),
        Some((reason, _)) => Condition::no("Accepted", reason, message),
    }
}

fn trouble(state: &TargetState<'_>) -> Option<(&'static str, String)> {
    match state {
        TargetState::Attached(_) | TargetState::Foreign => None,
        TargetState::Conflicted(_, winner) => {
            Some(("Conflicted", format!("policy {winner} comes first and has the same target")))
        }
        TargetState::NotFound(_, what) => Some(("TargetNotFound", what.clone())),
        TargetState::Unsupported(why) => Some(("Invalid", why.clone())),
    }
}

/// The notes for targets that a policy does not have.
pub(crate) fn target_notes<P: Policy>(attachment: &Attachment<'_, P>, notes: &mut Vec<Note>) {
    for (position, state) in attachment.targets.iter().enumerate() {
        if let Some((reason, message)) = trouble(state) {
            let remedy = match reason {
                "Conflicted" => "remove one of the two, or give one a sectionName",
                "TargetNotFound" => "correct the name, or create the object",
                _ => "see the kinds that the policy may have as targets",
            };
            let problem = Problem::new(reason, format!("targetRefs[{position}]"), message, remedy);
            notes.push(problem.note(&attachment.policy.id(), Severity::Error));
        }
    }
}
