//! Policy attachment (GEP-713): which policy has which target, and who wins.

mod listener_policy;
mod listener_settings;
mod status;
mod targets;

pub(crate) use listener_policy::ListenerPolicies;
pub(crate) use status::{policy_status, target_notes};
pub(crate) use targets::{Attachment, Policy, Target, TargetState, Targets};
