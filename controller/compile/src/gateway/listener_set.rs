//! ListenerSets and the Gateways that let them attach (GEP-1713).

use crate::{
    index::Index,
    labels,
    note::{Note, Severity},
    object::{GATEWAY_GROUP, Name, Object},
    problem::Problem,
};
use corten_crds::gateway::{FromListenerNamespaces, Gateway, ListenerSet};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A ListenerSet that names a Gateway as its parent.
pub(super) struct AttachedSet<'a> {
    pub(super) set: &'a ListenerSet,
    /// Why it may not attach.
    pub(super) refused: Option<Problem>,
}

/// All ListenerSets by the Gateway that they name, the oldest first.
pub(super) fn by_gateway<'a>(
    index: &Index<'a>,
    notes: &mut Vec<Note>,
) -> FxHashMap<Name<'a>, Vec<AttachedSet<'a>>> {
    let mut sets: FxHashMap<Name<'a>, Vec<AttachedSet<'a>>> = FxHashMap::default();
    for set in index.listener_sets.by_age() {
        let parent = &set.spec.parent_ref;
        let group = parent.group.as_deref().unwrap_or(GATEWAY_GROUP);
        let kind = parent.kind.as_deref().unwrap_or("Gateway");
        let name = (parent.namespace.as_deref().unwrap_or(set.namespace()), parent.name.as_str());
        let gateway = index.gateways.get(name).filter(|_| (group, kind) == (GATEWAY_GROUP, "Gateway"));
        match gateway {
            Some(gateway) => {
                let refused = (!allowed(index, gateway, set)).then(|| not_allowed(name));
                sets.entry(name).or_default().push(AttachedSet { set, refused });
            }
            None => notes.push(Note {
                object: set.id(),
                field: "spec.parentRef".to_owned(),
                severity: Severity::Error,
                reason: Cow::Borrowed("NoMatchingParent"),
                message: format!("{kind} {}/{} does not exist", name.0, name.1),
                remedy: "name a Gateway of this cluster".to_owned(),
            }),
        }
    }
    sets
}

fn allowed(index: &Index<'_>, gateway: &Gateway, set: &ListenerSet) -> bool {
    let namespaces = gateway.spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
    match namespaces.and_then(|namespaces| namespaces.from).unwrap_or_default() {
        FromListenerNamespaces::None => false,
        FromListenerNamespaces::All => true,
        FromListenerNamespaces::Same => set.namespace() == gateway.namespace(),
        FromListenerNamespaces::Selector => {
            let selector = namespaces.and_then(|namespaces| namespaces.selector.as_ref());
            selector.is_some_and(|selector| labels::selects_namespace(index, selector, set.namespace()))
        }
    }
}

fn not_allowed((namespace, name): Name<'_>) -> Problem {
    Problem::new(
        "NotAllowed",
        "parentRef",
        format!("Gateway {namespace}/{name} does not allow ListenerSets of this namespace"),
        "set `spec.allowedListeners.namespaces` of the Gateway",
    )
}

pub(super) fn parent_not_accepted() -> Problem {
    Problem::new(
        "ParentNotAccepted",
        "parentRef",
        "the parent Gateway is not accepted",
        "see the conditions of the Gateway",
    )
}
