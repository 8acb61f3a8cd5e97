//! References across namespaces, checked in one place (ReferenceGrant, GEP-709).

use crate::{
    index::Index,
    object::{Kind, Name},
};

/// A reference from an object to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference<'a> {
    /// Kind of the object that refers.
    pub from: Kind,
    /// Its namespace.
    pub from_namespace: &'a str,
    /// Group of the object that is referred to.
    pub group: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace and name.
    pub to: Name<'a>,
}

impl Index<'_> {
    /// Whether the reference may be followed: inside a namespace always, else if a ReferenceGrant beside the target
    /// says so.
    pub(crate) fn permits(&self, reference: &Reference<'_>) -> bool {
        let (namespace, name) = reference.to;
        if reference.from_namespace == namespace {
            return true;
        }
        let Some(grants) = self.grants.get(namespace) else { return false };
        grants.iter().any(|grant| {
            let from = grant.spec.from.iter().any(|from| {
                from.group == reference.from.group()
                    && from.kind == reference.from.as_str()
                    && from.namespace == reference.from_namespace
            });
            let to = grant.spec.to.iter().any(|to| {
                to.group == reference.group
                    && to.kind == reference.kind
                    && to.name.as_deref().is_none_or(|granted| granted.is_empty() || granted == name)
            });
            from && to
        })
    }
}

/// The sentence for a reference that no grant permits, and what to do.
pub(crate) fn not_permitted(reference: &Reference<'_>) -> (String, String) {
    let (namespace, name) = reference.to;
    let (kind, from, from_namespace) = (reference.kind, reference.from.as_str(), reference.from_namespace);
    (
        format!("{kind} {namespace}/{name} is in another namespace and no ReferenceGrant there permits it"),
        format!(
            "add a ReferenceGrant in namespace {namespace} from {from} in {from_namespace} to {kind} {name}"
        ),
    )
}
