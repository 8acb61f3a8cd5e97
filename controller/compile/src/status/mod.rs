//! Statuses as our controller wants to show them: only the entries that are ours, without `lastTransitionTime`, which
//! is the writer's to keep.

mod condition;
mod kinds;

pub use condition::{Condition, ConditionStatus};
pub use kinds::{
    BackendStatus, GatewayAddress, GatewayClassStatus, GatewayStatus, ListenerSetStatus, ListenerStatus,
    ParentStatus, PolicyAncestorStatus, PolicyStatus, RouteKindRef, RouteStatus, Status,
};

use crate::object::ObjectId;
use serde::Serialize;
use std::collections::BTreeMap;

/// All statuses of a compilation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Statuses(pub(crate) BTreeMap<ObjectId, Status>);

impl Statuses {
    /// The status that `object` should show. `None`: we have nothing to say about it, entries of ours are removed.
    pub fn get(&self, object: &ObjectId) -> Option<&Status> {
        self.0.get(object)
    }

    /// All statuses, sorted by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Status)> {
        self.0.iter()
    }

    /// How many objects have a status.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
