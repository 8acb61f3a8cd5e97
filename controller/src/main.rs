//! `corten-controller`: wires the parts of the controller together.

use clap::{Parser, ValueEnum};
use corten_controller::publish::{Listener, Peers, PublishConfig, Publisher, follow};
use std::{collections::BTreeMap, env, io, io::IsTerminal, path::PathBuf};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::EnvFilter;

/// Publishes snapshots to dataplanes over a Unix socket.
///
/// At present it publishes a snapshot that is compiled already: the file that --snapshot names, and each that
/// replaces it. It does not watch a Kubernetes cluster yet; `corten run` compiles and serves a folder of YAML.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The snapshot file to publish and to follow. It may come later, and is replaced by a rename.
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    /// The Unix socket that dataplanes connect to. Its folder is made with mode 700, and must not be open to
    /// others.
    #[arg(long, value_name = "PATH")]
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
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let max = usize::from(arguments.max_snapshot) << 20;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = Listener::bind(&arguments.socket)?;
    let publisher = Publisher::new(PublishConfig { max_frame: max, ..PublishConfig::default() });
    tracing::info!(socket = %arguments.socket.display(), version = env!("CARGO_PKG_VERSION"), "listening");
    tokio::select! {
        () = publisher.serve(&listener) => {}
        () = follow(&arguments.snapshot, max, &publisher) => {}
        () = report(publisher.peers()) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
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

fn start_log(arguments: &Arguments) -> anyhow::Result<()> {
    let environment = env::var("RUST_LOG").ok().filter(|directives| !directives.is_empty());
    let directives = arguments.log_level.clone().or(environment);
    let filter = EnvFilter::builder().parse(directives.as_deref().unwrap_or("info"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match arguments.log_format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
    Ok(())
}
