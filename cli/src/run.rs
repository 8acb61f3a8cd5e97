//! `corten run`: serves what a folder of YAML says, and follows its changes.
//!
//! `engine` takes files to the dataplane, `watch` notices changes, `report` tells people, and [`run`] puts them
//! together. Nothing here stands in the way of a request.

pub mod engine;
pub mod rejected;
pub mod report;
pub mod signals;
pub mod summary;
pub mod watch;

use crate::{
    compiled::PortPair,
    exit::Exit,
    load::paths::{Found, plain},
    logging::Logging,
};
use clap::Args;
use engine::Engine;
use report::Reporter;
use signals::{Signal, Signals};
use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    num::NonZeroUsize,
    path::PathBuf,
    time::Duration,
};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep_until},
};
use watch::{Changes, Watcher};

/// How often files are looked at although nothing has been noticed.
const POLL: Duration = Duration::from_secs(5);
/// The same where files cannot be watched.
const POLL_UNWATCHED: Duration = Duration::from_secs(1);
/// Such a look takes at most this part of the time: very many files are looked at less often, ...
const POLL_SHARE: u32 = 200;
/// ... but still this often.
const POLL_LONGEST: Duration = Duration::from_secs(60);

/// Arguments of `corten run`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Files and folders of Kubernetes YAML; folders are read with all that is below them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Bind other ports than the listeners declare, such as 80=8080,443=8443
    #[arg(long, value_name = "LISTENER=BOUND", value_delimiter = ',')]
    pub port_map: Vec<PortPair>,
    /// Address to listen on
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDR")]
    pub bind: IpAddr,
    /// Address of metrics, readiness and /snapshot
    #[arg(long, default_value = "127.0.0.1:9901", value_name = "ADDR:PORT")]
    pub admin: SocketAddr,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Logs.
    #[command(flatten)]
    pub logging: Logging,
}

/// Runs until a signal says otherwise.
pub fn run(arguments: &Arguments) -> Exit {
    arguments.logging.start();
    let reporter = Reporter::new(arguments.logging.log_format);
    if let Some(missing) = arguments.paths.iter().find(|path| !path.exists()) {
        reporter.failure(&format!("{}: no such file or folder", missing.display()));
        return Exit::Usage;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            reporter.failure(&format!("the system gives no event loop: {}", plain(&error)));
            return Exit::Failure;
        }
    };
    runtime.block_on(serve(arguments, reporter, |_| {}))
}

/// Serves until a signal; `ready` is called once traffic is served, with the addresses.
pub async fn serve(
    arguments: &Arguments,
    mut reporter: Reporter,
    ready: impl FnOnce(&summary::Summary),
) -> Exit {
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            reporter.failure(&format!("signals cannot be received: {}", plain(&error)));
            return Exit::Failure;
        }
    };
    let (mut watcher, error) = Watcher::new();
    if let Some(error) = error {
        reporter.warning(&format!("files cannot be watched ({error}); looking at them every second"));
    }
    let admin = free_admin(arguments.admin, &reporter);
    let started = Engine::start(arguments, admin, &mut watcher, &mut reporter).await;
    let (engine, summary) = match started {
        Ok(started) => started,
        Err(message) => {
            reporter.failure(&message);
            return Exit::Failure;
        }
    };
    reporter.started(&summary, &arguments.paths);
    if summary.serves_nothing() {
        reporter.failure("no listener could be opened, so there is nothing to serve");
        return Exit::Failure;
    }
    ready(&summary);
    follow(engine, watcher, signals, reporter).await
}

/// The admin address if it can be had.
fn free_admin(admin: SocketAddr, reporter: &Reporter) -> Option<SocketAddr> {
    match TcpListener::bind(admin) {
        Ok(_) => Some(admin),
        Err(error) => {
            let reason = plain(&error);
            reporter.warning(&format!(
                "no admin server: {admin}: {reason} — choose another address with --admin"
            ));
            None
        }
    }
}

/// A look at all files, taken beside everything else.
struct Look {
    began: Instant,
    task: JoinHandle<Found>,
    /// Whether a change was followed meanwhile, so that it may have seen files as they were before.
    overtaken: bool,
}

/// What the look has found. `None`: it failed.
async fn finished(look: &mut Option<Look>) -> Option<Found> {
    (&mut look.as_mut()?.task).await.ok()
}

async fn follow(
    mut engine: Engine,
    mut watcher: Watcher,
    mut signals: Signals,
    mut reporter: Reporter,
) -> Exit {
    let pause = if watcher.is_active() { POLL } else { POLL_UNWATCHED };
    let mut poll = Instant::now() + pause;
    let mut look: Option<Look> = None;
    loop {
        let changes = tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => Changes::Anything,
                Signal::Stop => break,
            },
            changes = watcher.next() => changes,
            found = finished(&mut look), if look.is_some() => {
                let Some(Look { began, overtaken, .. }) = look.take() else { continue };
                poll = Instant::now() + (began.elapsed() * POLL_SHARE).clamp(pause, POLL_LONGEST.max(pause));
                match found {
                    Some(found) if !overtaken => Changes::Found(found),
                    _ => continue,
                }
            }
            () = sleep_until(poll), if look.is_none() && !watcher.is_pending() => {
                let (began, task) = (Instant::now(), spawn_blocking(engine.look()));
                look = Some(Look { began, task, overtaken: false });
                continue;
            }
        };
        if let Some(look) = &mut look {
            look.overtaken = true;
        }
        if let Err(message) = engine.reload(changes, &mut watcher, &mut reporter).await {
            reporter.failure(&message);
            return Exit::Failure;
        }
    }
    reporter.note("stopping: requests in flight may end; a second signal cuts them");
    tokio::select! {
        cut = engine.drain() => {
            reporter.stopped(cut);
            Exit::Success
        }
        () = signals.stop() => {
            reporter.warning("second signal: open connections are cut");
            Exit::Failure
        }
    }
}
