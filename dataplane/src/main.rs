//! `corten-dataplane`: serves traffic by the snapshots that a controller in the same pod sends.

use anyhow::Context as _;
use clap::Parser;
use corten_dataplane::{
    Options,
    observe::LogArguments,
    source::{FileSource, Held, LastGood, SnapshotSource, SocketConfig, SocketSource, WRITE_INTERVAL},
    start,
};
use corten_snapshot::frame::MAX_FRAME;
use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Serves traffic by the snapshots that a controller sends.
///
/// Exit codes: 0 after SIGTERM or SIGINT and a drain, 1 when it cannot start, 2 for wrong arguments. A second
/// signal ends it at once.
#[derive(Debug, Parser)]
#[command(version, name = "corten-dataplane")]
struct Arguments {
    /// Unix socket of the controller
    #[arg(long, value_name = "PATH", required_unless_present = "snapshot", conflicts_with = "snapshot")]
    socket: Option<PathBuf>,
    /// Follow a snapshot file instead of a controller
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Keep the last good snapshot in this file, and start from it
    #[arg(long, value_name = "FILE")]
    last_good: Option<PathBuf>,
    /// Address for listeners that name none
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0")]
    bind: IpAddr,
    /// Address of /metrics, /healthz, /readyz, and of /snapshot for those who come from loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9901")]
    admin: SocketAddr,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    log: LogArguments,
}

impl Arguments {
    fn source(&self) -> anyhow::Result<Box<dyn SnapshotSource>> {
        let connect = |held: Held| -> Box<dyn SnapshotSource> {
            match (&self.socket, &self.snapshot) {
                (Some(path), _) => Box::new(SocketSource::new(SocketConfig::new(path), held)),
                (None, path) => Box::new(FileSource::new(path.as_deref().unwrap_or("".as_ref()), MAX_FRAME)),
            }
        };
        let Some(path) = &self.last_good else { return Ok(connect(Held::default())) };
        let source = LastGood::around(path, MAX_FRAME, WRITE_INTERVAL, connect);
        Ok(Box::new(source.context("cannot keep the last good snapshot")?))
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    arguments.log.init().map_err(anyhow::Error::from_boxed)?;
    let defaults = Options::new();
    let threads = arguments.threads.unwrap_or(defaults.threads);
    let options = Options { bind: arguments.bind, admin: Some(arguments.admin), threads };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let dataplane = start(&options, arguments.source()?).context("cannot start the dataplane")?;
        tracing::info!(admin = ?dataplane.admin(), threads = threads.get(), "started");
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("draining");
        tokio::select! {
            cut = dataplane.drain() => tracing::info!(cut, "drained"),
            _ = terminate.recv() => tracing::warn!("ended by a second signal"),
            _ = interrupt.recv() => tracing::warn!("ended by a second signal"),
        }
        Ok(())
    })
}
