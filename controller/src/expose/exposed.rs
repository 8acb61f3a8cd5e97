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

/// The classes of `inputs` that are ours.
pub(super) fn own_gateways<'i>(inputs: &'i Inputs, controller_name: &str) -> Vec<&'i Arc<Gateway>> {
    let classes: Vec<&str> = inputs
        .gateway_classes
        .iter()
        .filter(|class| class.spec.controller_name == controller_name)
        .filter_map(|class| class.metadata.name.as_deref())
        .collect();
    let ours = |gateway: &&Arc<Gateway>| classes.contains(&gateway.spec.gateway_class_name.as_str());
    inputs.gateways.iter().filter(ours).collect()
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
