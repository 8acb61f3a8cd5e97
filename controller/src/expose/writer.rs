//! The task that writes Services and EndpointSlices, while this replica leads.

use super::{
    exposed::{Exposed, Whose, whose},
    listeners::{Needs, needs},
    ports::{Allocation, GatewayName, TargetPorts},
    service::{self, Wanted},
    shown::{APPLIED, GatewayService, GatewaySlice, REFUSED, annotation, label_of},
    slices::Backing,
};
use crate::{
    engine::Pass,
    metrics::Metrics,
    watch::{AnyStore, Seen, Watched},
};
use corten_compile::{Inputs, ObjectName};
use corten_crds::{
    gateway::Gateway,
    v1alpha1::{ServiceParameters, ServiceType},
};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::Value;
use std::{collections::BTreeSet, future, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

/// Who writes, in managedFields.
const MANAGER: &str = "corten-controller";
/// When writes that failed are tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// Writes Services and EndpointSlices.
pub struct ExposeWriter {
    client: Client,
    exposed: Arc<Exposed>,
    gateways: Arc<dyn AnyStore>,
    controller: String,
    passes: watch::Receiver<Option<Arc<Pass>>>,
    leads: watch::Receiver<bool>,
    metrics: Arc<Metrics>,
}

impl ExposeWriter {
    /// A writer for what `exposed` shows; `gateways` tells the uids.
    pub fn new(
        client: Client,
        exposed: Arc<Exposed>,
        gateways: Arc<dyn AnyStore>,
        passes: watch::Receiver<Option<Arc<Pass>>>,
        leads: watch::Receiver<bool>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let controller = label_of(&exposed.config.controller_name);
        Self { client, exposed, gateways, controller, passes, leads, metrics }
    }

    /// Runs until the future is dropped.
    pub async fn run(mut self) {
        let mut again: Option<Instant> = None;
        loop {
            let due = async {
                match again {
                    Some(due) => time::sleep_until(due).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                Ok(()) = self.passes.changed() => {}
                Ok(()) = self.leads.changed() => {}
                () = due => {}
            }
            let pass = self.passes.borrow_and_update().clone();
            again = match pass {
                Some(pass) if *self.leads.borrow_and_update() => {
                    let done = self.reconcile(&pass).await;
                    (!done).then(|| Instant::now() + AGAIN)
                }
                _ => None,
            };
        }
    }

    /// Makes everything as the pass wants it. `false`: some of it could not be written.
    async fn reconcile(&self, pass: &Pass) -> bool {
        let services = self.exposed.services(&*self.gateways);
        let mut allocation = self.exposed.allocation(&services);
        let mut done = true;
        let mut theirs = BTreeSet::new();
        for gateway in &pass.inputs.gateways {
            let name = gateway_name(gateway);
            match whose(&pass.inputs, gateway, &self.exposed.config.controller_name) {
                Whose::Ours => {}
                Whose::Unknown => continue,
                Whose::Theirs => {
                    theirs.insert(name);
                    continue;
                }
            }
            let existing = services.iter().find(|(of, _)| *of == name).map(|(_, service)| &**service);
            if let Err(error) = self.gateway(pass, gateway, existing, &mut allocation).await {
                tracing::warn!(gateway = %gateway_text(&name), %error, "a Gateway could not be exposed");
                done = false;
            }
            if !*self.leads.borrow() {
                return true;
            }
        }
        for (_, service) in services.iter().filter(|(of, _)| theirs.contains(of)) {
            done &= self.withdraw(service).await;
        }
        done
    }

    async fn gateway(
        &self,
        pass: &Pass,
        gateway: &Gateway,
        existing: Option<&GatewayService>,
        allocation: &mut Allocation,
    ) -> kube::Result<()> {
        let name = gateway_name(gateway);
        let Some(shown) = self.gateways.shown(&ObjectName::new(&name.0, &name.1)) else { return Ok(()) };
        let listeners = match needs(pass, gateway) {
            Needs::Ports(listeners) if !listeners.is_empty() => listeners,
            // A Service must have a port, so that of a Gateway without any stays as it is; nothing listens there.
            _ => return Ok(()),
        };
        let numbers: BTreeSet<u16> = listeners.iter().map(|(_, port)| *port).collect();
        let targets = allocation.give(&name, numbers);
        if targets.is_empty() {
            tracing::warn!(gateway = %gateway_text(&name), "there is no target port left: widen the range");
            return Ok(());
        }
        let parameters = parameters(&pass.inputs, gateway);
        let service_name = match existing {
            Some(service) => service.meta().name.clone().unwrap_or_default(),
            None => self.free_name(gateway, &shown.uid).await?,
        };
        let wanted = Wanted {
            gateway,
            uid: &shown.uid,
            name: &service_name,
            controller: &self.controller,
            listeners: &listeners,
            targets: &targets,
            parameters: &parameters,
            refused: existing.and_then(|service| service.annotation(REFUSED)),
        };
        let uid = self.service(&wanted, existing).await?;
        self.slices(&wanted, &uid).await
    }

    /// Writes the Service if it is not as it should be, and returns its uid.
    async fn service(&self, wanted: &Wanted<'_>, existing: Option<&GatewayService>) -> kube::Result<String> {
        let service = wanted.service();
        let uid = existing.and_then(|service| service.meta().uid.clone());
        if let (Some(existing), Some(uid)) = (existing, &uid)
            && is_applied(&service, existing, wanted.targets)
        {
            return Ok(uid.clone());
        }
        if let Some(existing) = existing
            && must_be_another(wanted, existing)
        {
            self.delete(existing).await?;
            return self.create(wanted, service).await;
        }
        if existing.is_none() {
            return self.create(wanted, service).await;
        }
        self.apply_service(service, uid).await
    }

    /// Creates a Service. If the cluster refuses the address that it asks for, then without: its status says so.
    async fn create(&self, wanted: &Wanted<'_>, service: Value) -> kube::Result<String> {
        match self.apply_service(service, None).await {
            Err(kube::Error::Api(status)) if status.code == 422 && wanted.has_fixed_address() => {
                let Some(address) = wanted.address() else { return Err(kube::Error::Api(status)) };
                tracing::info!(
                    service = wanted.name,
                    address,
                    reason = status.message,
                    "an address is refused"
                );
                let without = Wanted { refused: Some(&address), ..*wanted };
                self.apply_service(without.service(), None).await
            }
            other => other,
        }
    }

    async fn slices(&self, wanted: &Wanted<'_>, uid: &str) -> kube::Result<()> {
        let namespace = wanted.gateway.metadata.namespace.as_deref().unwrap_or("default");
        let pods = self.exposed.pods.objects();
        let backing = Backing {
            service: wanted.name,
            namespace,
            uid,
            controller: &self.controller,
            listeners: wanted.listeners,
            targets: wanted.targets,
            pods: &pods,
        };
        let slices = backing.slices();
        for (name, slice) in &slices {
            let existing = self.exposed.slices.get(&ObjectName::new(namespace, name));
            let hash = |existing: &GatewaySlice| annotation(&existing.0.metadata, APPLIED).map(str::to_owned);
            let said = slice
                .pointer("/metadata/annotations")
                .and_then(|all| all.get(APPLIED))
                .and_then(Value::as_str);
            if existing.as_deref().and_then(hash).as_deref() != said {
                let seen = self.apply::<GatewaySlice>(slice.clone(), None).await?;
                self.exposed.slices.learn(seen);
            }
        }
        self.prune(namespace, wanted.name, &slices).await
    }

    /// Deletes slices of the Service that are not needed any more.
    async fn prune(&self, namespace: &str, service: &str, slices: &[(String, Value)]) -> kube::Result<()> {
        for slice in self.exposed.slices.objects() {
            let meta = &slice.0.metadata;
            let of = meta.labels.as_ref().and_then(|labels| labels.get("kubernetes.io/service-name"));
            let name = meta.name.as_deref().unwrap_or_default();
            let is_ours = meta.namespace.as_deref() == Some(namespace) && of.is_some_and(|of| of == service);
            if is_ours && !slices.iter().any(|(needed, _)| needed == name) {
                let api: Api<Seen<GatewaySlice>> = Api::namespaced_with(self.client.clone(), namespace, &());
                ignore_gone(api.delete(name, &DeleteParams::default()).await.map(drop))?;
                self.metrics.expose_write("EndpointSlice", "deleted");
            }
        }
        Ok(())
    }

    /// A name for the Service that no other one has.
    async fn free_name(&self, gateway: &Gateway, uid: &str) -> kube::Result<String> {
        let (namespace, name) = gateway_name(gateway);
        let class = &gateway.spec.gateway_class_name;
        let plain = service::name(&name, class, uid, false);
        let api: Api<Seen<GatewayService>> = Api::namespaced_with(self.client.clone(), &namespace, &());
        let taken = match api.get_opt(&plain).await? {
            Some(other) => !other.object.is_ok_and(|other| other.is_owned_by(uid)),
            None => false,
        };
        Ok(service::name(&name, class, uid, taken))
    }

    /// Writes a Service, and returns its uid. The store knows at once, so that no other Gateway is given its ports.
    async fn apply_service(&self, service: Value, uid: Option<String>) -> kube::Result<String> {
        let seen = self.apply::<GatewayService>(service, uid).await?;
        let uid = seen.shown.uid.clone();
        self.exposed.services.learn(seen);
        Ok(uid)
    }

    /// Server-side apply; of the object with `uid`, if one is given.
    async fn apply<K: Watched>(&self, mut object: Value, uid: Option<String>) -> kube::Result<Seen<K>> {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        if let (Some(uid), Some(meta)) = (uid, object.get_mut("metadata").and_then(Value::as_object_mut)) {
            meta.insert("uid".to_owned(), Value::String(uid));
        }
        let api: Api<Seen<K>> = Api::namespaced_with(self.client.clone(), &namespace, &());
        let params = PatchParams::apply(MANAGER).force();
        let result = api.patch(&name, &params, &Patch::Apply(&object)).await;
        self.metrics.expose_write(K::info().kind, if result.is_ok() { "written" } else { "failed" });
        result
    }

    async fn delete(&self, service: &GatewayService) -> kube::Result<()> {
        let meta = service.meta();
        let (namespace, name) =
            (meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
        let api: Api<Seen<GatewayService>> = Api::namespaced_with(self.client.clone(), namespace, &());
        let exactly = Preconditions { uid: meta.uid.clone(), ..Preconditions::default() };
        let params = DeleteParams { preconditions: Some(exactly), ..DeleteParams::default() };
        ignore_gone(api.delete(name, &params).await.map(drop))?;
        self.metrics.expose_write("Service", "deleted");
        Ok(())
    }

    /// Deletes the Service of a Gateway that is no longer of a class of ours.
    async fn withdraw(&self, service: &GatewayService) -> bool {
        match self.delete(service).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the Service of a Gateway that is not ours any more could not be deleted");
                false
            }
        }
    }
}

/// What the parameters of its class and its own say.
fn parameters(inputs: &Inputs, gateway: &Gateway) -> ServiceParameters {
    let find = |namespace: Option<&str>, name: &str| {
        let all = inputs.gateway_parameters.iter();
        let mut named = all.filter(|parameters| {
            let meta = &parameters.metadata;
            meta.name.as_deref() == Some(name) && meta.namespace.as_deref() == namespace
        });
        named.next().and_then(|parameters| parameters.spec.service.as_ref())
    };
    let class = &gateway.spec.gateway_class_name;
    let class = inputs.gateway_classes.iter().find(|known| known.metadata.name.as_ref() == Some(class));
    let class = class.and_then(|class| class.spec.parameters_ref.as_ref());
    let own = gateway
        .spec
        .infrastructure
        .as_ref()
        .and_then(|infrastructure| infrastructure.parameters_ref.as_ref());
    service::merged(
        class.and_then(|reference| find(reference.namespace.as_deref(), &reference.name)),
        own.and_then(|reference| find(gateway.metadata.namespace.as_deref(), &reference.name)),
    )
}

/// Whether the Service is as it was written last, and its ports are.
fn is_applied(service: &Value, existing: &GatewayService, targets: &TargetPorts) -> bool {
    let said =
        service.pointer("/metadata/annotations").and_then(|all| all.get(APPLIED)).and_then(Value::as_str);
    existing.annotation(APPLIED) == said && existing.ports() == *targets
}

/// Whether what is wanted cannot be made of the Service that there is: a cluster IP and the class of a load balancer
/// cannot be changed.
fn must_be_another(wanted: &Wanted<'_>, existing: &GatewayService) -> bool {
    let Some(spec) = &existing.0.spec else { return false };
    let is_balanced = spec.type_.as_deref() == Some(ServiceType::LoadBalancer.as_str());
    if !wanted.has_fixed_address() {
        return is_balanced && spec.load_balancer_class != wanted.parameters.load_balancer_class;
    }
    wanted.address().is_some_and(|address| spec.cluster_ip.as_deref() != Some(&address))
}

fn ignore_gone(result: kube::Result<()>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other,
    }
}

fn gateway_name(gateway: &Gateway) -> GatewayName {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    (text(&gateway.metadata.namespace), text(&gateway.metadata.name))
}

fn gateway_text((namespace, name): &GatewayName) -> String {
    format!("{namespace}/{name}")
}

#[cfg(test)]
mod tests;
