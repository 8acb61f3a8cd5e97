//! All stores, and the tasks that fill them.

use super::{
    follow::{Context, follow},
    referenced::Referenced,
    references::References,
    seen::{Seen, Watched},
    store::{AnyStore, Scope, Signals, Sink, Store},
};
use crate::metrics::Metrics;
use corten_compile::{Inputs, Kind, ObjectName};
use corten_crds::{core, gateway as gw, v1alpha1 as own};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, core::PartialObjectMeta, runtime::watcher};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{sync::watch, task::JoinSet};

/// What is watched.
#[derive(Clone, Debug, Default)]
pub struct WatchConfig {
    /// The namespaces whose objects are read; empty: all. Classes and Namespaces are read in any case.
    pub namespaces: Vec<String>,
}

/// Secrets that are never certificates, and are many or large.
const SECRETS: &str =
    "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token,type!=kubernetes.io/dockerconfigjson";

/// Starts the tasks of one cluster.
pub struct Starter {
    client: Client,
    signals: Signals,
    metrics: Arc<Metrics>,
    scopes: Vec<Scope>,
    crds: watch::Receiver<u64>,
    tasks: JoinSet<()>,
    stores: Vec<Arc<dyn AnyStore>>,
}

impl Starter {
    fn new(client: Client, config: &WatchConfig, metrics: Arc<Metrics>) -> Self {
        let named = config.namespaces.iter().map(|namespace| Some(Arc::from(namespace.as_str())));
        let scopes = if config.namespaces.is_empty() { vec![None] } else { named.collect() };
        let (seen, crds) = watch::channel(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(follow_crds(client.clone(), seen, metrics.clone()));
        Self { client, signals: Signals::default(), metrics, scopes, crds, tasks, stores: Vec::new() }
    }

    /// A store for `K` in the scopes of the options, with its tasks. `config` selects.
    pub fn start<K: Watched>(&mut self, config: &watcher::Config) -> Arc<Store<K>> {
        let scopes = if K::info().namespaced { self.scopes.clone() } else { vec![None] };
        self.start_in(&scopes, config)
    }

    /// The same in scopes of its own.
    pub fn start_in<K: Watched>(&mut self, scopes: &[Scope], config: &watcher::Config) -> Arc<Store<K>> {
        let store = Arc::new(Store::<K>::new(self.signals.clone(), scopes.len()));
        for scope in scopes {
            let api: Api<Seen<K>> = match scope {
                Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &()),
                None => Api::all_with(self.client.clone(), &()),
            };
            let context = self.context(K::info().kind, scope);
            let sink: Arc<dyn Sink<Seen<K>>> = store.clone();
            self.tasks.spawn(follow(context, config.clone(), api, sink));
        }
        self.stores.push(store.clone());
        store
    }

    fn referenced<K: Watched>(&mut self, config: &watcher::Config) -> Arc<Referenced<K>> {
        let store = Arc::new(Referenced::<K>::new(self.signals.clone(), self.scopes.len()));
        for scope in self.scopes.clone() {
            let api: Api<PartialObjectMeta<Seen<K>>> = match &scope {
                Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &()),
                None => Api::all_with(self.client.clone(), &()),
            };
            let context = self.context(K::info().kind, &scope);
            let sink: Arc<dyn Sink<PartialObjectMeta<Seen<K>>>> = store.clone();
            self.tasks.spawn(follow(context, config.clone(), api, sink));
        }
        store
    }

    fn context(&self, kind: &'static str, scope: &Scope) -> Context {
        Context { kind, scope: scope.clone(), crds: self.crds.clone(), metrics: self.metrics.clone() }
    }
}

/// Counts up whenever a CRD comes, changes or goes.
struct Crds(watch::Sender<u64>);

impl<T> Sink<T> for Crds {
    fn replace(&self, _: &Scope, _: Vec<T>) {
        self.0.send_modify(|count| *count += 1);
    }
    fn apply(&self, _: T) {
        self.0.send_modify(|count| *count += 1);
    }
    fn remove(&self, _: T) {}
}

async fn follow_crds(client: Client, seen: watch::Sender<u64>, metrics: Arc<Metrics>) {
    let context = Context { kind: "CustomResourceDefinition", scope: None, crds: seen.subscribe(), metrics };
    let api: Api<PartialObjectMeta<CustomResourceDefinition>> = Api::all(client);
    follow(context, watcher::Config::default(), api, Arc::new(Crds(seen))).await;
}

macro_rules! cluster {
    ($($field:ident: $type:ty,)*) => {
        /// Everything that is watched for the compiler.
        pub struct Cluster {
            $($field: Arc<Store<$type>>,)*
            secrets: Arc<Referenced<core::Secret>>,
            config_maps: Arc<Referenced<core::ConfigMap>>,
            stores: Vec<Arc<dyn AnyStore>>,
            client: Client,
            signals: Signals,
            /// Dropped with the cluster, and its tasks end.
            _tasks: JoinSet<()>,
        }

        impl Cluster {
            /// Starts to watch, what `more` adds too.
            pub fn start<T>(
                client: Client,
                config: &WatchConfig,
                metrics: Arc<Metrics>,
                more: impl FnOnce(&mut Starter) -> T,
            ) -> (Self, T) {
                let mut starter = Starter::new(client.clone(), config, metrics);
                let any = watcher::Config::default();
                $(let $field = starter.start::<$type>(&any);)*
                let secrets = starter.referenced(&any.clone().fields(SECRETS));
                let config_maps = starter.referenced(&any);
                let more = more(&mut starter);
                let Starter { signals, tasks, stores, .. } = starter;
                (Self { $($field,)* secrets, config_maps, stores, client, signals, _tasks: tasks }, more)
            }

            /// Everything as it is now, but for Secrets and ConfigMaps.
            fn unreferenced(&self) -> Inputs {
                Inputs { $($field: self.$field.objects(),)* ..Inputs::default() }
            }
        }
    };
}

cluster! {
    gateway_classes: gw::GatewayClass,
    gateways: gw::Gateway,
    listener_sets: gw::ListenerSet,
    http_routes: gw::slim::HttpRoute,
    grpc_routes: gw::GrpcRoute,
    tls_routes: gw::TlsRoute,
    tcp_routes: gw::TcpRoute,
    udp_routes: gw::UdpRoute,
    reference_grants: gw::ReferenceGrant,
    backend_tls_policies: gw::BackendTlsPolicy,
    backends: own::Backend,
    backend_policies: own::BackendPolicy,
    listener_policies: own::ListenerPolicy,
    gateway_parameters: own::GatewayParameters,
    services: core::Service,
    endpoint_slices: core::EndpointSlice,
    namespaces: core::Namespace,
}

impl Cluster {
    /// What happens to the stores.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// The kinds that have not been seen as a whole yet.
    pub fn unsynced(&self) -> Vec<&'static str> {
        let stores = self.stores.iter().filter(|store| !store.synced()).map(|store| store.kind_name());
        let referenced = [("Secret", self.secrets.synced()), ("ConfigMap", self.config_maps.synced())];
        stores.chain(referenced.into_iter().filter(|(_, synced)| !synced).map(|(kind, _)| kind)).collect()
    }

    /// Waits until every kind has been seen as a whole.
    pub async fn synced(&self) {
        let mut changes = self.signals.synced.subscribe();
        while !self.unsynced().is_empty() {
            // The sender is a field of this value.
            let _ = changes.changed().await;
        }
    }

    /// Everything as it is now. Waits for a moment if Secrets or ConfigMaps are named that have not been read yet.
    pub async fn inputs(&self, controller_name: &str) -> Inputs {
        let mut inputs = self.unreferenced();
        let References { secrets, config_maps } = References::of(&inputs, controller_name);
        tokio::join!(
            self.secrets.settle(secrets, |name| self.get(name)),
            self.config_maps.settle(config_maps, |name| self.get(name)),
        );
        inputs.secrets = self.secrets.objects();
        inputs.config_maps = self.config_maps.objects();
        inputs
    }

    async fn get<K: Watched>(&self, name: ObjectName) -> kube::Result<Option<Seen<K>>> {
        let api: Api<Seen<K>> = Api::namespaced_with(self.client.clone(), &name.namespace, &());
        api.get_opt(&name.name).await
    }

    /// The stores of the compiler's kinds.
    pub fn by_kind(&self) -> BTreeMap<Kind, Arc<dyn AnyStore>> {
        self.stores.iter().filter_map(|store| Some((store.kind()?, store.clone()))).collect()
    }

    /// How many objects of each kind are held.
    pub fn sizes(&self) -> Vec<(&'static str, usize)> {
        let stores = self.stores.iter().map(|store| (store.kind_name(), store.count()));
        stores.chain([("Secret", self.secrets.count()), ("ConfigMap", self.config_maps.count())]).collect()
    }
}
