//! The shapes of statuses.

use super::Condition;
use corten_crds::gateway::ParentReference;
use serde::Serialize;

/// The status of an object, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Status {
    /// Of a GatewayClass.
    GatewayClass(GatewayClassStatus),
    /// Of a Gateway.
    Gateway(GatewayStatus),
    /// Of a ListenerSet.
    ListenerSet(ListenerSetStatus),
    /// Of a route.
    Route(RouteStatus),
    /// Of a policy.
    Policy(PolicyStatus),
    /// Of a Backend.
    Backend(BackendStatus),
}

/// Status of a GatewayClass.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayClassStatus {
    /// `Accepted`.
    pub conditions: Vec<Condition>,
    /// Names of the features that are supported, sorted (GEP-2162).
    pub supported_features: Vec<&'static str>,
}

/// Status of a Gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatus {
    /// Where it is reached.
    pub addresses: Vec<GatewayAddress>,
    /// `Accepted`, `Programmed`, `ResolvedRefs`, and `InsecureFrontendValidationMode` if it applies. `Programmed`
    /// is what it becomes once the dataplane has acknowledged the snapshot.
    pub conditions: Vec<Condition>,
    /// One for each listener in the order of the spec.
    pub listeners: Vec<ListenerStatus>,
    /// ListenerSets that are accepted.
    pub attached_listener_sets: i32,
}

/// An address of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GatewayAddress {
    /// `IPAddress` or `Hostname`.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// The address.
    pub value: String,
}

/// Status of a listener of a Gateway or ListenerSet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerStatus {
    /// Name of the listener.
    pub name: String,
    /// Accepted routes that attach to it.
    pub attached_routes: i32,
    /// Kinds of routes that may attach to it.
    pub supported_kinds: Vec<RouteKindRef>,
    /// `Accepted`, `Conflicted`, `Programmed`, `ResolvedRefs`, and `OverlappingTLSConfig` if it applies.
    pub conditions: Vec<Condition>,
}

/// A kind of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RouteKindRef {
    /// Its group.
    pub group: &'static str,
    /// Its name.
    pub kind: &'static str,
}

/// Status of a ListenerSet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerSetStatus {
    /// `Accepted` and `Programmed`.
    pub conditions: Vec<Condition>,
    /// One for each listener in the order of the spec; empty if the set is not attached.
    pub listeners: Vec<ListenerStatus>,
}

/// Status of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteStatus {
    /// One for each parentRef that is ours.
    pub parents: Vec<ParentStatus>,
}

/// Status of a route at one parent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentStatus {
    /// As the route says it.
    pub parent_ref: ParentReference,
    /// `Accepted`, `ResolvedRefs`, and `PartiallyInvalid` if it applies.
    pub conditions: Vec<Condition>,
}

/// Status of a policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyStatus {
    /// One for each ancestor, at most 16 (the limit of the API).
    pub ancestors: Vec<PolicyAncestorStatus>,
}

/// Status of a policy at one ancestor: a Gateway, or the target itself where no Gateway uses it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyAncestorStatus {
    /// The ancestor.
    pub ancestor_ref: ParentReference,
    /// `Accepted` and, where the policy has references, `ResolvedRefs`.
    pub conditions: Vec<Condition>,
}

/// Status of a Backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackendStatus {
    /// `Accepted` and `ResolvedRefs`.
    pub conditions: Vec<Condition>,
}
