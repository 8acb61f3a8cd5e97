//! Statuses of what upstreams are made of: Backends, BackendTLSPolicies and BackendPolicies; and notes about Services.

use super::{Upstreams, own};
use crate::{
    gateway::Plan,
    note::{Note, Severity},
    object::{Kind, Object, ObjectId, ObjectName},
    policy::{Target, policy_status, target_notes},
    problem::{Problem, summary},
    status::{BackendStatus, Condition, Status, Statuses},
};
use std::{borrow::Cow, collections::BTreeSet};

/// Writes the statuses, and the notes that belong to them.
pub(crate) fn statuses(
    upstreams: &Upstreams<'_, '_>,
    plan: &Plan<'_>,
    statuses: &mut Statuses,
    notes: &mut Vec<Note>,
) {
    for (name, compiled) in &upstreams.backends {
        let id = ObjectId { kind: Kind::Backend, name: ObjectName::new(name.0, name.1) };
        let generation = upstreams.generation_of_backend(*name);
        statuses.0.insert(id.clone(), Status::Backend(backend_status(compiled, generation)));
        let problems = compiled.refused.iter().chain(&compiled.refs);
        notes.extend(problems.map(|problem| problem.note(&id, Severity::Error)));
    }
    tls_policies(upstreams, plan, statuses, notes);
    for attachment in &upstreams.policies.policies {
        let ancestors = |target: &Target<'_>| gateways(upstreams, plan, target);
        if let Some(status) = policy_status(attachment, (None, &[]), &ancestors) {
            statuses.0.insert(attachment.policy.id(), Status::Policy(status));
        }
        target_notes(attachment, notes);
    }
    service_notes(upstreams, notes);
}

fn backend_status(compiled: &own::Compiled, generation: Option<i64>) -> BackendStatus {
    let accepted = match &compiled.refused {
        Some(problem) => Condition::no("Accepted", problem.reason, summary([problem])),
        None => Condition::yes("Accepted", "Accepted", "the Backend is valid"),
    };
    let refs = match compiled.refs.first() {
        Some(first) => Condition::no("ResolvedRefs", first.reason, summary(&compiled.refs)),
        None => Condition::yes("ResolvedRefs", "ResolvedRefs", "all references are resolved"),
    };
    BackendStatus { conditions: vec![accepted.observed(generation), refs.observed(generation)] }
}

fn tls_policies(
    upstreams: &Upstreams<'_, '_>,
    plan: &Plan<'_>,
    statuses: &mut Statuses,
    notes: &mut Vec<Note>,
) {
    let all = &upstreams.tls_policies;
    for (attachment, compiled) in all.policies.iter().zip(&upstreams.compiled_tls) {
        let ancestors = |target: &Target<'_>| gateways(upstreams, plan, target);
        let more = [compiled.resolved_refs()];
        if let Some(status) = policy_status(attachment, (compiled.refused.as_ref(), &more), &ancestors) {
            statuses.0.insert(attachment.policy.id(), Status::Policy(status));
        }
        let id = attachment.policy.id();
        let problems = compiled.refused.iter().chain(&compiled.refs);
        notes.extend(problems.map(|problem| problem.note(&id, Severity::Error)));
        target_notes(attachment, notes);
        let options: Vec<&str> = attachment.policy.spec.options.keys().map(String::as_str).collect();
        if !options.is_empty() {
            let message = format!("these options are not known and have no effect: {}", options.join(", "));
            let problem = Problem::new("UnsupportedValue", "options", message, "remove them");
            notes.push(problem.note(&id, Severity::Warning));
        }
    }
}

/// The Gateways that send requests to what the policy target covers.
fn gateways(
    upstreams: &Upstreams<'_, '_>,
    plan: &Plan<'_>,
    target: &Target<'_>,
) -> BTreeSet<(String, String)> {
    let covered = upstreams.list.iter().filter(|upstream| {
        let section = target.section.is_none_or(|section| upstream.port_name == Some(section));
        upstream.kind == target.kind && upstream.name == target.name && section
    });
    let gateways = covered.flat_map(|upstream| &upstream.gateways);
    gateways
        .filter_map(|gateway| plan.gateways.get(*gateway))
        .map(|gateway| (gateway.gateway.namespace().to_owned(), gateway.gateway.name().to_owned()))
        .collect()
}

fn service_notes(upstreams: &Upstreams<'_, '_>, notes: &mut Vec<Note>) {
    for upstream in &upstreams.list {
        let Ok(reachable) = &upstream.outcome else { continue };
        for (message, remedy) in &reachable.warnings {
            notes.push(Note {
                object: ObjectId {
                    kind: upstream.kind,
                    name: ObjectName::new(upstream.name.0, upstream.name.1),
                },
                field: String::new(),
                severity: Severity::Warning,
                reason: Cow::Borrowed("Endpoints"),
                message: message.clone(),
                remedy: remedy.clone().into_owned(),
            });
        }
    }
}
