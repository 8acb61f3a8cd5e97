//! Status of a listener.

use super::Listener;
use crate::{
    problem::{Problem, summary},
    status::{Condition, ListenerStatus, RouteKindRef},
};
use corten_snapshot::ListenerProtocol;

/// The status of `listener`, as its Gateway or ListenerSet shows it. `parent` says why the whole is not served.
pub(crate) fn status(listener: &Listener<'_>, parent: Option<&Problem>) -> ListenerStatus {
    let mut conditions =
        vec![accepted(listener), conflicted(listener), programmed(listener, parent), refs(listener)];
    if listener.overlaps {
        conditions.push(Condition::yes(
            "OverlappingTLSConfig",
            "OverlappingHostnames",
            "another HTTPS listener on this port has an overlapping hostname; requests on a connection for the other \
             name are answered with 421",
        ));
    }
    let generation = listener.owner.generation();
    ListenerStatus {
        name: listener.spec.name.clone(),
        attached_routes: listener.attached,
        supported_kinds: listener
            .kinds
            .iter()
            .map(|kind| RouteKindRef { group: kind.group(), kind: kind.as_str() })
            .collect(),
        conditions: conditions.into_iter().map(|condition| condition.observed(generation)).collect(),
    }
}

/// Why the listener is not accepted; a conflict is the most telling.
fn refusal<'l>(listener: &'l Listener<'_>) -> Option<&'l Problem> {
    listener.conflict.as_ref().or(listener.refused.as_ref())
}

fn accepted(listener: &Listener<'_>) -> Condition {
    match refusal(listener) {
        Some(problem) => Condition::no("Accepted", problem.reason, summary([problem])),
        None => Condition::yes("Accepted", "Accepted", "the listener is valid"),
    }
}

fn conflicted(listener: &Listener<'_>) -> Condition {
    match &listener.conflict {
        Some(problem) => Condition::yes("Conflicted", problem.reason, summary([problem])),
        None => Condition::no("Conflicted", "NoConflicts", "no other listener is in the way"),
    }
}

fn programmed(listener: &Listener<'_>, parent: Option<&Problem>) -> Condition {
    if let Some(problem) = &listener.conflict {
        return Condition::no("Programmed", problem.reason, summary([problem]));
    }
    if let Some(problem) = &listener.refused {
        return Condition::no("Programmed", "Invalid", summary([problem]));
    }
    if let Some(problem) = parent {
        return Condition::no("Programmed", "Invalid", summary([problem]));
    }
    if listener.protocol == Some(ListenerProtocol::Https) && listener.tls.is_none() {
        return Condition::no("Programmed", "Invalid", "the listener has no valid certificate");
    }
    if listener.kinds.is_empty() {
        return Condition::no("Programmed", "Invalid", "no kind of routes may attach to the listener");
    }
    if listener.bind.is_none() {
        return Condition::no("Programmed", "Pending", "no port has been allocated for the listener yet");
    }
    Condition::yes("Programmed", "Programmed", "the listener is served")
}

fn refs(listener: &Listener<'_>) -> Condition {
    match listener.refs.first() {
        Some(first) => Condition::no("ResolvedRefs", first.reason, summary(&listener.refs)),
        None => Condition::yes("ResolvedRefs", "ResolvedRefs", "all references are resolved"),
    }
}
