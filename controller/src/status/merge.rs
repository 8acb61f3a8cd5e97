//! The status that an object gets, out of the one that it has and the one that the compiler wants.
//!
//! `parents` and `ancestors` are atomic lists with entries of several controllers: those of others are copied through as
//! they are. `lastTransitionTime` moves only where the status of a condition does.

use corten_compile::{
    Kind,
    status::{Condition, ListenerStatus, Status},
};
use serde_json::{Map, Value, json};

/// The most entries of `ancestors` that the API takes.
const MAX_ANCESTORS: usize = 16;
/// The most entries of `parents` that the API takes.
const MAX_PARENTS: usize = 32;

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'a> {
    /// The `controllerName` of its entries.
    pub(super) controller: &'a str,
    /// The time for conditions that change, as RFC 3339.
    pub(super) now: &'a str,
}

/// The whole new status of an object of `kind`. `desired` is what the compiler wants; `None` if it has nothing to say,
/// then only entries of ours go. `None` comes back if nothing is to be written.
pub(super) fn merged(
    writer: &Writer<'_>,
    kind: Kind,
    current: Option<&Value>,
    desired: Option<&Status>,
) -> Option<Value> {
    let nothing = Value::Null;
    let old = current.unwrap_or(&nothing);
    let new = match desired {
        Some(status) => writer.status(old, status),
        None => writer.without_ours(kind, old)?,
    };
    (new != *old).then_some(new)
}

/// A JSON merge patch that makes the status of an object `new`, if nobody has written the object since `version`.
pub(super) fn patch(uid: &str, version: &str, current: Option<&Value>, new: &Value) -> Value {
    let mut status = new.as_object().cloned().unwrap_or_default();
    let gone = current.and_then(Value::as_object).into_iter().flat_map(Map::keys);
    for member in gone {
        status.entry(member.clone()).or_insert(Value::Null);
    }
    json!({"metadata": {"uid": uid, "resourceVersion": version}, "status": status})
}

impl Writer<'_> {
    fn status(&self, old: &Value, desired: &Status) -> Value {
        match desired {
            Status::GatewayClass(class) => {
                let features: Vec<_> =
                    class.supported_features.iter().map(|name| json!({"name": name})).collect();
                json!({"conditions": self.conditions(old, &class.conditions), "supportedFeatures": features})
            }
            Status::Gateway(gateway) => {
                let addresses = gateway.addresses.iter();
                let addresses: Vec<_> =
                    addresses.map(|address| json!({"type": address.type_, "value": address.value})).collect();
                with_lists(
                    json!({
                        "conditions": self.conditions(old, &gateway.conditions),
                        "attachedListenerSets": gateway.attached_listener_sets,
                    }),
                    [("addresses", addresses), ("listeners", self.listeners(old, &gateway.listeners))],
                )
            }
            Status::ListenerSet(set) => with_lists(
                json!({"conditions": self.conditions(old, &set.conditions)}),
                [("listeners", self.listeners(old, &set.listeners))],
            ),
            Status::Route(route) => {
                let ours = route.parents.iter().map(|parent| (json!(parent.parent_ref), &*parent.conditions));
                json!({"parents": self.entries(old, "parents", "parentRef", ours, MAX_PARENTS)})
            }
            Status::Policy(policy) => {
                let ours =
                    policy.ancestors.iter().map(|entry| (json!(entry.ancestor_ref), &*entry.conditions));
                json!({"ancestors": self.entries(old, "ancestors", "ancestorRef", ours, MAX_ANCESTORS)})
            }
            Status::Backend(backend) => json!({"conditions": self.conditions(old, &backend.conditions)}),
        }
    }

    /// What is left when we have nothing to say.
    fn without_ours(&self, kind: Kind, old: &Value) -> Option<Value> {
        let list = match kind {
            Kind::HttpRoute | Kind::GrpcRoute | Kind::TlsRoute | Kind::TcpRoute | Kind::UdpRoute => "parents",
            Kind::BackendTlsPolicy | Kind::BackendPolicy | Kind::ListenerPolicy => "ancestors",
            // Not shared, so there is no telling whose it is: Gateways and classes that are no longer ours keep what
            // they show until their new controller writes it.
            _ => return None,
        };
        let entries = old.get(list)?.as_array()?;
        Some(json!({list: entries.iter().filter(|entry| !self.is_ours(entry)).collect::<Vec<_>>()}))
    }

    /// Entries of others as they are, ours at the place that they have, new ones at the end.
    fn entries<'d>(
        &self,
        old: &Value,
        list: &str,
        reference: &str,
        ours: impl Iterator<Item = (Value, &'d [Condition])>,
        most: usize,
    ) -> Vec<Value> {
        let old = old.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut ours: Vec<Option<(Value, &[Condition])>> = ours.map(Some).collect();
        let mut entries = Vec::new();
        let entry = |(of, conditions): (Value, &[Condition]), old: &Value| {
            let conditions = self.conditions(old, conditions);
            json!({reference: of, "controllerName": self.controller, "conditions": conditions})
        };
        for known in old {
            if !self.is_ours(known) {
                entries.push(known.clone());
                continue;
            }
            let same =
                |slot: &&mut Option<(Value, _)>| slot.as_ref().map(|(of, _)| of) == known.get(reference);
            if let Some(found) = ours.iter_mut().find(same).and_then(Option::take) {
                entries.push(entry(found, known));
            }
        }
        entries.extend(ours.into_iter().flatten().map(|new| entry(new, &Value::Null)));
        while entries.len() > most {
            // Only ours may be dropped; the last is the newest.
            match entries.iter().rposition(|entry| self.is_ours(entry)) {
                Some(last) => drop(entries.remove(last)),
                None => break,
            }
        }
        entries
    }

    fn is_ours(&self, entry: &Value) -> bool {
        entry.get("controllerName").and_then(Value::as_str) == Some(self.controller)
    }

    fn listeners(&self, old: &Value, desired: &[ListenerStatus]) -> Vec<Value> {
        let known = old.get("listeners").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let listener = |listener: &ListenerStatus| {
            let name = Some(listener.name.as_str());
            let old = known.iter().find(|known| known.get("name").and_then(Value::as_str) == name);
            with_lists(
                json!({
                    "name": listener.name,
                    "attachedRoutes": listener.attached_routes,
                    "conditions": self.conditions(old.unwrap_or(&Value::Null), &listener.conditions),
                }),
                [("supportedKinds", listener.supported_kinds.iter().map(|kind| json!(kind)).collect())],
            )
        };
        desired.iter().map(listener).collect()
    }

    /// `desired`, and those conditions that others have put beside ours: they have a domain in front of their type.
    fn conditions(&self, old: &Value, desired: &[Condition]) -> Vec<Value> {
        let known = old.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let member =
            |condition: &Value, name: &str| condition.get(name).and_then(Value::as_str).map(str::to_owned);
        let condition = |desired: &Condition| {
            let same = known.iter().find(|known| {
                member(known, "type").as_deref() == Some(desired.type_)
                    && member(known, "status").as_deref() == Some(desired.status.as_str())
            });
            let since = same.and_then(|same| member(same, "lastTransitionTime"));
            let mut condition = json!({
                "type": desired.type_,
                "status": desired.status.as_str(),
                "reason": desired.reason,
                "message": desired.message,
                "lastTransitionTime": since.as_deref().unwrap_or(self.now),
            });
            if let (Some(generation), Value::Object(members)) = (desired.observed_generation, &mut condition)
            {
                members.insert("observedGeneration".to_owned(), json!(generation));
            }
            condition
        };
        let ours = desired.iter().map(condition);
        let foreign = known.iter().filter(|known| {
            let type_ = member(known, "type").unwrap_or_default();
            type_.contains('/') && !desired.iter().any(|desired| desired.type_ == type_)
        });
        ours.chain(foreign.cloned()).collect()
    }
}

/// `object` with those of the lists that are not empty: the API leaves empty ones out, and a difference that is none must
/// not be written.
fn with_lists<const N: usize>(mut object: Value, lists: [(&str, Vec<Value>); N]) -> Value {
    if let Value::Object(members) = &mut object {
        let there = lists.into_iter().filter(|(_, list)| !list.is_empty());
        members.extend(there.map(|(name, list)| (name.to_owned(), Value::Array(list))));
    }
    object
}

#[cfg(test)]
mod tests;
