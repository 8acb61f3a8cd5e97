//! Clusters: transport, endpoints, and what they depend on.

use crate::{
    observe::Observer,
    tls::ClientConfigs,
    upstream::{Cluster, EndpointId, Registry, Transport},
};
use corten_snapshot::{
    CertificateKey, ClusterKey, ContentHash, Endpoints, EndpointsKey, Part, PartKey, Snapshot, TrustKey,
    TrustSource, UpstreamTls,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::{collections::BTreeSet, sync::Arc};

/// Outcomes for the parts that were built anew.
pub(super) type Outcomes = Vec<(PartKey, Result<(), String>)>;

/// The clusters in force and what each depends on.
pub(super) struct Clusters {
    registry: Arc<Registry>,
    observer: Arc<Observer>,
    configs: ClientConfigs,
    needs: FxHashMap<ClusterKey, Needs>,
    touched: FxHashSet<ClusterKey>,
    touched_endpoints: FxHashSet<EndpointsKey>,
    /// The last one without TLS. Most clusters are spoken to alike, and share it.
    cleartext: Option<Arc<Transport>>,
}

/// What a cluster is built from besides its own part.
struct Needs {
    endpoints: EndpointsKey,
    /// Most clusters have no TLS.
    tls: Option<Box<TlsNeeds>>,
}

struct TlsNeeds {
    certificate: Option<CertificateKey>,
    trust: Vec<TrustKey>,
}

impl Clusters {
    pub(super) fn new(registry: Arc<Registry>, observer: Arc<Observer>) -> Self {
        let (needs, touched, touched_endpoints, cleartext) = Default::default();
        let configs = ClientConfigs::default();
        Self { registry, observer, configs, needs, touched, touched_endpoints, cleartext }
    }

    pub(super) fn touch(&mut self, key: &ClusterKey) {
        self.touched.insert(key.clone());
    }

    pub(super) fn touch_endpoints(&mut self, key: &EndpointsKey) {
        self.touched_endpoints.insert(key.clone());
    }

    pub(super) fn remove(&mut self, key: &ClusterKey) {
        self.touched.remove(key);
        self.needs.remove(key);
        self.registry.cluster(key).current.store(None);
    }

    /// Builds every cluster that was touched, or whose endpoints, certificates or authorities were.
    pub(super) fn rebuild(
        &mut self,
        next: &Snapshot,
        certificates: &BTreeSet<CertificateKey>,
        trust: &BTreeSet<TrustKey>,
    ) -> Outcomes {
        let endpoints = std::mem::take(&mut self.touched_endpoints);
        let mut touched = std::mem::take(&mut self.touched);
        if !(endpoints.is_empty() && certificates.is_empty() && trust.is_empty()) {
            let stale = self.needs.iter().filter(|(_, needs)| {
                endpoints.contains(&needs.endpoints)
                    || needs.tls.as_ref().is_some_and(|tls| {
                        tls.certificate.as_ref().is_some_and(|key| certificates.contains(key))
                            || tls.trust.iter().any(|key| trust.contains(key))
                    })
            });
            touched.extend(stale.map(|(key, _)| key.clone()));
        }
        touched.into_iter().map(|key| (PartKey::Cluster(key.clone()), self.build(next, &key))).collect()
    }

    fn build(&mut self, next: &Snapshot, key: &ClusterKey) -> Result<(), String> {
        let Some(Part::Cluster(cluster)) = next.get(&PartKey::Cluster(key.clone())).map(|part| &*part.part)
        else {
            return Ok(());
        };
        self.needs.insert(key.clone(), Needs::of(cluster.endpoints.clone(), cluster.tls.as_deref()));
        let transport = self.transport(next, cluster)?;
        let empty = Endpoints::default();
        let endpoints = match next.get(&PartKey::Endpoints(cluster.endpoints.clone())).map(|part| &*part.part)
        {
            Some(Part::Endpoints(endpoints)) => endpoints,
            _ => &empty,
        };
        let usable = self.usable(endpoints, transport.id);
        let stats = self.observer.cluster(key);
        let built = Cluster { transport, settings: cluster.settings.clone(), stats, endpoints: usable };
        self.registry.cluster(key).current.store(Some(Arc::new(built)));
        Ok(())
    }

    fn transport(
        &mut self,
        next: &Snapshot,
        cluster: &corten_snapshot::Cluster,
    ) -> Result<Arc<Transport>, String> {
        let tls = cluster.tls.as_ref().map(|tls| self.configs.get(next, tls, cluster.protocol)).transpose();
        let tls = tls.map_err(|error| error.to_string())?;
        let identity = tls.as_ref().map(|(_, _, hash)| *hash);
        let mut text = vec![cluster.protocol as u8];
        if let Some(hash) = identity {
            text.extend_from_slice(&hash.0);
        }
        let (id, tcp_keepalive) = (ContentHash::of(&text), cluster.settings.tcp_keepalive);
        let same = |last: &&Arc<Transport>| last.id == id && last.tcp_keepalive == tcp_keepalive;
        if let Some(same) = self.cleartext.as_ref().filter(same) {
            return Ok(same.clone());
        }
        let tls = tls.map(|(config, name, _)| (config, name));
        let made = Arc::new(Transport { id, protocol: cluster.protocol, tls, tcp_keepalive });
        if made.tls.is_none() {
            self.cleartext = Some(made.clone());
        }
        Ok(made)
    }

    /// Endpoints that are ready; if none is, those that still serve while they end.
    fn usable(&self, endpoints: &Endpoints, transport: ContentHash) -> Box<[Arc<crate::upstream::Endpoint>]> {
        let any_ready = endpoints.endpoints.iter().any(|endpoint| endpoint.ready);
        let usable = endpoints.endpoints.iter().filter(|endpoint| endpoint.ready || !any_ready);
        usable
            .map(|endpoint| {
                let (host, port) = (endpoint.host.clone(), endpoint.port);
                self.registry.endpoint(EndpointId { host, port, transport })
            })
            .collect()
    }
}

impl Needs {
    fn of(endpoints: EndpointsKey, tls: Option<&UpstreamTls>) -> Self {
        let needs = |tls: &UpstreamTls| {
            let trust = match &tls.trust {
                TrustSource::Bundles(bundles) => bundles.clone(),
                TrustSource::System => Vec::new(),
            };
            Box::new(TlsNeeds { certificate: tls.client_certificate.clone(), trust })
        };
        Self { endpoints, tls: tls.map(needs) }
    }
}
