//! Hand-written cases; the property against the oracle is in `property`.

mod cases;
mod errors;
mod property;

use super::{Found, HostIndex, RequestView};
use corten_snapshot::{
    Action, Entry, Host, HostnamePattern, ListenerKey, PathMatch, RouteId, Rule, Timeouts, ValueMatch,
    ValuePattern,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;

/// An owned request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) query: Option<String>,
}

impl Request {
    /// `GET PATH[?QUERY]`.
    pub(super) fn get(target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self { path: path.to_owned(), method: Method::GET, headers: HeaderMap::new(), query }
    }

    pub(super) fn method(mut self, method: &str) -> Self {
        self.method = method.parse().unwrap();
        self
    }

    /// Appends a header line.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn view(&self) -> RequestView<'_> {
        RequestView {
            path: &self.path,
            method: &self.method,
            headers: &self.headers,
            query: self.query.as_deref(),
        }
    }
}

pub(super) fn exact(path: &str) -> Entry {
    entry(PathMatch::Exact(path.to_owned()))
}

pub(super) fn prefix(path: &str) -> Entry {
    entry(PathMatch::Prefix(path.to_owned()))
}

pub(super) fn regex(path: &str) -> Entry {
    entry(PathMatch::Regex(path.to_owned()))
}

fn entry(path: PathMatch) -> Entry {
    Entry { path, method: None, headers: vec![], query: vec![], rule: 0 }
}

pub(super) fn is(name: &str, value: &str) -> ValueMatch {
    ValueMatch { name: name.to_owned(), pattern: ValuePattern::Exact(value.to_owned()) }
}

pub(super) fn like(name: &str, regex: &str) -> ValueMatch {
    ValueMatch { name: name.to_owned(), pattern: ValuePattern::Regex(regex.to_owned()) }
}

/// A host with one rule for each entry.
pub(super) fn host(entries: Vec<Entry>) -> Host {
    let number = |n: usize| u32::try_from(n).unwrap();
    let rules = (0..entries.len()).map(|n| Rule {
        route: RouteId {
            kind: "HTTPRoute".to_owned(),
            namespace: "shop".to_owned(),
            name: "cart".to_owned(),
        },
        index: number(n),
        name: None,
        filters: vec![],
        action: Action::Error { status: 500, reason: "test".to_owned() },
        timeouts: Timeouts::default(),
        retry: None,
    });
    Host {
        listener: ListenerKey::new("infra/gateway/http"),
        hostname: HostnamePattern::Any,
        rules: rules.map(Arc::new).collect(),
        entries: entries.into_iter().enumerate().map(|(n, e)| Entry { rule: number(n), ..e }).collect(),
    }
}

/// The number of the entry that answers.
pub(super) fn found(entries: &[Entry], request: &Request) -> Option<u32> {
    let host = host(entries.to_vec());
    let found = HostIndex::build(&host).unwrap().find(&request.view());
    assert_eq!(found, super::oracle::find(&host, &request.view()), "the oracle agrees on {request:?}");
    assert!(found.is_none_or(|Found { entry, rule, .. }| entry == rule), "the rule is the entry's own");
    found.map(|found| found.entry)
}
