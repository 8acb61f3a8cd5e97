//! One watch: of one kind, in one scope, for as long as the process lives.

use super::store::{Scope, Sink};
use crate::metrics::Metrics;
use futures_util::{Stream, TryStreamExt};
use kube::{
    Api,
    api::ListParams,
    runtime::{WatchStreamExt, utils::Backoff, watcher},
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, pin::pin, sync::Arc, time::Duration};
use tokio::{sync::watch, time};

/// What a watch needs beside its stream.
#[derive(Clone)]
pub(super) struct Context {
    /// What the kind is called in logs and metrics.
    pub(super) kind: &'static str,
    /// The namespace, or all.
    pub(super) scope: Scope,
    /// Counts up when a CRD comes, changes or goes.
    pub(super) crds: watch::Receiver<u64>,
    /// Counts events and errors.
    pub(super) metrics: Arc<Metrics>,
}

/// Why a stream is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The API server does not know the kind (or this version of it).
    Absent,
    /// It does not send lists as streams.
    NoStreamingLists,
}

/// Where a kind is read from.
pub(super) trait Source<T> {
    /// Opens a stream of it.
    fn open(&self, config: watcher::Config) -> impl Stream<Item = watcher::Result<watcher::Event<T>>>;
    /// Whether the API server says that it does not know the kind. Asked when a stream fails, because for a group that it
    /// does not know it sends no Status there.
    fn absent(&self) -> impl Future<Output = bool>;
}

impl<T> Source<T> for Api<T>
where
    T: kube::Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    fn open(&self, config: watcher::Config) -> impl Stream<Item = watcher::Result<watcher::Event<T>>> {
        watcher::watcher(self.clone(), config)
    }

    async fn absent(&self) -> bool {
        let list = self.list_metadata(&ListParams::default().limit(1)).await;
        matches!(list, Err(kube::Error::Api(status)) if status.code == 404)
    }
}

/// Follows a kind into `sink`.
pub(super) async fn follow<T>(
    mut context: Context,
    config: watcher::Config,
    source: impl Source<T>,
    sink: Arc<dyn Sink<T>>,
) {
    let mut config = config.streaming_lists();
    let mut pause = Pause::default();
    loop {
        context.crds.mark_unchanged();
        match stream(&context, (&source, config.clone()), &*sink, &mut pause).await {
            Ended::NoStreamingLists => {
                config.initial_list_strategy = watcher::InitialListStrategy::ListWatch;
            }
            Ended::Absent => {
                tracing::debug!(kind = context.kind, "not installed");
                sink.absent(&context.scope);
                wait(&mut context.crds, &mut pause).await;
            }
        }
    }
}

/// Waits until it may be worth to ask again: a CRD has changed, or time has passed. A new CRD takes a moment until it
/// is served, so the first pauses after a change are short.
async fn wait(crds: &mut watch::Receiver<u64>, pause: &mut Pause) {
    tokio::select! {
        Ok(()) = crds.changed() => pause.reset(),
        () = time::sleep(pause.next_up_to(ABSENT)) => {}
    }
}

async fn stream<T>(
    context: &Context,
    (source, config): (&impl Source<T>, watcher::Config),
    sink: &dyn Sink<T>,
    pause: &mut Pause,
) -> Ended {
    let mut events = pin!(source.open(config).backoff(Pause::default()));
    let mut listed = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => {
                pause.reset();
                context.metrics.watch_event(context.kind);
                match event {
                    watcher::Event::Init => listed.clear(),
                    watcher::Event::InitApply(object) => listed.push(object),
                    watcher::Event::InitDone => sink.replace(&context.scope, std::mem::take(&mut listed)),
                    watcher::Event::Apply(object) => sink.apply(object),
                    watcher::Event::Delete(object) => sink.remove(object),
                }
            }
            // A watcher does not end.
            Ok(None) => return Ended::NoStreamingLists,
            Err(error) => match ended(&error) {
                Some(ended) => return ended,
                None if source.absent().await => return Ended::Absent,
                None => {
                    context.metrics.watch_error(context.kind);
                    let scope = context.scope.as_deref().unwrap_or("all namespaces");
                    tracing::warn!(kind = context.kind, scope, %error, "the watch has failed and is tried again");
                }
            },
        }
    }
}

fn ended(error: &watcher::Error) -> Option<Ended> {
    let (watcher::Error::InitialListFailed(kube::Error::Api(status))
    | watcher::Error::WatchStartFailed(kube::Error::Api(status))
    | watcher::Error::WatchFailed(kube::Error::Api(status))) = error
    else {
        return None;
    };
    match (status.code, error) {
        (404, _) => Some(Ended::Absent),
        // `sendInitialEvents` is forbidden where the feature is off.
        (400 | 422, watcher::Error::WatchStartFailed(_)) => Some(Ended::NoStreamingLists),
        _ => None,
    }
}

/// The longest pause after failures.
const FAILED: Duration = Duration::from_secs(5);
/// The longest pause while a kind is not installed: a change of a CRD ends it.
const ABSENT: Duration = Duration::from_secs(60);

/// Pauses between attempts: 200 ms, doubling up to a limit, each 20 % more or less, so that replicas do not march in step.
#[derive(Debug, Default)]
struct Pause {
    attempts: u32,
}

impl Pause {
    fn reset(&mut self) {
        self.attempts = 0;
    }

    fn next_up_to(&mut self, limit: Duration) -> Duration {
        let base = Duration::from_millis(200).saturating_mul(1 << self.attempts.min(9));
        self.attempts = self.attempts.saturating_add(1);
        base.min(limit).mul_f64(0.8 + 0.4 * fastrand::f64())
    }
}

impl Iterator for Pause {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_up_to(FAILED))
    }
}

impl Backoff for Pause {
    fn reset(&mut self) {
        Self::reset(self);
    }
}

#[cfg(test)]
mod tests;
