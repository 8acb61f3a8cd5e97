//! What an access log line will say, collected on the way. It exists only where something is logged.

use super::Outcome;
use crate::{
    check::Head,
    error::{Code, Error},
    observe::{LogPlan, Record},
    session::Session,
    tables::{ListenerTable, RulePlan},
    upstream::Lease,
};
use http::{HeaderValue, Method, Request, Uri, Version, header};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

pub(super) struct Draft {
    method: Method,
    uri: Uri,
    version: Version,
    user_agent: Option<HeaderValue>,
    host: Option<String>,
    path: Option<String>,
    plan: Option<Arc<LogPlan>>,
    listener: Option<(Arc<str>, Arc<str>)>,
    route: Option<(Arc<str>, Arc<str>)>,
    upstream: Option<Arc<str>>,
    waited: Option<Duration>,
    retries: u32,
    pub(super) sent: Option<Instant>,
    pub(super) error: Option<Error>,
}

/// How it came out.
pub(super) struct Ending<'a> {
    pub(super) outcome: Outcome,
    pub(super) status: u16,
    pub(super) duration: Duration,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) id: Option<&'a HeaderValue>,
    pub(super) client: &'a HeaderValue,
}

impl Draft {
    pub(super) fn new<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
            host: None,
            path: None,
            plan: None,
            listener: None,
            route: None,
            upstream: None,
            waited: None,
            retries: 0,
            sent: None,
            error: None,
        }
    }

    pub(super) fn at(&mut self, plan: &Arc<LogPlan>, listener: &ListenerTable) {
        self.plan = Some(plan.clone());
        self.listener = Some((listener.names.listener.clone(), listener.names.gateway.clone()));
    }

    pub(super) fn selected(&mut self, plan: &RulePlan, head: &Head, path: &str) {
        self.route = Some((plan.id.route.clone(), plan.id.rule.clone()));
        self.host = head.host.as_ref().map(|host| host.name().to_owned());
        self.path = Some(path.to_owned());
    }

    pub(super) fn answered(&mut self, lease: &Lease, retries: u32) {
        self.upstream = Some(lease.endpoint.label.clone());
        self.waited = self.sent.map(|sent| sent.elapsed());
        self.retries = retries;
    }

    pub(super) fn log(mut self, session: &Session, ending: Ending<'_>) {
        let Some(plan) = self.plan.take() else { return };
        if !plan.wants(ending.status, fastrand::u32(..)) {
            return;
        }
        if self.error.is_none() {
            self.error = match ending.outcome {
                Outcome::Complete => None,
                Outcome::Incomplete => Some(Error::new(Code::UpstreamIncomplete)),
                Outcome::ClientGone => Some(Error::new(Code::ClientGone)),
                Outcome::Stalled => Some(Error::new(Code::ClientStalled)),
            };
        }
        let own_host = self.uri.host().unwrap_or("");
        let (listener, gateway) =
            self.listener.as_ref().map_or(("", ""), |(listener, gateway)| (&**listener, &**gateway));
        let record = Record {
            time: SystemTime::now(),
            request_id: ending.id.map(HeaderValue::as_bytes),
            client: ending.client.as_bytes(),
            method: self.method.as_str(),
            host: self.host.as_deref().unwrap_or(own_host),
            path: self.path.as_deref().unwrap_or(self.uri.path()),
            query: self.uri.query(),
            protocol: self.version,
            status: ending.status,
            bytes_in: ending.received,
            bytes_out: ending.sent,
            duration: ending.duration,
            upstream: self.upstream.as_ref().map(|upstream| upstream as &dyn std::fmt::Display),
            upstream_duration: self.waited,
            route: self.route.as_ref().map(|(route, _)| &**route),
            rule: self.route.as_ref().map(|(_, rule)| &**rule),
            listener,
            gateway,
            user_agent: self.user_agent.as_ref().map(HeaderValue::as_bytes),
            error: self.error.as_ref(),
            retries: self.retries,
            tls_version: session.tls.as_ref().map(|tls| tls.version),
        };
        session.worker.log.log(session.worker.id, &plan, &record);
    }
}
