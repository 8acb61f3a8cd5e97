//! ListenerPolicy: how the clients of a Gateway or a listener are treated.

use super::{Attachment, Target, TargetState, Targets, listener_settings, policy_status, target_notes};
use crate::{
    gateway::Plan,
    index::Index,
    listener::{Listener, Owner},
    note::{Note, Severity},
    object::{GATEWAY_GROUP, Kind, Object},
    problem::Problem,
    status::{Status, Statuses},
};
use corten_crds::{
    gateway::LocalPolicyTargetReference,
    v1alpha1::{ListenerPolicy, ListenerPolicySpec},
};
use corten_snapshot::ListenerSettings;
use std::collections::BTreeSet;

/// All policies with their targets, and why those that are not valid are not.
pub(crate) struct ListenerPolicies<'a> {
    targets: Targets<'a, ListenerPolicy>,
    refused: Vec<Option<Problem>>,
}

impl<'a> ListenerPolicies<'a> {
    pub(crate) fn attach(index: &Index<'a>, plan: &Plan<'a>) -> Self {
        let targets = Targets::attach(index.listener_policies.by_age(), |policy, reference| {
            target(index, plan, policy.namespace(), reference)
        });
        let refused = targets.policies.iter().map(|attachment| check(&attachment.policy.spec)).collect();
        Self { targets, refused }
    }

    /// The settings of a listener: each from the policy of the listener, else from that of the Gateway, else the
    /// default. Listeners of ListenerSets have those of their Gateway. A policy that is not valid sets nothing that it
    /// could not say; what it can say restricts, so it still does.
    pub(crate) fn settings(&self, listener: &Listener<'a>) -> ListenerSettings {
        let section = match listener.owner {
            Owner::Gateway(_) => Some(listener.spec.name.as_str()),
            Owner::ListenerSet(_) => None,
        };
        let target = Target { kind: Kind::Gateway, name: listener.gateway_name, section };
        let specs: Vec<&ListenerPolicySpec> =
            self.targets.of(target).map(|(_, policy)| &policy.spec).collect();
        listener_settings::merge(&specs)
    }

    /// Writes the statuses, and the notes that belong to them.
    pub(crate) fn statuses(&self, statuses: &mut Statuses, notes: &mut Vec<Note>) {
        for (attachment, refused) in self.targets.policies.iter().zip(&self.refused) {
            let id = attachment.policy.id();
            if let Some(status) = policy_status(attachment, (refused.as_ref(), &[]), &ancestors) {
                statuses.0.insert(id.clone(), Status::Policy(status));
            }
            if ours(attachment) {
                notes.extend(refused.iter().map(|problem| problem.note(&id, Severity::Error)));
            }
            target_notes(attachment, notes);
        }
    }
}

fn ours(attachment: &Attachment<'_, ListenerPolicy>) -> bool {
    attachment.targets.iter().any(|state| !matches!(state, TargetState::Foreign))
}

/// The Gateway itself is the ancestor.
fn ancestors(target: &Target<'_>) -> BTreeSet<(String, String)> {
    BTreeSet::from([(target.name.0.to_owned(), target.name.1.to_owned())])
}

fn target<'a>(
    index: &Index<'a>,
    plan: &Plan<'a>,
    namespace: &'a str,
    reference: &'a LocalPolicyTargetReference,
) -> TargetState<'a> {
    if (reference.group.as_str(), reference.kind.as_str()) != (GATEWAY_GROUP, "Gateway") {
        let (group, kind) = (&reference.group, &reference.kind);
        return TargetState::Unsupported(format!(
            "a target of kind `{kind}` in group `{group}` is not supported"
        ));
    }
    let section = reference.section_name.as_deref().filter(|section| !section.is_empty());
    let target = Target { kind: Kind::Gateway, name: (namespace, &reference.name), section };
    let Some(gateway) = index.gateways.get(target.name) else {
        return TargetState::NotFound(
            target,
            format!("Gateway {namespace}/{} does not exist", reference.name),
        );
    };
    if !plan.gateway_by_name.contains_key(&target.name) {
        return TargetState::Foreign;
    }
    match section {
        Some(section) if !gateway.spec.listeners.iter().any(|listener| listener.name == section) => {
            let what = format!("Gateway {namespace}/{} has no listener named `{section}`", reference.name);
            TargetState::NotFound(target, what)
        }
        _ => TargetState::Attached(target),
    }
}

/// What the CRD's own rules would refuse.
fn check(spec: &ListenerPolicySpec) -> Option<Problem> {
    let problem = listener_settings::check(spec).err()?;
    let message = format!("{}; the rest of the policy is in effect", problem.message);
    Some(Problem { message, ..problem })
}
