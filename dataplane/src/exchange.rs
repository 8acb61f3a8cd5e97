//! One request with its response, from the first look at its head to the last byte: what is counted and
//! logged of it, and what it holds.

mod draft;

use crate::{
    check::{Facts, Head},
    error::{Code, Error},
    headers::{Client, ForwardRules, ensure_request_id, fresh_request_id},
    observe::{Ended, ListenerStats, RouteStats},
    session::Session,
    tables::{ListenerTable, RulePlan},
    upstream::Lease,
};
use draft::Draft;
use http::{HeaderMap, HeaderValue, Request};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::time::Instant;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The response was read to its end.
    Complete,
    /// The upstream's response broke off.
    Incomplete,
    /// The client went away before the end.
    ClientGone,
    /// The client did not take the response.
    Stalled,
}

/// One request with its response.
pub(crate) struct Exchange {
    pub(crate) session: Arc<Session>,
    started: Instant,
    status: u16,
    tunnel: bool,
    settled: bool,
    sent: u64,
    received: Option<Arc<AtomicU64>>,
    lease: Option<Lease>,
    id: Option<HeaderValue>,
    listener: Option<Arc<ListenerStats>>,
    route: Option<Arc<RouteStats>>,
    client: Option<Client>,
    error_headers: Option<Box<HeaderMap>>,
    draft: Option<Box<Draft>>,
}

impl Exchange {
    /// A request's head is there.
    pub(crate) fn begin(session: Arc<Session>) -> Self {
        let started = Instant::now();
        session.worker.tick(started);
        Self {
            session,
            started,
            status: 0,
            tunnel: false,
            settled: false,
            sent: 0,
            received: None,
            lease: None,
            id: None,
            listener: None,
            route: None,
            client: None,
            error_headers: None,
            draft: None,
        }
    }

    /// Notes what the log may want of the request. Only where something is logged.
    pub(crate) fn draft<B>(&mut self, request: &Request<B>) {
        self.draft = Some(Box::new(Draft::new(request)));
    }

    /// The listener is known. One that does not log lets go of the notes.
    pub(crate) fn at(&mut self, listener: &ListenerTable) {
        let worker = self.session.worker.id;
        listener.stats.begin(worker);
        self.listener = Some(listener.stats.clone());
        match (&listener.log, &mut self.draft) {
            (Some(plan), Some(draft)) => draft.at(plan, listener),
            _ => self.draft = None,
        }
    }

    /// Whether the listener is known.
    pub(crate) fn placed(&self) -> bool {
        self.listener.is_some()
    }

    /// The rule is known.
    pub(crate) fn selected(&mut self, plan: &RulePlan, head: &Head, path: &str) {
        self.route.clone_from(&plan.stats);
        if let Some(draft) = &mut self.draft {
            draft.selected(plan, head, path);
        }
    }

    /// The client is known.
    pub(crate) fn client(&mut self, client: Client) {
        self.client = Some(client);
    }

    /// Fields of the request were dropped for underscores in their names.
    pub(crate) fn dropped(&self, fields: usize) {
        if fields > 0 {
            self.session.worker.stats.dropped(self.session.worker.id, fields);
        }
    }

    /// Makes sure that the request has an id.
    pub(crate) fn request_id(&mut self, headers: &mut HeaderMap, facts: Facts, rules: &ForwardRules) {
        self.id = Some(ensure_request_id(headers, facts, rules));
    }

    /// The request's id; a new one if the request failed before it got one.
    pub(crate) fn id(&mut self) -> &HeaderValue {
        self.id.get_or_insert_with(fresh_request_id)
    }

    /// A counter for the bytes of the request's body.
    pub(crate) fn received(&mut self) -> Arc<AtomicU64> {
        self.received.get_or_insert_default().clone()
    }

    /// What an error's answer will say besides.
    pub(crate) fn on_error(&mut self, write: impl FnOnce(&mut HeaderMap)) {
        write(self.error_headers.get_or_insert_default());
    }

    /// The headers of [`Self::on_error`].
    pub(crate) fn error_headers(&mut self) -> HeaderMap {
        self.error_headers.take().map(|headers| *headers).unwrap_or_default()
    }

    /// The request goes upstream now.
    pub(crate) fn forwarding(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.sent = Some(Instant::now());
        }
    }

    /// The response's head came from upstream.
    pub(crate) fn forwarded(&mut self, lease: Lease, retries: u32) {
        if let Some(draft) = &mut self.draft {
            draft.answered(&lease, retries);
        }
        self.lease = Some(lease);
    }

    /// The request failed.
    pub(crate) fn failed(&mut self, error: Error) {
        self.session.worker.stats.error(self.session.worker.id, error.code());
        let client = self.client.as_ref().map_or(self.session.peer.ip, |client| client.ip);
        tracing::debug!(%error, fault = ?error.fault(), %client, "request failed");
        if let Some(draft) = &mut self.draft {
            draft.error = Some(error);
        }
    }

    /// The response's head is there.
    pub(crate) fn status(&mut self, status: u16) {
        self.status = status;
    }

    /// The connection is a tunnel from now on; the exchange ends with it.
    pub(crate) fn becomes_tunnel(&mut self) {
        self.tunnel = true;
        self.session.connection.becomes_tunnel();
    }

    /// Bytes of the response's body were handed on.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// The response is over.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.settle(outcome);
    }

    /// Counts, logs and lets go. A connection whose response was not read to its end is not used again.
    fn settle(&mut self, outcome: Outcome) {
        self.settled = true;
        let stalled = outcome == Outcome::ClientGone && self.session.connection.is_blocked();
        let outcome = if stalled { Outcome::Stalled } else { outcome };
        if outcome == Outcome::Stalled {
            self.session.worker.stats.error(self.session.worker.id, Code::ClientStalled);
        }
        let now = Instant::now();
        let session = &self.session;
        let millis = session.worker.tick(now);
        let duration = now.saturating_duration_since(self.started);
        let received = self.received.as_ref().map_or(0, |bytes| bytes.load(Relaxed));
        if let Some(listener) = &self.listener {
            let ended = Ended {
                status: self.status,
                duration: (!self.tunnel).then_some(duration),
                received,
                sent: self.sent,
                route: self.route.as_deref(),
            };
            listener.end(session.worker.id, &ended);
        }
        if let Some(draft) = self.draft.take() {
            draft.log(
                session,
                draft::Ending {
                    outcome,
                    status: self.status,
                    duration,
                    received,
                    sent: self.sent,
                    id: self.id.as_ref(),
                    client: self.client.as_ref().map_or(&session.peer.text, |client| &client.text),
                },
            );
        }
        if let Some(lease) = self.lease.take()
            && outcome == Outcome::Complete
        {
            lease.complete(now);
        }
        session.connection.request_ends(millis);
    }
}

impl Drop for Exchange {
    /// An exchange that nobody finished: hyper dropped the request because its client went away.
    fn drop(&mut self) {
        if !self.settled {
            self.settle(Outcome::ClientGone);
        }
    }
}
