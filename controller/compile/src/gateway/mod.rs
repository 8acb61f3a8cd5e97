//! Gateways: which are ours, what listens for them, and what their statuses say.

mod addresses;
mod class;
mod client_certificate;
mod features;
mod listener_set;
mod parameters;
mod plan;
mod status;

pub(crate) use client_certificate::ClientCertificate;
pub(crate) use plan::{GatewayPlan, Plan, SetPlan};
pub(crate) use status::statuses;
