//! Leader election over a Lease. Every replica watches, compiles and serves; the leader alone writes.

mod election;

pub use election::{Election, Step, Times};

use crate::metrics::Metrics;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    jiff::Timestamp,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

/// Which lease, and for whom.
#[derive(Clone, Debug)]
pub struct LeaderConfig {
    /// The namespace of the Lease.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who this replica is: its pod's name. No two replicas may have the same.
    pub identity: String,
    /// Times.
    pub times: Times,
}

/// Takes part in the election.
pub struct Leader {
    api: Api<Lease>,
    config: LeaderConfig,
    election: Election,
    leads: watch::Sender<bool>,
    metrics: Arc<Metrics>,
}

impl Leader {
    /// Takes part as `config` says. The receiver holds whether this replica leads.
    pub fn new(client: Client, config: LeaderConfig, metrics: Arc<Metrics>) -> (Self, watch::Receiver<bool>) {
        let (leads, receiver) = watch::channel(false);
        let election = Election::new(config.identity.clone(), config.times);
        (Self { api: Api::namespaced(client, &config.namespace), config, election, leads, metrics }, receiver)
    }

    /// Runs until the future is dropped.
    pub async fn run(&mut self) {
        loop {
            // An attempt that hangs must not keep a leader from stepping down.
            let attempt = time::timeout(self.config.times.deadline / 2, self.attempt()).await;
            match attempt {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the lease could not be read or written"),
                Err(_) => tracing::warn!("the API server does not answer about the lease"),
            }
            self.tell();
            let pause = self.config.times.retry.mul_f64(0.9 + 0.2 * fastrand::f64());
            time::sleep(pause).await;
            self.tell();
        }
    }

    /// Gives the lease back, so that another replica need not wait for its end.
    pub async fn release(&mut self) {
        let led = *self.leads.borrow();
        self.leads.send_replace(false);
        self.metrics.leader(false);
        if !led {
            return;
        }
        let release = async {
            let Some(lease) = self.api.get_opt(&self.config.name).await? else { return Ok(()) };
            let spec = lease.spec.clone().unwrap_or_default();
            let Some(spec) = self.election.release(&spec, Timestamp::now()) else { return Ok(()) };
            self.write(Some(lease.metadata), spec).await.map(drop)
        };
        match time::timeout(Duration::from_secs(3), release).await {
            Ok(Ok(())) => tracing::info!("gave the lease back"),
            Ok(Err(error)) => tracing::warn!(%error, "the lease could not be given back"),
            Err(_) => tracing::warn!("the API server does not answer; the lease runs out by itself"),
        }
    }

    async fn attempt(&mut self) -> kube::Result<()> {
        let lease = self.api.get_opt(&self.config.name).await?;
        let (now, wall) = (Instant::now(), Timestamp::now());
        let spec = lease.as_ref().map(|lease| lease.spec.clone().unwrap_or_default());
        let written = match self.election.step(spec.as_ref(), now, wall) {
            Step::Wait => return Ok(()),
            Step::Create(spec) => self.write(None, spec).await?,
            Step::Write(spec) => self.write(lease.map(|lease| lease.metadata), spec).await?,
        };
        // From before the write: the deadline must not begin later than the lease does.
        self.election.wrote(written, now);
        Ok(())
    }

    /// Whether it was written; `false` if another was first.
    async fn write(&self, old: Option<ObjectMeta>, spec: LeaseSpec) -> kube::Result<bool> {
        let (new, meta) = match old {
            Some(meta) => (false, ObjectMeta { managed_fields: None, ..meta }),
            None => (true, ObjectMeta { name: Some(self.config.name.clone()), ..ObjectMeta::default() }),
        };
        let lease = Lease { metadata: meta, spec: Some(spec) };
        let params = PostParams::default();
        let result = if new {
            self.api.create(&params, &lease).await
        } else {
            self.api.replace(&self.config.name, &params, &lease).await
        };
        match result {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn tell(&self) {
        let leads = self.election.leads(Instant::now());
        let changed = self.leads.send_if_modified(|told| std::mem::replace(told, leads) != leads);
        if changed {
            self.metrics.leader(leads);
            tracing::info!(leads, identity = self.config.identity, "leader election");
        }
    }
}
