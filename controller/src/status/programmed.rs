//! `Programmed`, as the dataplanes have it: the compiler says what it should become, and this what it is.

use crate::engine::Pass;
use corten_compile::{
    Kind, ObjectId,
    status::{Condition, ConditionStatus, ListenerStatus, Status},
};
use corten_snapshot::{ListenerKey, Part, PartKey, Rejected};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// What the dataplanes of this pod have made of a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Acknowledged {
    /// Whether all have it. `false`: some have not answered, or there is none.
    pub(super) all: bool,
    /// Why listeners are not in effect: by Gateway or ListenerSet, and listener.
    listeners: BTreeMap<(Kind, String, String), BTreeMap<String, String>>,
    /// Why rules of routes are not in effect, by kind, namespace and name.
    routes: BTreeMap<(String, String, String), String>,
}

impl Acknowledged {
    /// Of a pass that every dataplane has, but for `rejected`.
    pub(super) fn with(pass: &Pass, rejected: &[Rejected]) -> Self {
        let mut acknowledged = Self { all: true, ..Self::default() };
        for part in rejected {
            match &part.key {
                PartKey::Listener(key) => acknowledged.listener(key, &part.reason),
                PartKey::Certificate(_) | PartKey::Trust(_) => acknowledged.material(pass, part),
                PartKey::Host(..) => acknowledged.host(pass, part),
                // Upstreams have no status of their own; the log and the metrics say it.
                PartKey::Cluster(_) | PartKey::Endpoints(_) => {}
            }
        }
        acknowledged
    }

    /// Of a pass that has not been acknowledged.
    pub(super) fn waiting() -> Self {
        Self::default()
    }

    fn listener(&mut self, key: &ListenerKey, reason: &str) {
        let parts: Vec<&str> = key.as_str().split('/').collect();
        let (kind, namespace, name, listener) = match *parts.as_slice() {
            [namespace, gateway, listener] => (Kind::Gateway, namespace, gateway, listener),
            [_, _, namespace, set, listener] => (Kind::ListenerSet, namespace, set, listener),
            _ => return,
        };
        let owner = self.listeners.entry((kind, namespace.to_owned(), name.to_owned())).or_default();
        owner.entry(listener.to_owned()).or_insert_with(|| reason.to_owned());
    }

    /// A certificate or a bundle of authorities: of the listeners that use it.
    fn material(&mut self, pass: &Pass, rejected: &Rejected) {
        for (key, part) in pass.snapshot.iter() {
            let (PartKey::Listener(key), Part::Listener(listener)) = (key, &*part.part) else { continue };
            let Some(tls) = &listener.tls else { continue };
            let uses = match &rejected.key {
                PartKey::Certificate(certificate) => tls.certificates.contains(certificate),
                PartKey::Trust(trust) => {
                    tls.client_validation.as_ref().is_some_and(|validation| validation.trust.contains(trust))
                }
                _ => false,
            };
            if uses {
                self.listener(key, &rejected.reason);
            }
        }
    }

    fn host(&mut self, pass: &Pass, rejected: &Rejected) {
        let Some(Part::Host(host)) = pass.snapshot.get(&rejected.key).map(|part| &*part.part) else { return };
        for rule in &host.rules {
            let route = &rule.route;
            let key = (route.kind.clone(), route.namespace.clone(), route.name.clone());
            self.routes.entry(key).or_insert_with(|| rejected.reason.clone());
        }
    }

    /// What `object` should show. `None`: wait until the dataplanes have answered; what it shows is of an earlier
    /// revision and still true.
    pub(super) fn apply<'s>(
        &self,
        object: &ObjectId,
        desired: &'s Status,
        shown: Option<&Value>,
    ) -> Option<Cow<'s, Status>> {
        let has_listeners = matches!(desired, Status::Gateway(_) | Status::ListenerSet(_));
        if has_listeners && !self.all {
            return if shows_programmed(shown) { None } else { Some(Cow::Owned(pending(desired))) };
        }
        let (namespace, name) = (object.name.namespace.clone(), object.name.name.clone());
        if let Some(listeners) = self.listeners.get(&(object.kind, namespace.clone(), name.clone())) {
            return Some(Cow::Owned(rejected(desired, listeners)));
        }
        let route = self.routes.get(&(object.kind.as_str().to_owned(), namespace, name));
        Some(match (desired, route) {
            (Status::Route(status), Some(reason)) => {
                let mut status = status.clone();
                for parent in &mut status.parents {
                    let generation = parent.conditions.first().and_then(|first| first.observed_generation);
                    parent.conditions.push(not_programmed("Invalid", message(reason), generation));
                }
                Cow::Owned(Status::Route(status))
            }
            _ => Cow::Borrowed(desired),
        })
    }
}

fn message(reason: &str) -> String {
    format!("the dataplane cannot build it, and what it had before stays: {reason}")
}

fn not_programmed(
    reason: &'static str,
    message: impl Into<Cow<'static, str>>,
    generation: Option<i64>,
) -> Condition {
    Condition {
        type_: "Programmed",
        status: ConditionStatus::False,
        reason,
        message: message.into(),
        observed_generation: generation,
    }
}

fn shows_programmed(shown: Option<&Value>) -> bool {
    let conditions = shown.and_then(|status| status.get("conditions")).and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Programmed")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}

/// The parts of a status that say `Programmed`.
fn parts(status: &mut Status) -> Option<(&mut Vec<Condition>, &mut Vec<ListenerStatus>)> {
    match status {
        Status::Gateway(gateway) => Some((&mut gateway.conditions, &mut gateway.listeners)),
        Status::ListenerSet(set) => Some((&mut set.conditions, &mut set.listeners)),
        _ => None,
    }
}

/// Makes `Programmed` false where it is true.
fn deny(conditions: &mut [Condition], reason: &'static str, message: &str) {
    for condition in conditions.iter_mut().filter(|condition| condition.type_ == "Programmed") {
        if condition.status == ConditionStatus::True {
            *condition = not_programmed(reason, message.to_owned(), condition.observed_generation);
        }
    }
}

fn pending(desired: &Status) -> Status {
    let text = "no dataplane has acknowledged it yet";
    let mut status = desired.clone();
    if let Some((conditions, listeners)) = parts(&mut status) {
        deny(conditions, "Pending", text);
        listeners.iter_mut().for_each(|listener| deny(&mut listener.conditions, "Pending", text));
    }
    status
}

fn rejected(desired: &Status, reasons: &BTreeMap<String, String>) -> Status {
    let mut status = desired.clone();
    if let Some((conditions, listeners)) = parts(&mut status) {
        for listener in listeners.iter_mut() {
            if let Some(reason) = reasons.get(&listener.name) {
                deny(&mut listener.conditions, "Invalid", &message(reason));
            }
        }
        let is_programmed = |listener: &ListenerStatus| {
            let programmed = |condition: &Condition| {
                condition.type_ == "Programmed" && condition.status == ConditionStatus::True
            };
            listener.conditions.iter().any(programmed)
        };
        if !listeners.iter().any(is_programmed) {
            deny(conditions, "Invalid", "none of the listeners can be served; see their conditions");
        }
    }
    status
}

#[cfg(test)]
mod tests;
