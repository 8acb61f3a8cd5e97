//! What is exposed, as the cluster shows it: the source of ports and addresses for every replica.

use super::{
    ports::{Allocation, GatewayName},
    shown::{CONTROLLER, GatewayPod, GatewayService, GatewaySlice, label_of},
    slices::MANAGED_BY,
};
use crate::{
    engine::Infrastructure,
    watch::{AnyStore, Scope, Starter, Store},
};
use corten_compile::{Addresses, Inputs, ObjectName, Ports};
use corten_crds::gateway::Gateway;
use kube::runtime::watcher;
use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

/// How Gateways are exposed.
#[derive(Clone, Debug)]
pub struct ExposeConfig {
    /// `spec.controllerName` of the classes.
    pub controller_name: String,
    /// The target ports that Gateways get.
    pub ports: RangeInclusive<u16>,
    /// The namespace of the gateway pods.
    pub pod_namespace: String,
    /// The label selector of the gateway pods.
    pub pod_selector: String,
}

/// What the cluster shows.
pub struct Exposed {
    pub(super) config: ExposeConfig,
    pub(super) services: Arc<Store<GatewayService>>,
    pub(super) slices: Arc<Store<GatewaySlice>>,
    pub(super) pods: Arc<Store<GatewayPod>>,
}

impl Exposed {
    /// Starts to watch Services and slices that this controller has made, and the gateway pods.
    pub fn start(config: ExposeConfig, starter: &mut Starter) -> Self {
        let label = label_of(&config.controller_name);
        let own = watcher::Config::default().labels(&format!("{CONTROLLER}={label}"));
        let managed = format!("{CONTROLLER}={label},endpointslice.kubernetes.io/managed-by={MANAGED_BY}");
        let slices = watcher::Config::default().labels(&managed);
        let pods = watcher::Config::default().labels(&config.pod_selector);
        let namespace: Scope = Some(Arc::from(config.pod_namespace.as_str()));
        Self {
            services: starter.start(&own),
            slices: starter.start(&slices),
            pods: starter.start_in(&[namespace], &pods),
            config,
        }
    }

    /// The Services of the Gateways that there are, the oldest first.
    pub(super) fn services(&self, gateways: &dyn AnyStore) -> Vec<(GatewayName, Arc<GatewayService>)> {
        let mut services: Vec<_> = self
            .services
            .objects()
            .into_iter()
            .filter_map(|service| {
                let (namespace, name) = service.gateway()?;
                let shown = gateways.shown(&ObjectName::new(&namespace, &name))?;
                service.is_owned_by(&shown.uid).then_some(((namespace, name), service))
            })
            .collect();
        let age = |service: &GatewayService| {
            let created = service.meta().creation_timestamp.as_ref().map(|time| time.0);
            (created.is_none(), created)
        };
        services.sort_by(|(a_name, a), (b_name, b)| (age(a), a_name).cmp(&(age(b), b_name)));
        services
    }

    /// Who has which target ports.
    pub(super) fn allocation(&self, services: &[(GatewayName, Arc<GatewayService>)]) -> Allocation {
        let shown = services.iter().map(|(gateway, service)| (gateway.clone(), service.ports()));
        Allocation::read(self.config.ports.clone(), shown)
    }
}

/// Whose a Gateway is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Its class is ours.
    Ours,
    /// Its class is another controller's.
    Theirs,
    /// Its class is not there. That may be a mistake that is put right in a moment, so what is exposed stays: an address that
    /// is given back to a load balancer may never be had again.
    Unknown,
}

/// Whose `gateway` is, by the classes of `inputs`.
pub(super) fn whose(inputs: &Inputs, gateway: &Gateway, controller_name: &str) -> Whose {
    let class = Some(&gateway.spec.gateway_class_name);
    let class = inputs.gateway_classes.iter().find(|known| known.metadata.name.as_ref() == class);
    match class {
        Some(class) if class.spec.controller_name == controller_name => Whose::Ours,
        Some(_) => Whose::Theirs,
        None => Whose::Unknown,
    }
}

/// Ports and addresses for the compiler.
pub struct ReadBack {
    /// What the cluster shows.
    pub exposed: Arc<Exposed>,
    /// The Gateways, for their uids.
    pub gateways: Arc<dyn AnyStore>,
}

impl Infrastructure for ReadBack {
    fn read(&self, _: &Inputs) -> (Ports, Addresses) {
        let services = self.exposed.services(&*self.gateways);
        let allocation = self.exposed.allocation(&services);
        let mut by_gateway: BTreeMap<GatewayName, Vec<String>> = BTreeMap::new();
        for (gateway, service) in &services {
            // The oldest Service is the Gateway's.
            by_gateway.entry(gateway.clone()).or_insert_with(|| service.addresses());
        }
        let ports = Ports::Allocated(allocation.by_gateway().clone());
        (ports, Addresses { default: Vec::new(), by_gateway })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn object<T: DeserializeOwned>(name: &str, spec: &Value) -> Arc<T> {
        let whole = json!({"apiVersion": "v1", "kind": "K", "metadata": {"name": name}, "spec": spec});
        Arc::new(serde_json::from_value(whole).unwrap())
    }

    #[test]
    fn a_gateway_is_as_its_class_and_a_missing_class_is_nobodys() {
        let class = |name: &str, controller: &str| object(name, &json!({"controllerName": controller}));
        let inputs = Inputs {
            gateway_classes: vec![class("a", "corten.dev/x"), class("b", "other.example/y")],
            ..Inputs::default()
        };
        let of = |class: &str| {
            let gateway: Arc<Gateway> = object("g", &json!({"gatewayClassName": class, "listeners": []}));
            whose(&inputs, &gateway, "corten.dev/x")
        };
        assert_eq!([of("a"), of("b"), of("gone")], [Whose::Ours, Whose::Theirs, Whose::Unknown]);
    }
}
