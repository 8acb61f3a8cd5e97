//! Forwarding: which backend, which endpoint, and how often it is tried.

mod mirror;

pub(crate) use mirror::mirror;

use crate::{
    body::{Guarded, Recording, RequestBody},
    error::{self, Code, Error},
    tables::{RulePlan, Target},
    upstream::{Answer, Cluster, ClusterHandle, ConnectError, Endpoint, Lease, SendFault, send},
    worker::Worker,
};
use corten_snapshot::Retry;
use http::{Request, request::Parts};
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

/// Bytes of a request body that are kept for another try.
const REPLAY_ROOM: usize = 64 * 1024;

/// Without a retry in the rule: how many endpoints are tried that refuse to be connected to. Nothing has
/// been sent to them, so that another one is always safe.
const CONNECT_TRIES: usize = 3;

/// A request on its way to a cluster.
pub(crate) struct Forward<'a> {
    pub(crate) worker: &'a Arc<Worker>,
    pub(crate) plan: &'a RulePlan,
    pub(crate) handle: &'a ClusterHandle,
}

/// The cluster behind a target.
pub(crate) fn resolve(target: &Target) -> Result<(&Arc<ClusterHandle>, Arc<Cluster>), Error> {
    match target {
        Target::Invalid { status, reason } => {
            Err(Error::new(Code::RuleInvalid).status_from(*status).cause(reason.to_string()))
        }
        Target::Cluster(handle) => {
            let cluster = handle.current.load_full();
            let missing = || Error::new(Code::RuleInvalid).cause(format!("{} cannot be used", handle.key));
            Ok((handle, cluster.ok_or_else(missing)?))
        }
    }
}

/// How a request came to its answer.
pub(crate) struct Forwarded {
    pub(crate) answer: Answer,
    /// Tries after the first.
    pub(crate) retries: u32,
}

impl Forward<'_> {
    /// Sends the request, again where that is allowed, within the rule's timeouts.
    pub(crate) async fn run(
        &self,
        cluster: &Cluster,
        head: Parts,
        body: Option<Guarded>,
    ) -> Result<Forwarded, Error> {
        let limit = self.plan.timeouts.request;
        match &self.plan.retry {
            None => within(limit, pin!(self.once(cluster, head, body)), Code::RequestTimeout).await?,
            // Boxed, so that requests without retries do not carry its room.
            Some(retry) => {
                let mut tries = Box::pin(self.often(cluster, retry, head, body));
                within(limit, tries.as_mut(), Code::RequestTimeout).await?
            }
        }
    }

    /// Without retries: another endpoint only if one could not be connected to.
    async fn once(&self, cluster: &Cluster, head: Parts, body: Option<Guarded>) -> Result<Forwarded, Error> {
        let body = body.map_or(RequestBody::Empty, |body| RequestBody::Client(Box::new(body)));
        let mut request = Request::from_parts(head, body);
        let mut last: Option<Arc<Endpoint>> = None;
        let mut retries = 0;
        loop {
            let lease = self.lease(cluster, last.as_ref())?;
            let endpoint = lease.endpoint.clone();
            let sent = pin!(send(cluster, lease, request));
            let failed = match within(self.plan.timeouts.backend_request, sent, Code::BackendTimeout).await? {
                Ok(answer) => {
                    cluster.stats.answered(self.worker.id, answer.response.status().as_u16());
                    return Ok(Forwarded { answer, retries });
                }
                Err(failed) => failed,
            };
            cluster.stats.answered(self.worker.id, 0);
            retries += 1;
            let more = (retries as usize) < CONNECT_TRIES.min(cluster.endpoints.len());
            match failed.unsent {
                Some(unsent) if more => {
                    cluster.stats.retried(self.worker.id);
                    request = unsent;
                }
                _ => return Err(error_of(failed.fault)),
            }
            last = Some(endpoint);
        }
    }

    /// With the rule's retries. The body is kept up to a limit; beyond it there is no other try.
    async fn often(
        &self,
        cluster: &Cluster,
        retry: &Retry,
        head: Parts,
        body: Option<Guarded>,
    ) -> Result<Forwarded, Error> {
        let recording = body.map(|body| Recording::new(body, REPLAY_ROOM));
        let mut last: Option<Arc<Endpoint>> = None;
        for retries in 0..=retry.attempts {
            if retries > 0 {
                cluster.stats.retried(self.worker.id);
                tokio::time::sleep(pause(retry.backoff, retries - 1)).await;
            }
            let body = recording.as_ref().map_or(RequestBody::Empty, |r| RequestBody::Replay(r.view()));
            let lease = self.lease(cluster, last.as_ref())?;
            last = Some(lease.endpoint.clone());
            let sent = pin!(send(cluster, lease, Request::from_parts(head.clone(), body)));
            let outcome = within(self.plan.timeouts.backend_request, sent, Code::BackendTimeout).await;
            let status =
                outcome.as_ref().ok().and_then(|sent| Some(sent.as_ref().ok()?.response.status().as_u16()));
            cluster.stats.answered(self.worker.id, status.unwrap_or(0));
            let again = retries < retry.attempts && recording.as_ref().is_none_or(Recording::replayable);
            let error = match outcome {
                Ok(Ok(answer)) => {
                    if !again || retry.codes.binary_search(&answer.response.status().as_u16()).is_err() {
                        return Ok(Forwarded { answer, retries });
                    }
                    continue;
                }
                Ok(Err(failed)) => error_of(failed.fault),
                Err(timeout) => timeout,
            };
            if !again || error.retry() == error::Retry::Never {
                return Err(error);
            }
        }
        Err(Error::new(Code::Internal).cause("retries ran out without an outcome"))
    }

    fn lease(&self, cluster: &Cluster, not: Option<&Arc<Endpoint>>) -> Result<Lease, Error> {
        let endpoint = self.handle.pick(cluster, self.worker.id, not);
        let endpoint = endpoint.ok_or_else(|| Error::new(Code::NoEndpoints))?;
        Ok(Lease::new(endpoint, self.worker.id, cluster.settings.max_idle_per_endpoint))
    }
}

/// Runs `future` for at most `limit`, if there is one. Borrowed, for each move of a future doubles the room
/// that its callers need.
async fn within<F: Future>(
    limit: Option<Duration>,
    future: Pin<&mut F>,
    code: Code,
) -> Result<F::Output, Error> {
    match limit {
        None => Ok(future.await),
        Some(limit) => tokio::time::timeout(limit, future).await.map_err(|_| Error::new(code)),
    }
}

/// The pause before try `number`, counted from 0: doubles each time, at most 64 times `least`, with up to
/// half as much again at random so that many clients do not come back at once.
fn pause(least: Duration, number: u32) -> Duration {
    let pause = least.saturating_mul(1 << number.min(6));
    pause.saturating_add(pause.mul_f64(fastrand::f64() / 2.0))
}

/// What a failed try means.
fn error_of(fault: SendFault) -> Error {
    match fault {
        SendFault::Connect(error) => {
            let code = match &error {
                ConnectError::TimedOut => Code::ConnectTimeout,
                ConnectError::Resolve(_) => Code::ResolveFailed,
                ConnectError::Tcp(_) => Code::ConnectFailed,
                ConnectError::Tls(_) => Code::UpstreamTls,
                ConnectError::Http(_) => Code::UpstreamProtocol,
            };
            Error::new(code).cause(error.to_string())
        }
        SendFault::Reset(error) => {
            let code = if error.is_parse() { Code::UpstreamProtocol } else { Code::UpstreamReset };
            Error::new(code).cause(error.to_string())
        }
        SendFault::Body(fault) => fault.into(),
        SendFault::Form(error) => Error::new(Code::BadTarget).cause(error.to_string()),
    }
}
