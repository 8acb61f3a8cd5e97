//! The way of a request, top to bottom.
//!
//! | phase | what happens | where |
//! |---|---|---|
//! | 1 | the head is checked, listener and route are found, hop-by-hop fields end here | `check`, `select`, `headers` |
//! | 2 | CORS, before authentication, so that preflight works | `filter/cors` |
//! | 3–5 | authentication, authorization, rate limits | later policies |
//! | 6 | a redirect answers; else headers are edited, host and path rewritten | `filter`, `outgoing` |
//! | 7 | cache look-up | later policy |
//! | 8 | a backend, an endpoint, a connection, tries | `forward`, `upstream` |
//! | 9–11 | the response's headers are edited | `filter` |
//! | 12 | counted and logged when the body ends | `exchange` |
//!
//! A stage that a rule does not use costs one bit test.

mod outgoing;
mod respond;
mod select;
mod service;

pub(crate) use service::Service;

use crate::{
    check::{self, Facts},
    error::{Code, Error},
    exchange::Exchange,
    filter::Stage,
    forward::{Forward, Forwarded, resolve},
    headers,
    tables::{Action, BackendPlan, BindTable, RulePlan},
    upstream::address,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, response};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use respond::asterisk;
use std::sync::Arc;

/// What a request is answered with.
enum Answered {
    /// By the gateway itself.
    Here(Response<Bytes>),
    /// By an upstream; its hold is in the exchange.
    Upstream(Response<Incoming>),
    /// By an upstream that switches protocols.
    Switched { head: response::Parts, client: OnUpgrade, upstream: OnUpgrade },
}

async fn answer(
    bind: Option<&Arc<BindTable>>,
    exchange: &mut Exchange,
    mut request: Request<Incoming>,
) -> Result<Answered, Error> {
    let session = exchange.session.clone();

    // 1
    let bind = bind.ok_or(Code::NoRoute)?;
    let head = check::head(&request, &bind.connection.limits)?;
    if head.facts.contains(Facts::TRANSFER_ENCODING) && session.connection.is_ambiguous() {
        return Err(Code::BadFraming.into());
    }
    if head.asterisk {
        return Ok(asterisk());
    }
    let upgrade = head.facts.contains(Facts::UPGRADE_ASKED).then(|| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    let selected = select::select(exchange, bind, &parts, &uri, &head)?;
    let (listener, plan) = (selected.listener, selected.plan);
    exchange.selected(plan, &head, &selected.path);
    let client = headers::resolve(&session.peer, &listener.forward, &parts.headers, head.facts);
    exchange.dropped(headers::strip_request(&mut parts.headers, head.facts));
    headers::vouch(
        &mut parts.headers,
        head.facts,
        &session.peer,
        &listener.forward,
        &client,
        head.host.as_ref(),
    );
    exchange.request_id(&mut parts.headers, head.facts, &listener.forward);
    exchange.client(client);
    let filters = &plan.filters;

    // 2
    let mut origin = None;
    if filters.has(Stage::CORS) {
        if let Some(preflight) = filters.preflight(&parts.method, &parts.headers) {
            return Ok(Answered::Here(preflight));
        }
        origin = filters.allowed_origin(&parts.headers);
        exchange.on_error(|headers| filters.allow_origin(headers, origin.as_ref()));
    }

    // 6
    let facts = selected.facts(&uri, &head);
    if filters.has(Stage::REDIRECT)
        && let Some(redirect) = filters.redirect(&facts, origin.as_ref())
    {
        return Ok(Answered::Here(redirect));
    }

    // 8-11
    let backend = choose(plan)?;
    let (handle, cluster) = resolve(&backend.target)?;
    let mut body = outgoing::guard(body, &listener.settings, exchange)?;
    let target = outgoing::prepare(&session.worker, &selected, backend, &head, &mut parts, body.as_mut())?;
    address(&mut parts, target, &cluster.transport).map_err(|_| Code::BadTarget)?;
    exchange.forwarding();
    let forward = Forward { worker: &session.worker, plan, handle };
    let Forwarded { answer, retries } = forward.run(&cluster, parts, body).await?;
    exchange.forwarded(answer.lease, retries);
    let mut response = answer.response;
    let switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    headers::strip_response(response.headers_mut(), switching && upgrade.is_some());
    edit_response(plan, backend, response.headers_mut(), origin.as_ref());
    if switching { switched(response, upgrade) } else { Ok(Answered::Upstream(response)) }
}

/// The backendRef that the weights give this request to.
fn choose(plan: &RulePlan) -> Result<&BackendPlan, Error> {
    match &plan.action {
        Action::Forward(backends) => {
            let index = backends.pick.pick(fastrand::u32(..));
            index.and_then(|index| backends.backends.get(index)).ok_or_else(|| Code::NoBackend.into())
        }
        Action::Error { status, reason } => {
            Err(Error::new(Code::RuleInvalid).status_from(*status).cause(reason.to_string()))
        }
    }
}

/// 101, which only a client that asked may get.
fn switched(mut response: Response<Incoming>, client: Option<OnUpgrade>) -> Result<Answered, Error> {
    let client = client.ok_or(Code::UpgradeFailed)?;
    let upstream = hyper::upgrade::on(&mut response);
    Ok(Answered::Switched { head: response.into_parts().0, client, upstream })
}

/// The backendRef's edits, then the rule's, then what CORS has to say.
fn edit_response(
    rule: &RulePlan,
    backend: &BackendPlan,
    headers: &mut HeaderMap,
    origin: Option<&HeaderValue>,
) {
    if let Some(filters) = &backend.filters {
        filters.edit_response(headers, None);
    }
    if rule.filters.has(Stage::RESPONSE_HEADERS | Stage::CORS) {
        rule.filters.edit_response(headers, origin);
    }
}
