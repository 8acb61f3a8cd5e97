//! BackendPolicy: how an upstream is treated.

use super::tls_policy::service_target;
use crate::{
    index::Index,
    object::{CORTEN_GROUP, Kind, Object},
    policy::{Target, TargetState, Targets},
};
use corten_crds::v1alpha1::{BackendPolicy, Http2Negotiation, LoadBalancingType};
use corten_snapshot::{Balancing, ClusterSettings};

/// All policies with their targets.
pub(super) fn attach<'a>(index: &Index<'a>) -> Targets<'a, BackendPolicy> {
    Targets::attach(index.backend_policies.by_age(), |policy, reference| {
        if (reference.group.as_str(), reference.kind.as_str()) != (CORTEN_GROUP, "Backend") {
            return service_target(index, policy.namespace(), reference);
        }
        let target =
            Target { kind: Kind::Backend, name: (policy.namespace(), &reference.name), section: None };
        if reference.section_name.as_deref().is_some_and(|section| !section.is_empty()) {
            return TargetState::Unsupported("a Backend has no sections".to_owned());
        }
        match index.backends.get(target.name) {
            Some(_) => TargetState::Attached(target),
            None => TargetState::NotFound(
                target,
                format!("Backend {}/{} does not exist", target.name.0, target.name.1),
            ),
        }
    })
}

/// What the policies of an upstream say.
#[derive(Default)]
pub(super) struct Treatment {
    pub(super) settings: ClusterSettings,
    /// Whether HTTP/2 is offered where the endpoint picks.
    pub(super) negotiation: Http2Negotiation,
}

/// The treatment of `target`: each setting from the policy of the port, else from that of the whole, else the default.
pub(super) fn treatment<'a>(policies: &Targets<'a, BackendPolicy>, target: Target<'a>) -> Treatment {
    let mut treatment = Treatment::default();
    // The most specific comes first, so it is applied last.
    let applied: Vec<_> = policies.of(target).collect();
    for (_, policy) in applied.into_iter().rev() {
        apply(policy, &mut treatment);
    }
    treatment
}

fn apply(policy: &BackendPolicy, treatment: &mut Treatment) {
    let (spec, settings) = (&policy.spec, &mut treatment.settings);
    if let Some(balancing) = &spec.load_balancing {
        settings.balancing = match balancing.type_ {
            LoadBalancingType::PowerOfTwoChoices => Balancing::PowerOfTwoChoices,
            LoadBalancingType::RoundRobin => Balancing::RoundRobin,
        };
    }
    if let Some(connection) = &spec.connection {
        set(&mut settings.connect_timeout, connection.connect_timeout.map(corten_crds::Duration::as_std));
        set(&mut settings.idle_timeout, connection.idle_timeout.map(corten_crds::Duration::as_std));
        set(&mut settings.max_idle_per_endpoint, connection.max_idle_per_endpoint);
        let keepalive = connection.tcp_keepalive.map(|after| (!after.is_zero()).then(|| after.as_std()));
        set(&mut settings.tcp_keepalive, keepalive);
    }
    if let Some(http2) = &spec.http2 {
        set(&mut settings.max_concurrent_streams, http2.max_concurrent_streams);
        set(&mut treatment.negotiation, http2.negotiation);
    }
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}
