//! Which listener, host and rule a request belongs to.

use crate::{
    check::{Head, HostName},
    error::{Code, Error},
    exchange::Exchange,
    filter::{Facts, Stage},
    normalize,
    route::{Found, RequestView},
    session::Session,
    tables::{BindTable, ListenerTable, RulePlan},
};
use corten_snapshot::ListenerProtocol;
use http::{Method, Uri, header, request::Parts};
use std::{borrow::Cow, sync::Arc};

/// The rule that answers, and how it was found.
pub(super) struct Selected<'v, 'u> {
    pub(super) listener: &'v Arc<ListenerTable>,
    pub(super) plan: &'v RulePlan,
    pub(super) found: Found,
    /// The path in its one form.
    pub(super) path: Cow<'u, str>,
}

impl Selected<'_, '_> {
    /// What redirects and rewrites want to know.
    pub(super) fn facts<'a>(&'a self, uri: &'a Uri, head: &'a Head) -> Facts<'a> {
        Facts {
            https: self.listener.listener.protocol == ListenerProtocol::Https,
            host: host_name(head),
            port: self.listener.listener.port,
            path: &self.path,
            query: uri.query(),
            prefix_len: self.found.prefix_len as usize,
        }
    }
}

/// Finds the rule. Hosts fall through: one whose entries do not match gives way to the next less specific.
///
/// # Errors
/// 400 for a path without a safe form, 414 and 431 over the listener's limits, 404 where nothing matches, 421 for a host of another listener than
/// the connection's.
pub(super) fn select<'v, 'u>(
    exchange: &mut Exchange,
    bind: &'v BindTable,
    parts: &Parts,
    uri: &'u Uri,
    head: &Head,
) -> Result<Selected<'v, 'u>, Error> {
    let host = host_name(head);
    let listener = listener(&exchange.session, bind, host)?;
    exchange.at(listener);
    head.size.within(&listener.settings.limits)?;
    let path = normalize::path(uri.path(), &listener.settings.path)?;
    let view =
        RequestView { path: &path, method: &parts.method, headers: &parts.headers, query: uri.query() };
    let found = find(listener, host, &view).or_else(|| preflight(listener, host, view));
    let (plan, found) = found.ok_or(Code::NoRoute)?;
    Ok(Selected { listener, plan, found, path })
}

/// A preflight asks about the method that will come: a rule for that method and with CORS answers it, though
/// it would not take an OPTIONS request (the Fetch standard, "CORS-preflight request").
fn preflight<'v>(
    listener: &'v ListenerTable,
    host: &str,
    view: RequestView<'_>,
) -> Option<(&'v RulePlan, Found)> {
    if view.method != Method::OPTIONS || !view.headers.contains_key(header::ORIGIN) {
        return None;
    }
    let asked = view.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    let method = Method::from_bytes(asked.as_bytes()).ok()?;
    find(listener, host, &RequestView { method: &method, ..view })
        .filter(|(plan, _)| plan.filters.has(Stage::CORS))
}

fn find<'v>(
    listener: &'v ListenerTable,
    host: &str,
    view: &RequestView<'_>,
) -> Option<(&'v RulePlan, Found)> {
    listener.hosts.candidates(host).find_map(|table| {
        let found = table.index.find(view)?;
        Some((&**table.rules.get(found.rule as usize)?, found))
    })
}

/// The request's host, lower-case; empty if it names none.
pub(super) fn host_name(head: &Head) -> &str {
    head.host.as_ref().map_or("", HostName::name)
}

/// The listener for `host`. On a TLS connection it must be the one that the handshake was for: another's
/// client certificates and policies may differ (GEP-3567).
fn listener<'v>(session: &Session, bind: &'v BindTable, host: &str) -> Result<&'v Arc<ListenerTable>, Error> {
    let found = bind.for_host(host).ok_or(Code::NoRoute)?;
    match &session.tls {
        Some(tls) if tls.listener != found.key => Err(Code::Misdirected.into()),
        _ => Ok(found),
    }
}
