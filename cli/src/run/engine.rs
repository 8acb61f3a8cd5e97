//! From files to the dataplane.

use super::{
    Arguments, rejected,
    report::Reporter,
    summary::Summary,
    watch::{Changes, Watcher},
};
use crate::{
    compiled,
    diagnostic::Diagnostic,
    load::{
        Loader,
        inventory::Change,
        paths::{Found, plain},
    },
};
use corten_compile::{Compiler, Options};
use corten_dataplane::{
    Handle,
    source::{Ack, MemoryPublisher, memory},
};
use corten_snapshot::Snapshot;
use std::{net::SocketAddr, num::NonZeroUsize, thread, time::Duration};
use tokio::time::Instant;

/// A running dataplane and the files that it follows.
pub struct Engine {
    loader: Loader,
    options: Options,
    compiler: Compiler,
    publisher: MemoryPublisher,
    handle: Handle,
    /// What is wrong with the objects that are in force.
    diagnostics: Vec<Diagnostic>,
}

/// What one reload did.
#[derive(Debug)]
pub struct Round {
    /// The objects that differ.
    pub change: Change,
    /// The state that is in force.
    pub revision: u64,
    /// From the first look at the files until it was in force.
    pub took: Duration,
}

impl Engine {
    /// Reads the files, starts the dataplane and puts in force what can be.
    ///
    /// # Errors
    /// What keeps it from starting, for people.
    pub async fn start(
        arguments: &Arguments,
        admin: Option<SocketAddr>,
        watcher: &mut Watcher,
        reporter: &mut Reporter,
    ) -> Result<(Self, Summary), String> {
        let started = Instant::now();
        let mut loader = Loader::new(arguments.paths.clone(), None);
        read(&mut loader, Changes::Anything, watcher, reporter);
        let threads = arguments.threads.or_else(|| thread::available_parallelism().ok());
        let dataplane = corten_dataplane::Options {
            bind: arguments.bind,
            admin,
            threads: threads.unwrap_or(NonZeroUsize::MIN),
        };
        let (publisher, source) = memory();
        let handle = corten_dataplane::start(&dataplane, Box::new(source))
            .map_err(|error| format!("the dataplane does not start: {}", plain(&error)))?;
        // Nobody is shown statuses.
        let options = Options { statuses: false, ..compiled::options(&arguments.port_map, arguments.bind) };
        let mut engine = Self {
            loader,
            options,
            compiler: Compiler::default(),
            publisher,
            handle,
            diagnostics: Vec::new(),
        };
        let (snapshot, _) = engine.put_in_force().await?;
        reporter.problems(engine.loader.diagnostics().iter().chain(&engine.diagnostics), &engine.loader);
        let status = engine.handle.status();
        let summary = Summary::of(&snapshot, &status, &engine.loader, started.elapsed());
        Ok((engine, Summary { admin, ..summary }))
    }

    /// Takes changed files to the dataplane.
    ///
    /// # Errors
    /// When the dataplane is gone.
    pub async fn reload(
        &mut self,
        changes: Changes,
        watcher: &mut Watcher,
        reporter: &mut Reporter,
    ) -> Result<(), String> {
        let started = Instant::now();
        let change = read(&mut self.loader, changes, watcher, reporter);
        if change.is_empty() {
            // Perhaps a mistake has come or gone that leaves all objects as they were.
            reporter.problems(self.loader.diagnostics().iter().chain(&self.diagnostics), &self.loader);
            return Ok(());
        }
        let (_, ack) = self.put_in_force().await?;
        reporter.reloaded(&Round { change, revision: ack.revision, took: started.elapsed() });
        reporter.problems(self.loader.diagnostics().iter().chain(&self.diagnostics), &self.loader);
        Ok(())
    }

    /// A look at all files, to be taken somewhere else: with thousands of files it takes longer than to follow a change.
    pub fn look(&self) -> impl FnOnce() -> Found + Send + 'static {
        self.loader.walk()
    }

    /// Compiles and publishes.
    async fn put_in_force(&mut self) -> Result<(Snapshot, Ack), String> {
        let output = self.compiler.compile(&self.loader.inventory().inputs(), &self.options);
        let published = self.publisher.publish(output.snapshot.clone()).await;
        let ack = published.map_err(|_| "the dataplane has ended".to_owned())?;
        self.diagnostics = compiled::diagnostics(&output, &self.loader);
        self.diagnostics.extend(rejected::diagnostics(&ack.rejected, &self.loader));
        Ok((output.snapshot, ack))
    }

    /// Ends politely; returns how many connections were cut.
    pub async fn drain(self) -> usize {
        self.handle.drain().await
    }
}

/// Reads what has changed, and follows the folders that there are now.
fn read(loader: &mut Loader, changes: Changes, watcher: &mut Watcher, reporter: &Reporter) -> Change {
    let alone = match &changes {
        Changes::Files(files) => loader.reload(files),
        _ => None,
    };
    let mut change = match (alone, changes) {
        (Some(change), _) => return change,
        (None, Changes::Found(found)) => loader.take(found),
        (None, _) => loader.load(),
    };
    // A folder that was not watched yet may have changed since it was read. Each round goes one level deeper
    // at least, and somebody who makes folders faster than this is noticed by the next event.
    for _ in 0..8 {
        let (new, errors) = watcher.follow(loader.folders());
        for error in errors {
            reporter.warning(&format!("cannot be watched, so changes are noticed late: {error}"));
        }
        if !new {
            break;
        }
        change.extend(loader.load());
    }
    change
}
