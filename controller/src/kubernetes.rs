//! The controller of a cluster: wires watching, compiling, publishing, the election and the writers together.

use crate::{
    admin::{self, View},
    client,
    engine::Engine,
    events::EventWriter,
    expose::{ExposeConfig, ExposeWriter, Exposed, ReadBack},
    leader::{Leader, LeaderConfig},
    metrics::Metrics,
    publish::Publisher,
    status::{Sources, StatusWriter},
    watch::{Cluster, Starter, WatchConfig},
};
use anyhow::Context as _;
use corten_compile::{Kind, Options};
use std::{future::Future, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch};

/// What the controller of a cluster is told.
#[derive(Clone, Debug)]
pub struct KubernetesConfig {
    /// `spec.controllerName` of its GatewayClasses.
    pub controller_name: String,
    /// The domain of the cluster's Services.
    pub cluster_domain: String,
    /// What is watched.
    pub watch: WatchConfig,
    /// How Gateways are exposed.
    pub expose: ExposeConfig,
    /// The election.
    pub leader: LeaderConfig,
    /// Where `/healthz`, `/readyz` and `/metrics` are.
    pub admin: SocketAddr,
}

/// Runs until `stop` ends, and then gives the lease back.
///
/// # Errors
/// If the configuration of the client cannot be found, or the admin address is taken. An API server that is away is no
/// error: it is waited for.
pub async fn run(
    config: KubernetesConfig,
    publisher: Publisher,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let client =
        client::connect().await.context("no Kubernetes cluster: neither in a pod nor a kubeconfig")?;
    let admin = TcpListener::bind(config.admin)
        .await
        .with_context(|| format!("cannot listen on {}", config.admin))?;
    tracing::info!(address = %admin.local_addr()?, "admin server");
    let metrics = Arc::new(Metrics::default());
    let expose = |starter: &mut Starter| Exposed::start(config.expose.clone(), starter);
    let (cluster, exposed) = Cluster::start(client.clone(), &config.watch, metrics.clone(), expose);
    let (cluster, exposed) = (Arc::new(cluster), Arc::new(exposed));
    let stores = cluster.by_kind();
    let gateways = stores.get(&Kind::Gateway).cloned().context("Gateways are watched")?;
    let (mut leader, leads) = Leader::new(client.clone(), config.leader.clone(), metrics.clone());
    let passes = watch::Sender::new(None);
    let sources = Sources {
        passes: passes.subscribe(),
        peers: publisher.peers(),
        shown: cluster.signals().shown.clone(),
        leads: leads.clone(),
        stores: stores.clone(),
    };
    let reporter = (config.controller_name.clone(), config.leader.identity.clone());
    let events = EventWriter::new(
        client.clone(),
        reporter,
        passes.subscribe(),
        leads.clone(),
        stores.clone(),
        metrics.clone(),
    );
    let read_back = ReadBack { exposed: exposed.clone(), gateways: gateways.clone() };
    let services =
        ExposeWriter::new(client.clone(), exposed, gateways, passes.subscribe(), leads, metrics.clone());
    let statuses =
        StatusWriter::new(client.clone(), config.controller_name.clone(), metrics.clone(), sources);
    let engine = Engine {
        cluster: cluster.clone(),
        infrastructure: Arc::new(read_back),
        options: Options {
            controller_name: config.controller_name.clone(),
            cluster_domain: config.cluster_domain.clone(),
            ..Options::default()
        },
        publisher,
        metrics: metrics.clone(),
        passes,
    };
    tokio::select! {
        () = admin::serve(admin, metrics, Arc::new(Synced(cluster))) => {}
        () = engine.run() => {}
        () = statuses.run() => {}
        () = services.run() => {}
        () = events.run() => {}
        () = leader.run() => {}
        () = stop => {}
    }
    leader.release().await;
    Ok(())
}

struct Synced(Arc<Cluster>);

impl View for Synced {
    fn waits_for(&self) -> Vec<String> {
        self.0.unsynced().into_iter().map(|kind| format!("{kind} has not been read yet")).collect()
    }
}
