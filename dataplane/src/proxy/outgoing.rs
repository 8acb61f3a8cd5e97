//! The request as it goes upstream.

use super::select::Selected;
use crate::{
    body::Guarded,
    check::Head,
    error::{Code, Error},
    exchange::Exchange,
    filter::Stage,
    forward,
    tables::BackendPlan,
    worker::Worker,
};
use corten_snapshot::ListenerSettings;
use http::{HeaderMap, Uri, header, request::Parts, uri::PathAndQuery};
use http_body::Body;
use hyper::body::Incoming;
use std::{borrow::Cow, sync::Arc};

/// Puts the listener's limits on a body. `None`: there is none.
///
/// # Errors
/// 413 at once for a length that is declared and too large.
pub(super) fn guard(
    body: Incoming,
    settings: &ListenerSettings,
    exchange: &mut Exchange,
) -> Result<Option<Guarded>, Error> {
    if body.is_end_stream() {
        return Ok(None);
    }
    let limit = settings.limits.body_bytes;
    if limit.is_some_and(|limit| body.size_hint().lower() > limit) {
        return Err(Code::BodyTooLarge.into());
    }
    Ok(Some(Guarded::new(body, limit, settings.timeouts.body_idle, exchange.received())))
}

/// Runs the filters of rule and backendRef over the request, sends the mirrors' copies, and gives the
/// request the form that the cluster's protocol wants. Of two rewrites of the same thing the backendRef's
/// counts.
///
/// # Errors
/// 400 for a rewritten target that is too long to be one.
pub(super) fn prepare(
    worker: &Arc<Worker>,
    selected: &Selected<'_, '_>,
    backend: &BackendPlan,
    head: &Head,
    parts: &mut Parts,
    mut body: Option<&mut Guarded>,
) -> Result<PathAndQuery, Error> {
    host(&mut parts.headers, head)?;
    let uri = parts.uri.clone();
    let mut target = target(&uri, selected)?;
    for filters in [Some(&selected.plan.filters), backend.filters.as_deref()].into_iter().flatten() {
        filters.edit_request(&mut parts.headers);
        if filters.has(Stage::REWRITE) {
            let rewritten = filters.target(&selected.facts(&uri, head)).map_err(|_| Code::UriTooLong)?;
            target = rewritten.unwrap_or(target);
            if let Some(host) = filters.host() {
                parts.headers.insert(header::HOST, host.clone());
            }
        }
        if filters.has(Stage::MIRROR) {
            for mirror in filters.mirrors() {
                forward::mirror(mirror, worker, parts, &target, body.as_deref_mut());
            }
        }
    }
    Ok(target)
}

/// The path and query as matched: the client's own text where it was normal already.
fn target(uri: &Uri, selected: &Selected<'_, '_>) -> Result<PathAndQuery, Error> {
    match (&selected.path, uri.path_and_query()) {
        (Cow::Borrowed(_), Some(own)) => Ok(own.clone()),
        (path, _) => {
            let text = match uri.query() {
                Some(query) => format!("{path}?{query}"),
                None => path.to_string(),
            };
            PathAndQuery::try_from(text).map_err(|_| Code::BadPath.into())
        }
    }
}

/// Makes sure that there is a `Host`: HTTP/2 clients name it in `:authority`.
fn host(headers: &mut HeaderMap, head: &Head) -> Result<(), Error> {
    if !headers.contains_key(header::HOST) {
        let host = head.host.as_ref().ok_or(Error::new(Code::BadHost).detail("There is no Host."))?;
        headers.insert(header::HOST, host.text().clone());
    }
    Ok(())
}
