//! Which listener, hostname and rule a request lands on: the same code as in the dataplane, over a snapshot.

use super::request::Request;
use crate::run::summary::listeners;
use corten_dataplane::{
    normalize,
    route::{
        RequestView,
        explain::{Near, explain},
    },
};
use corten_snapshot::{Host, Listener, ListenerKey, ListenerProtocol, Part, PartKey, Snapshot};
use std::cmp::Reverse;

/// How many entries that do not answer are told for each hostname.
const NEAR: usize = 3;

/// What becomes of a request.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The listener, if one takes it.
    pub listener: Option<(&'a ListenerKey, &'a Listener)>,
    /// The path that is matched.
    pub path: String,
    /// The hostnames that were looked at, the most specific first; the last one has the answer if there is one.
    pub hosts: Vec<Looked<'a>>,
    /// Why the gateway answers on its own, with which status.
    pub refusal: Option<Refusal>,
}

/// One hostname that was looked at.
#[derive(Debug)]
pub struct Looked<'a> {
    /// Its routes.
    pub host: &'a Host,
    /// Index of the entry that answers, into [`Host::entries`].
    pub answer: Option<usize>,
    /// The nearest that do not.
    pub near: Vec<Near>,
}

/// The gateway's own answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status; `None`: there is no connection at all.
    pub status: Option<u16>,
    /// Why.
    pub reason: String,
}

/// Decides.
pub fn decide<'a>(snapshot: &'a Snapshot, request: &Request) -> Decision<'a> {
    let mut decision =
        Decision { listener: None, path: request.path.clone(), hosts: Vec::new(), refusal: None };
    match listener(snapshot, request) {
        Ok(found) => decision.listener = Some(found),
        Err(refusal) => decision.refusal = Some(refusal),
    }
    let Some((key, listener)) = decision.listener else { return decision };
    match normalize::path(&request.path, &listener.settings.path) {
        Ok(path) => decision.path = path.into_owned(),
        Err(error) => {
            decision.refusal = Some(Refusal { status: Some(400), reason: error.to_string() });
            return decision;
        }
    }
    let view = RequestView {
        path: &decision.path,
        method: &request.method,
        headers: &request.headers,
        query: request.query.as_deref(),
    };
    for host in hosts(snapshot, key, &request.host()) {
        let explanation = explain(host, &view, NEAR);
        let answer = explanation.answer.and_then(|found| usize::try_from(found.entry).ok());
        decision.hosts.push(Looked { host, answer, near: explanation.near });
        if answer.is_some() {
            return decision;
        }
    }
    let reason = if decision.hosts.is_empty() {
        format!("no route of listener {key} is for the host {}", request.host())
    } else {
        "no rule matches".to_owned()
    };
    decision.refusal = Some(Refusal { status: Some(404), reason });
    decision
}

/// The listener that takes the request.
fn listener<'a>(
    snapshot: &'a Snapshot,
    request: &Request,
) -> Result<(&'a ListenerKey, &'a Listener), Refusal> {
    let on_port = on_port(snapshot, request)?;
    let names = |host: &str| {
        let matching = on_port.iter().filter(|(_, l)| l.hostname.matches(host));
        matching.max_by_key(|(_, l)| l.hostname.specificity()).copied()
    };
    let nobody = |what: &str, host: &str| {
        let names: Vec<_> = on_port.iter().map(|(key, l)| format!("{} ({key})", l.hostname)).collect();
        format!("no listener of this port takes the {what} {host}; there are: {}", names.join(", "))
    };
    let host = request.host();
    if request.protocol == ListenerProtocol::Http {
        return names(&host).ok_or_else(|| Refusal { status: Some(404), reason: nobody("host", &host) });
    }
    let server = &request.server;
    let secured =
        names(server).ok_or_else(|| Refusal { status: None, reason: nobody("server name (SNI)", server) })?;
    match names(&host) {
        Some(found) if found.0 == secured.0 => Ok(found),
        _ => Err(Refusal {
            status: Some(421),
            reason: format!("the connection was made for {server}, and {host} belongs to another listener"),
        }),
    }
}

type Listeners<'a> = Vec<(&'a ListenerKey, &'a Listener)>;

/// The listeners of the port that is called.
fn on_port<'a>(snapshot: &'a Snapshot, request: &Request) -> Result<Listeners<'a>, Refusal> {
    let all: Listeners<'_> = listeners(snapshot).filter(|(_, l)| l.protocol == request.protocol).collect();
    let port = request.port.unwrap_or_else(|| request.default_port());
    let mut found: Listeners<'_> =
        all.iter().filter(|(_, l)| l.port == port || l.bind.port == port).copied().collect();
    if found.is_empty() && request.port.is_none() {
        // The URL leaves the port open, and the usual one is not there: the first that fits is meant.
        let fits = |l: &Listener| l.hostname.matches(&request.host());
        let bind = all.iter().find(|(_, l)| fits(l)).or_else(|| all.first()).map(|(_, l)| &l.bind);
        found = all.iter().filter(|(_, l)| Some(&l.bind) == bind).copied().collect();
    }
    if found.is_empty() {
        let there: Vec<_> = listeners(snapshot).map(|(key, l)| format!("{} ({key})", l.port)).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        let scheme = if request.protocol == ListenerProtocol::Https { "HTTPS" } else { "HTTP" };
        let reason = format!("no {scheme} listener on port {port}; listener ports: {there}");
        return Err(Refusal { status: None, reason });
    }
    Ok(found)
}

/// The hostnames of a listener that are for `host`, the most specific first.
fn hosts<'a>(snapshot: &'a Snapshot, listener: &ListenerKey, host: &str) -> Vec<&'a Host> {
    let of_listener = snapshot.iter().filter_map(|(key, part)| match (key, &*part.part) {
        (PartKey::Host(key, _), Part::Host(found)) if key == listener => Some(&**found),
        _ => None,
    });
    let mut hosts: Vec<_> = of_listener.filter(|found| found.hostname.matches(host)).collect();
    hosts.sort_by_key(|host| Reverse(host.hostname.specificity()));
    hosts
}
