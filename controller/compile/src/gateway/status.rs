//! Statuses of Gateways and ListenerSets, written once the routes have attached.

use super::{ClientCertificate, GatewayPlan, Plan, SetPlan};
use crate::{
    listener::{self, Listener},
    note::{Note, Severity},
    object::{Object, ObjectId},
    problem::{Problem, summary},
    status::{Condition, ConditionStatus, GatewayStatus, ListenerSetStatus, Status, Statuses},
};

/// Writes the statuses of all Gateways and ListenerSets, and the notes that belong to them.
pub(crate) fn statuses(plan: &Plan<'_>, statuses: &mut Statuses, notes: &mut Vec<Note>) {
    for set in &plan.sets {
        let listeners = plan.listeners.get(set.listeners.clone()).unwrap_or_default();
        statuses.0.insert(set.set.id(), Status::ListenerSet(set_status(set, listeners)));
        notes.extend(set.refused.iter().map(|problem| problem.note(&set.set.id(), Severity::Error)));
        listener_notes(&set.set.id(), listeners, notes);
    }
    for gateway in &plan.gateways {
        let listeners = plan.listeners.get(gateway.listeners.clone()).unwrap_or_default();
        let all = plan.listeners.get(gateway.all_listeners.clone()).unwrap_or_default();
        let attached = plan.sets.iter().filter(|set| {
            gateway.all_listeners.contains(&set.listeners.start) && set_accepted(set, &plan.listeners)
        });
        let status = gateway_status(gateway, (listeners, all), attached.count());
        statuses.0.insert(gateway.gateway.id(), Status::Gateway(status));
        gateway_notes(gateway, listeners, notes);
    }
}

fn gateway_status(
    gateway: &GatewayPlan<'_>,
    (listeners, all): (&[Listener<'_>], &[Listener<'_>]),
    attached_sets: usize,
) -> GatewayStatus {
    let generation = gateway.gateway.generation();
    let mut conditions =
        vec![accepted(gateway, listeners), programmed(gateway, all), refs(gateway, listeners)];
    if gateway.insecure_frontend {
        conditions.push(Condition::yes(
            "InsecureFrontendValidationMode",
            "ConfigurationChanged",
            "clients without a valid certificate are let in (AllowInsecureFallback)",
        ));
    }
    let parent = gateway.pending.as_ref().or(gateway.refused.as_ref());
    GatewayStatus {
        addresses: gateway.addresses.reported.clone(),
        conditions: conditions.into_iter().map(|condition| condition.observed(generation)).collect(),
        listeners: listeners.iter().map(|listener| listener::status(listener, parent)).collect(),
        attached_listener_sets: i32::try_from(attached_sets).unwrap_or(i32::MAX),
    }
}

fn accepted(gateway: &GatewayPlan<'_>, listeners: &[Listener<'_>]) -> Condition {
    if let Some(problem) = &gateway.pending {
        return Condition::new("Accepted", ConditionStatus::Unknown, "Pending", summary([problem]));
    }
    if let Some(problem) = &gateway.refused {
        return Condition::no("Accepted", problem.reason, summary([problem]));
    }
    let invalid: Vec<&str> = listeners
        .iter()
        .filter(|listener| !listener.accepted())
        .map(|listener| listener.spec.name.as_str())
        .collect();
    if invalid.is_empty() {
        return Condition::yes("Accepted", "Accepted", "the Gateway is valid");
    }
    let message = format!("these listeners are not valid: {}; the others are served", invalid.join(", "));
    Condition::yes("Accepted", "ListenersNotValid", message)
}

fn programmed(gateway: &GatewayPlan<'_>, all: &[Listener<'_>]) -> Condition {
    if let Some(problem) = &gateway.pending {
        return Condition::new("Programmed", ConditionStatus::Unknown, "Pending", summary([problem]));
    }
    if let Some(problem) = &gateway.refused {
        return Condition::no("Programmed", "Invalid", summary([problem]));
    }
    if let Some(problem) = &gateway.addresses.unusable {
        return Condition::no("Programmed", problem.reason, summary([problem]));
    }
    if !all.iter().any(Listener::programmed) {
        return Condition::no("Programmed", "Invalid", "none of the listeners can be served");
    }
    Condition::yes("Programmed", "Programmed", "the Gateway is served")
}

fn refs(gateway: &GatewayPlan<'_>, listeners: &[Listener<'_>]) -> Condition {
    if let ClientCertificate::Invalid(problem) = &gateway.client_certificate {
        return Condition::no("ResolvedRefs", problem.reason, summary([problem]));
    }
    let unresolved: Vec<&str> = listeners
        .iter()
        .filter(|listener| !listener.refs.is_empty())
        .map(|listener| listener.spec.name.as_str())
        .collect();
    if unresolved.is_empty() {
        return Condition::yes("ResolvedRefs", "ResolvedRefs", "all references are resolved");
    }
    let message = format!("these listeners have references that are not resolved: {}", unresolved.join(", "));
    Condition::no("ResolvedRefs", "ListenersNotResolved", message)
}

fn set_accepted(set: &SetPlan<'_>, listeners: &[Listener<'_>]) -> bool {
    let own = listeners.get(set.listeners.clone()).unwrap_or_default();
    set.refused.is_none() && own.iter().any(Listener::programmed)
}

fn set_status(set: &SetPlan<'_>, listeners: &[Listener<'_>]) -> ListenerSetStatus {
    let invalid = Problem::new("ListenersNotValid", "listeners", "none of the listeners can be served", "");
    let valid = listeners.iter().any(Listener::programmed);
    let problem = set.refused.as_ref().or((!valid).then_some(&invalid));
    let conditions = match problem {
        Some(problem) => {
            ["Accepted", "Programmed"].map(|type_| Condition::no(type_, problem.reason, summary([problem])))
        }
        None => [
            Condition::yes("Accepted", "Accepted", "the listeners are part of the Gateway"),
            Condition::yes("Programmed", "Programmed", "the listeners are served"),
        ],
    };
    let generation = set.set.generation();
    ListenerSetStatus {
        conditions: conditions.into_iter().map(|condition| condition.observed(generation)).collect(),
        listeners: listeners
            .iter()
            .map(|listener| listener::status(listener, set.refused.as_ref()))
            .collect(),
    }
}

fn gateway_notes(gateway: &GatewayPlan<'_>, listeners: &[Listener<'_>], notes: &mut Vec<Note>) {
    let id = gateway.gateway.id();
    let mut errors: Vec<&Problem> = Vec::new();
    errors.extend(&gateway.pending);
    errors.extend(&gateway.refused);
    if gateway.accepted() {
        errors.extend(&gateway.addresses.unusable);
    }
    if let ClientCertificate::Invalid(problem) = &gateway.client_certificate {
        errors.push(problem);
    }
    notes.extend(errors.into_iter().map(|problem| problem.note(&id, Severity::Error)));
    if gateway.insecure_frontend {
        let problem = Problem::new(
            "InsecureFrontendValidationMode",
            "tls.frontend",
            "clients without a valid certificate are let in",
            "use mode AllowValidOnly, unless the backends check who calls",
        );
        notes.push(problem.note(&id, Severity::Warning));
    }
    listener_notes(&id, listeners, notes);
}

fn listener_notes(id: &ObjectId, listeners: &[Listener<'_>], notes: &mut Vec<Note>) {
    for listener in listeners {
        let refusal = listener.conflict.as_ref().or(listener.refused.as_ref());
        let errors = refusal.into_iter().chain(&listener.refs);
        notes.extend(errors.map(|problem| problem.note(id, Severity::Error)));
        let options =
            listener.spec.tls.as_ref().map(|tls| &tls.options).filter(|options| !options.is_empty());
        if let Some(options) = options {
            let names: Vec<&str> = options.keys().map(String::as_str).collect();
            let problem = Problem::new(
                "UnsupportedValue",
                format!("{}.tls.options", listener.field()),
                format!("these options are not known and have no effect: {}", names.join(", ")),
                "remove them",
            );
            notes.push(problem.note(id, Severity::Warning));
        }
    }
}
