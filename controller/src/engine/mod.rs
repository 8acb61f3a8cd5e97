//! From what is watched to what is published: the middle of the way of a change.

mod debounce;

pub use debounce::Debounce;

use crate::{metrics::Metrics, publish::Publisher, watch::Cluster};
use corten_compile::{Addresses, Compiler, Inputs, Note, Options, Output, Ports, Statuses};
use corten_snapshot::Snapshot;
use std::sync::Arc;
use tokio::{sync::watch, task, time::Instant};

/// What came out of one compilation.
#[derive(Debug, Default)]
pub struct Pass {
    /// The revision of `snapshot`.
    pub revision: u64,
    /// What the dataplane got.
    pub snapshot: Snapshot,
    /// What objects should show.
    pub statuses: Statuses,
    /// What users should know.
    pub notes: Vec<Note>,
    /// What was compiled.
    pub inputs: Inputs,
}

/// The ports and addresses of Gateways: what is read back from the cluster before each compilation.
pub trait Infrastructure: Send + Sync {
    /// For the Gateways of `inputs`.
    fn read(&self, inputs: &Inputs) -> (Ports, Addresses);
}

/// Compiles and publishes whenever something has changed.
pub struct Engine {
    /// What is watched.
    pub cluster: Arc<Cluster>,
    /// Ports and addresses.
    pub infrastructure: Arc<dyn Infrastructure>,
    /// How to compile, ports and addresses aside.
    pub options: Options,
    /// Where snapshots go.
    pub publisher: Publisher,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Where the rest goes.
    pub passes: watch::Sender<Option<Arc<Pass>>>,
}

impl Engine {
    /// Runs until the future is dropped. Nothing is compiled before every kind has synced.
    pub async fn run(self) {
        let mut changes = self.cluster.signals().compile.subscribe();
        self.cluster.synced().await;
        tracing::info!("every kind has synced");
        let mut compiler = Compiler::default();
        loop {
            changes.mark_unchanged();
            let inputs = self.cluster.inputs(&self.options.controller_name).await;
            compiler = match self.pass(compiler, inputs).await {
                Ok(compiler) => compiler,
                Err(error) => {
                    // The last state stays in effect; the next change is compiled from scratch.
                    tracing::error!(%error, "a compilation has failed");
                    Compiler::default()
                }
            };
            if !Debounce::default().wait(&mut changes).await {
                return;
            }
        }
    }

    async fn pass(&self, compiler: Compiler, inputs: Inputs) -> Result<Compiler, task::JoinError> {
        let (ports, addresses) = self.infrastructure.read(&inputs);
        let options = Options { ports, addresses, ..self.options.clone() };
        let start = Instant::now();
        // Off this thread, which also renews the lease and answers probes.
        let compile = move || {
            let mut compiler = compiler;
            let output = compiler.compile(&inputs, &options);
            (compiler, output, inputs)
        };
        let (compiler, output, inputs) = task::spawn_blocking(compile).await?;
        let Output { snapshot, statuses, notes } = output;
        let hash = snapshot.hash();
        let revision = self.publisher.publish(snapshot.clone());
        self.metrics.compiled(start.elapsed(), revision, hash.short());
        for (kind, count) in self.cluster.sizes() {
            self.metrics.objects(kind, count);
        }
        tracing::debug!(revision, took = ?start.elapsed(), "compiled");
        self.passes.send_replace(Some(Arc::new(Pass { revision, snapshot, statuses, notes, inputs })));
        Ok(compiler)
    }
}
