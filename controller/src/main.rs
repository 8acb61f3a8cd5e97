//! `corten-controller`: wires the parts of the controller together.

use clap::{Args, Parser, ValueEnum};
use corten_controller::{
    expose::ExposeConfig,
    kubernetes::{self, KubernetesConfig},
    leader::{LeaderConfig, Times},
    publish::{Listener, Peers, PublishConfig, Publisher, follow},
    watch::WatchConfig,
};
use std::{
    collections::BTreeMap, env, io, io::IsTerminal, net::SocketAddr, ops::RangeInclusive, path::PathBuf,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::EnvFilter;

/// Watches a Kubernetes cluster, and publishes what it compiles to dataplanes over a Unix socket.
///
/// The cluster is that of the pod's service account, or of the kubeconfig. Every replica watches, compiles and
/// publishes; one of them, which a Lease elects, writes statuses and Services.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Publish this snapshot file, and each that replaces it by a rename, in place of a cluster. It may come later.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    kubernetes: Kubernetes,
    /// The Unix socket that dataplanes connect to. Its folder is made with mode 700, and must not be open to
    /// others.
    #[arg(long, value_name = "PATH", env = "CORTEN_SOCKET")]
    socket: PathBuf,
    /// The longest frame and the largest file, in MiB.
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u16).range(1..4096))]
    max_snapshot: u16,
    /// What is logged: error, warn, info, debug, trace, or directives such as `info,corten_controller=debug`
    /// [env: RUST_LOG]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How the log is written, to standard error.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// Options of the cluster.
#[derive(Debug, Args)]
#[command(next_help_heading = "Kubernetes")]
struct Kubernetes {
    /// The controllerName of the GatewayClasses that are served.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "corten.dev/gateway-controller",
        env = "CORTEN_CONTROLLER_NAME"
    )]
    controller_name: String,
    /// The namespaces whose objects are read, with commas between them. Default: all.
    #[arg(long, value_name = "A,B", value_delimiter = ',', env = "CORTEN_NAMESPACES")]
    namespaces: Vec<String>,
    /// The domain of the cluster's Services.
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local", env = "CORTEN_CLUSTER_DOMAIN")]
    cluster_domain: String,
    /// The name of this pod: the holder of the Lease.
    #[arg(long, value_name = "NAME", default_value = "corten", env = "POD_NAME")]
    pod_name: String,
    /// The namespace of this pod and of the Lease.
    #[arg(long, value_name = "NAME", default_value = "corten-system", env = "POD_NAMESPACE")]
    pod_namespace: String,
    /// The label selector of the gateway pods, which are in the namespace of this pod.
    #[arg(
        long,
        value_name = "SELECTOR",
        default_value = "app.kubernetes.io/name=corten",
        env = "CORTEN_GATEWAY_PODS"
    )]
    gateway_pods: String,
    /// The ports of the gateway pods that are given to Gateways, one for each port of each.
    #[arg(long, value_name = "FIRST-LAST", default_value = "20000-29999", env = "CORTEN_PORT_RANGE", value_parser = port_range)]
    port_range: RangeInclusive<u16>,
    /// The name of the Lease by which the replicas elect who writes. One for each installation.
    #[arg(long, value_name = "NAME", default_value = "corten-controller", env = "CORTEN_LEASE")]
    lease: String,
    /// Where /healthz, /readyz and /metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9902", env = "CORTEN_CONTROLLER_ADMIN")]
    admin: SocketAddr,
}

impl Kubernetes {
    fn config(&self) -> KubernetesConfig {
        KubernetesConfig {
            controller_name: self.controller_name.clone(),
            cluster_domain: self.cluster_domain.clone(),
            watch: WatchConfig {
                namespaces: self.namespaces.iter().filter(|name| !name.is_empty()).cloned().collect(),
            },
            expose: ExposeConfig {
                controller_name: self.controller_name.clone(),
                ports: self.port_range.clone(),
                pod_namespace: self.pod_namespace.clone(),
                pod_selector: self.gateway_pods.clone(),
            },
            leader: LeaderConfig {
                namespace: self.pod_namespace.clone(),
                name: self.lease.clone(),
                identity: self.pod_name.clone(),
                times: Times::default(),
            },
            admin: self.admin,
        }
    }
}

/// Reads `FIRST-LAST`. Ports below 1024 would need a capability.
fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').ok_or("write FIRST-LAST, such as 20000-29999")?;
    let port = |text: &str| text.parse::<u16>().map_err(|error| format!("`{text}`: {error}"));
    let (first, last) = (port(first)?, port(last)?);
    if first < 1024 || first > last {
        return Err("the first port must be at least 1024 and at most the last".to_owned());
    }
    Ok(first..=last)
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// A line of text.
    Text,
    /// A JSON object a line.
    Json,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    start_log(&arguments)?;
    // Nothing else has chosen one; a second choice would be the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let max = usize::from(arguments.max_snapshot) << 20;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = Listener::bind(&arguments.socket)?;
    let publisher = Publisher::new(PublishConfig { max_frame: max, ..PublishConfig::default() });
    tracing::info!(socket = %arguments.socket.display(), version = env!("CARGO_PKG_VERSION"), "listening");
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::select! {
        () = publisher.serve(&listener) => {}
        () = report(publisher.peers()) => {}
        done = work(arguments, max, &publisher, stop) => done?,
    }
    tracing::info!("stopping");
    Ok(())
}

/// Publishes from a file or a cluster until `stop` ends.
async fn work(
    arguments: &Arguments,
    max: usize,
    publisher: &Publisher,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let Some(snapshot) = &arguments.snapshot else {
        return kubernetes::run(arguments.kubernetes.config(), publisher.clone(), stop).await;
    };
    tokio::select! {
        () = follow(snapshot, max, publisher) => {}
        () = stop => {}
    }
    Ok(())
}

/// Logs what the dataplanes make of each state.
async fn report(mut peers: watch::Receiver<Peers>) {
    let mut told = BTreeMap::new();
    loop {
        let now = peers.borrow_and_update().clone();
        for (connection, peer) in now.iter().filter(|(_, peer)| peer.revision > 0) {
            if told.get(&connection) == Some(peer) {
                continue;
            }
            let (revision, hash, rejected) = (peer.revision, peer.hash, peer.rejected.len());
            tracing::info!(pid = peer.pid, revision, %hash, rejected, "acknowledged");
            for part in &peer.rejected {
                tracing::warn!(pid = peer.pid, revision, part = %part.key, reason = part.reason, "rejected");
            }
        }
        told = now.iter().map(|(connection, peer)| (connection, peer.clone())).collect();
        if peers.changed().await.is_err() {
            return;
        }
    }
}

/// The client warns of answers that are none of its errors, such as that for a kind that is not installed.
const DEFAULT_LOG: &str = "info,kube_client::client=error";

fn start_log(arguments: &Arguments) -> anyhow::Result<()> {
    let environment = env::var("RUST_LOG").ok().filter(|directives| !directives.is_empty());
    let directives = arguments.log_level.clone().or(environment);
    let filter = EnvFilter::builder().parse(directives.as_deref().unwrap_or(DEFAULT_LOG))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match arguments.log_format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
    Ok(())
}
