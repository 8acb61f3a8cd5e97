//! All upstreams that some reference names, each resolved once.

use super::{Reachable, Unreachable, Upstream, own, service, settings, tls_policy};
use crate::{
    assembly::Assembly,
    gateway::{ClientCertificate, GatewayPlan, Plan},
    index::Index,
    materials::Materials,
    memory::Memories,
    object::{CORTEN_GROUP, Kind, Name, Object},
    policy::{Target as PolicyTarget, Targets},
    problem::Problem,
    refs::{Reference, not_permitted},
};
use corten_crds::{gateway::BackendTlsPolicy, v1alpha1::BackendPolicy};
use corten_snapshot::{
    CertificateKey, Cluster, ClusterKey, EndpointsKey, Part, PartKey, Target, TrustSource, UpstreamTls,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::{collections::BTreeMap, sync::Arc};

/// The place of an upstream among all.
pub(crate) type BackendId = usize;

/// A backendRef, whatever kind of route or filter it is in.
#[derive(Clone, Copy)]
pub(crate) struct BackendRef<'a> {
    pub(crate) group: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) port: Option<u16>,
}

/// All upstreams.
pub(crate) struct Upstreams<'i, 'a> {
    index: &'i Index<'a>,
    pub(crate) materials: Materials,
    pub(crate) memory: Memories,
    /// What [`Self::resolve`] has led to since [`Self::forget_resolved`]. `None`: something that leads nowhere.
    resolved: Option<Vec<BackendId>>,
    pub(super) tls_policies: Targets<'a, BackendTlsPolicy>,
    pub(super) compiled_tls: Vec<tls_policy::Compiled>,
    pub(super) policies: Targets<'a, BackendPolicy>,
    pub(super) backends: BTreeMap<Name<'a>, own::Compiled>,
    by_key: FxHashMap<(Kind, Name<'a>, u16), BackendId>,
    /// Filled only if a Gateway has a client certificate.
    by_cluster: FxHashMap<ClusterKey, BackendId>,
    variants_wanted: bool,
    pub(super) list: Vec<Upstream<'a>>,
    /// Clusters of their own for Gateways with a client certificate.
    variants: BTreeMap<ClusterKey, (BackendId, CertificateKey)>,
}

impl<'i, 'a> Upstreams<'i, 'a> {
    pub(crate) fn new(
        index: &'i Index<'a>,
        plan: &Plan<'a>,
        mut materials: Materials,
        memory: Memories,
    ) -> Self {
        let tls_policies = tls_policy::attach(index);
        let compiled_tls = tls_policies
            .policies
            .iter()
            .map(|attachment| tls_policy::compile(index, &mut materials, attachment.policy))
            .collect();
        let policies = settings::attach(index);
        let mut upstreams = Self {
            index,
            materials,
            memory,
            resolved: None,
            tls_policies,
            compiled_tls,
            policies,
            backends: BTreeMap::new(),
            by_key: FxHashMap::default(),
            by_cluster: FxHashMap::default(),
            variants_wanted: !plan.gateways.iter().all(GatewayPlan::plain_upstreams),
            list: Vec::new(),
            variants: BTreeMap::new(),
        };
        // Most are ports of Services, one each: growing by doubling costs more than all look-ups.
        let expected = index.services.len() + index.backends.len();
        upstreams.by_key.reserve(expected);
        upstreams.list.reserve(expected);
        upstreams.compile_backends();
        upstreams
    }

    /// All Backends, also those that no route names: their statuses are due anyway.
    fn compile_backends(&mut self) {
        for backend in self.index.backends.by_name() {
            if let Some(reachable) = self.memory.backend(backend) {
                self.backends.insert(backend.key(), own::Compiled::right(reachable));
                continue;
            }
            let target = PolicyTarget { kind: Kind::Backend, name: backend.key(), section: None };
            let treatment = settings::treatment(&self.policies, target);
            let compiled = own::compile(self.index, &mut self.materials, backend, treatment);
            // Without TLS, whose certificates and authorities are read on the way.
            if let (Some(reachable), None) = (compiled.if_right(), &backend.spec.tls) {
                self.memory.keep_backend(backend, reachable);
            }
            self.backends.insert(backend.key(), compiled);
        }
    }

    /// Finds the upstream that a reference of a route of kind `from` in `namespace` names. The field of an error is the
    /// caller's to fill in.
    pub(crate) fn resolve(
        &mut self,
        from: (Kind, &'a str),
        reference: BackendRef<'a>,
    ) -> Result<BackendId, Problem> {
        let found = self.look_up(from, reference);
        match (&found, &mut self.resolved) {
            (Ok(id), Some(resolved)) => resolved.push(*id),
            _ => self.resolved = None,
        }
        found
    }

    /// Begins a list of what is resolved.
    pub(crate) fn forget_resolved(&mut self) {
        self.resolved = Some(Vec::new());
    }

    /// The list, if all of it led somewhere.
    pub(crate) fn take_resolved(&mut self) -> Option<Vec<BackendId>> {
        self.resolved.take()
    }

    /// Whether no Gateway has a client certificate of its own.
    pub(crate) fn all_plain(&self) -> bool {
        !self.variants_wanted
    }

    fn look_up(
        &mut self,
        (from, from_namespace): (Kind, &'a str),
        reference: BackendRef<'a>,
    ) -> Result<BackendId, Problem> {
        let group = reference.group.unwrap_or_default();
        let kind_name = reference.kind.unwrap_or("Service");
        let name = (reference.namespace.unwrap_or(from_namespace), reference.name);
        let kind = match (group, kind_name) {
            ("", "Service") => Kind::Service,
            (CORTEN_GROUP, "Backend") => Kind::Backend,
            _ => {
                let message = format!(
                    "backends of kind `{}` in group `{}` are not supported",
                    kind_name.escape_debug(),
                    group.escape_debug()
                );
                let remedy = "use a Service, or a Backend of group corten.dev";
                return Err(Problem::new("InvalidKind", "", message, remedy));
            }
        };
        let link = Reference { from, from_namespace, group, kind: kind_name, to: name };
        if !self.index.permits(&link) {
            let (message, remedy) = not_permitted(&link);
            return Err(Problem::new("RefNotPermitted", "", message, remedy));
        }
        let id = self.find(kind, name, reference.port);
        match self.list.get(id).map(|upstream| &upstream.outcome) {
            Some(Err(Unreachable { reason: Some(reason), message, remedy })) => {
                Err(Problem::new(reason, "", message.clone(), remedy.clone()))
            }
            _ => Ok(id),
        }
    }

    fn find(&mut self, kind: Kind, name: Name<'a>, port: Option<u16>) -> BackendId {
        let number = port.unwrap_or_default();
        if let Some(id) = self.by_key.get(&(kind, name, number)) {
            return *id;
        }
        let (port_name, outcome) = match kind {
            Kind::Backend => (None, self.backend(name, port)),
            _ => self.service(name, port),
        };
        let id = self.list.len();
        if let (true, Ok(reachable)) = (self.variants_wanted, &outcome) {
            self.by_cluster.entry(reachable.key.clone()).or_insert(id);
        }
        self.by_key.insert((kind, name, number), id);
        let gateways = Vec::new();
        self.list.push(Upstream { kind, name, port_name, outcome, gateways, plain: false });
        id
    }

    fn backend(&self, name: Name<'a>, port: Option<u16>) -> Result<Arc<Reachable>, Unreachable> {
        let Some(backend) = self.index.backends.get(name) else {
            let message = format!("Backend {}/{} does not exist", name.0, name.1);
            return Err(Unreachable::new(Some("BackendNotFound"), message, "create it, or correct the name"));
        };
        if let Some(port) = port
            && backend.spec.endpoints.iter().any(|endpoint| endpoint.port != port)
        {
            let message = format!("Backend {}/{} has endpoints with other ports than {port}", name.0, name.1);
            let remedy = "leave `port` out: a Backend's endpoints have their own";
            return Err(Unreachable::new(Some("BackendNotFound"), message, remedy));
        }
        match self.backends.get(&name).map(|compiled| &compiled.outcome) {
            Some(outcome) => outcome.clone(),
            None => Err(Unreachable::new(Some("BackendNotFound"), "the Backend was not compiled", "")),
        }
    }

    fn service(
        &mut self,
        name: Name<'a>,
        port: Option<u16>,
    ) -> (Option<&'a str>, Result<Arc<Reachable>, Unreachable>) {
        let not_found = |message: String, remedy: &'static str| {
            (None, Err(Unreachable::new(Some("BackendNotFound"), message, remedy)))
        };
        let Some(service) = self.index.services.shared(name) else {
            let message = format!("Service {}/{} does not exist", name.0, name.1);
            return not_found(message, "create it, or correct the name");
        };
        let Some(port) = port else {
            return not_found("a Service needs a port".to_owned(), "add `port`");
        };
        let slices = self.index.slices.get(&name).map(Vec::as_slice).unwrap_or_default();
        if let Some(reachable) = self.memory.service(service, slices, port) {
            return (service::port_name(service, port), Ok(reachable));
        }
        let (port_name, outcome) = match service::read(self.index, service, port) {
            Ok(read) => (read.port_name, self.reachable(name, port, read)),
            Err(unreachable) => (None, Err(unreachable)),
        };
        if let Ok(reachable) = &outcome {
            self.memory.keep_service(service, slices, port, reachable);
        }
        (port_name, outcome)
    }

    fn reachable(
        &self,
        name: Name<'a>,
        port: u16,
        read: service::ServiceUpstream<'a>,
    ) -> Result<Arc<Reachable>, Unreachable> {
        let target = PolicyTarget { kind: Kind::Service, name, section: read.port_name };
        let policy =
            self.tls_policies.of(target).next().and_then(|(position, _)| self.compiled_tls.get(position));
        let spoken = read.spoken?;
        let mut warnings = read.warnings;
        let tls = match policy {
            Some(policy) => Some(policy.tls.clone()?),
            None if spoken.tls => {
                let hostname = read.external_name.unwrap_or_else(|| {
                    format!("{}.{}.svc.{}", name.1, name.0, self.index.options.cluster_domain)
                });
                warnings.push(unverified(name, &hostname));
                let trust = TrustSource::System;
                Some(UpstreamTls { hostname, subject_alt_names: Vec::new(), trust, client_certificate: None })
            }
            None => None,
        };
        let text: Arc<str> = format!("service/{}/{}:{port}", name.0, name.1).into();
        let settings::Treatment { settings, negotiation } = settings::treatment(&self.policies, target);
        let protocol = spoken.protocol(tls.is_some(), negotiation);
        let (endpoints_key, tls) = (EndpointsKey(text.clone()), tls.map(Box::new));
        let cluster = Cluster { endpoints: endpoints_key, protocol, tls, settings };
        Ok(Reachable::new(ClusterKey::new(text), cluster, read.endpoints?, warnings))
    }

    /// Where requests for an upstream go, Gateways aside.
    pub(crate) fn target(&self, id: BackendId) -> Target {
        match self.list.get(id).map(|upstream| &upstream.outcome) {
            Some(Ok(reachable)) => Target::Cluster(reachable.key.clone()),
            Some(Err(unreachable)) => Target::Invalid { status: 500, reason: unreachable.message.clone() },
            None => Target::Invalid { status: 500, reason: "unknown backend".to_owned() },
        }
    }

    /// Why requests for an upstream are answered with 500 although the reference to it is right.
    pub(crate) fn trouble(&self, id: BackendId) -> Option<(&str, &str)> {
        match self.list.get(id).map(|upstream| &upstream.outcome) {
            Some(Err(unreachable)) => Some((&unreachable.message, &unreachable.remedy)),
            _ => None,
        }
    }

    /// Notes that the Gateway at `position` sends requests to these upstreams.
    pub(crate) fn used_by(&mut self, position: usize, gateway: &GatewayPlan<'_>, ids: &[BackendId]) {
        let anonymous = matches!(gateway.client_certificate, ClientCertificate::None);
        for id in ids {
            if let Some(upstream) = self.list.get_mut(*id) {
                if !upstream.gateways.contains(&position) {
                    upstream.gateways.push(position);
                }
                let tls = upstream.outcome.as_ref().is_ok_and(|reachable| reachable.anonymous_tls());
                upstream.plain |= anonymous || !tls;
            }
        }
    }

    /// `metadata.generation` of a Backend.
    pub(super) fn generation_of_backend(&self, name: Name<'_>) -> Option<i64> {
        self.index.backends.get(name)?.generation()
    }

    /// Changes a target to what it is for the Gateway: upstreams with TLS get its client certificate.
    pub(crate) fn adapt(&mut self, gateway: &GatewayPlan<'_>, target: &mut Target) {
        let Target::Cluster(key) = target else { return };
        let Some(id) = self.by_cluster.get(key).copied() else { return };
        let Some(Ok(reachable)) = self.list.get(id).map(|upstream| &upstream.outcome) else { return };
        let anonymous = reachable.anonymous_tls();
        match &gateway.client_certificate {
            ClientCertificate::Some(certificate) if anonymous => {
                let (namespace, name) = gateway.gateway.key();
                let variant = ClusterKey::new(format!("{key}@{namespace}/{name}"));
                self.variants.entry(variant.clone()).or_insert_with(|| (id, certificate.clone()));
                *key = variant;
            }
            ClientCertificate::Invalid(problem) if anonymous => {
                let reason = format!("the Gateway's client certificate is not valid: {}", problem.message);
                *target = Target::Invalid { status: 500, reason };
            }
            _ => {}
        }
    }

    /// Puts all upstreams that Gateways use into the snapshot, and gives back what certificates were read, and what is
    /// to be kept.
    pub(crate) fn add_to(self, assembly: &mut Assembly) -> (Materials, Memories) {
        let Self { list, variants, materials, memory, .. } = self;
        let mut with_variant: FxHashSet<BackendId> = FxHashSet::default();
        for (key, (id, certificate)) in variants {
            let Some(Ok(reachable)) = list.get(id).map(|upstream| &upstream.outcome) else { continue };
            let Some(mut cluster) = reachable.cluster().cloned() else { continue };
            if let Some(tls) = &mut cluster.tls {
                tls.client_certificate = Some(certificate);
            }
            add_materials(assembly, &materials, cluster.tls.as_deref());
            assembly.insert(PartKey::Cluster(key), Part::Cluster(Box::new(cluster)));
            with_variant.insert(id);
        }
        // Kind after kind, as the snapshot sorts them.
        let mut endpoints = Vec::new();
        for (id, upstream) in list.into_iter().enumerate() {
            let Ok(reachable) = upstream.outcome else { continue };
            let Some(cluster) = reachable.cluster() else { continue };
            if upstream.plain || with_variant.contains(&id) {
                endpoints.push((PartKey::Endpoints(cluster.endpoints.clone()), reachable.endpoints.clone()));
            }
            if upstream.plain {
                add_materials(assembly, &materials, cluster.tls.as_deref());
                assembly.add(PartKey::Cluster(reachable.key.clone()), reachable.cluster.clone());
            }
        }
        for (key, endpoints) in endpoints {
            assembly.add(key, endpoints);
        }
        (materials, memory)
    }
}

/// Adds what a cluster is verified with, and what is shown to it.
fn add_materials(assembly: &mut Assembly, materials: &Materials, tls: Option<&UpstreamTls>) {
    if let Some(tls) = tls {
        if let TrustSource::Bundles(bundles) = &tls.trust {
            bundles.iter().for_each(|bundle| materials.add_trust(assembly, bundle));
        }
        tls.client_certificate.iter().for_each(|key| materials.add_certificate(assembly, key));
    }
}

fn unverified((namespace, name): Name<'_>, hostname: &str) -> (String, std::borrow::Cow<'static, str>) {
    let message = format!(
        "Service {namespace}/{name} speaks TLS, and its certificate must hold `{hostname}` and be vouched for by the \
         system's authorities"
    );
    (message, "add a BackendTLSPolicy that says how it is verified".into())
}
