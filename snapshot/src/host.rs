//! The routes of one hostname, sorted by precedence, and what each rule does.

use crate::{ClusterKey, Filter, HostnamePattern, ListenerKey};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// All entries for one hostname of one listener. A request tries the hosts whose pattern matches from
/// the most specific to the least; in each, the first entry that matches wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The listener.
    pub listener: ListenerKey,
    /// The hostname: the intersection of the listener's and the routes'.
    pub hostname: HostnamePattern,
    /// One for each match of each rule, **sorted by Gateway API precedence**: exact path, then regular
    /// expressions, then prefixes by length; then method; number of headers; number of query parameters;
    /// older route; `namespace/name`; order of rules and matches.
    pub entries: Vec<Entry>,
    /// What the entries point to. Shared with other hostnames of the same route, and with the snapshot before.
    pub rules: Vec<Arc<Rule>>,
}

/// One HTTPRouteMatch. All parts must agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The path.
    pub path: PathMatch,
    /// The method, upper-case; `None`: every method.
    pub method: Option<String>,
    /// Headers, names lower-case; all must match.
    pub headers: Vec<ValueMatch>,
    /// Query parameters; all must match, on their first value.
    pub query: Vec<ValueMatch>,
    /// Index into [`Host::rules`].
    pub rule: u32,
}

/// A condition on the (normalised) path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PathMatch {
    /// The whole path.
    Exact(String),
    /// Whole path segments from the start; without a trailing slash, and empty for `/`.
    Prefix(String),
    /// A regular expression over the whole path (anchored by the dataplane; `regex` crate syntax).
    Regex(String),
}

/// A condition on a named value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueMatch {
    /// Header name (lower-case) or query parameter name (case-sensitive).
    pub name: String,
    /// The condition.
    pub pattern: ValuePattern,
}

/// How a value is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValuePattern {
    /// Byte for byte.
    Exact(String),
    /// A regular expression over the whole value.
    Regex(String),
}

/// Where a rule comes from. For logs, metrics and `corten explain`; never an identity of state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RouteId {
    /// `HTTPRoute`, later `GRPCRoute`.
    pub kind: String,
    /// Namespace of the route.
    pub namespace: String,
    /// Name of the route.
    pub name: String,
}

/// What is done with a request: one HTTPRouteRule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The route.
    pub route: RouteId,
    /// Index of the rule in the route.
    pub index: u32,
    /// Name of the rule, if it has one (GEP-995).
    pub name: Option<String>,
    /// Filters, in the order of the YAML.
    pub filters: Vec<Filter>,
    /// What answers. A [`Filter::Redirect`] among the filters comes first.
    pub action: Action,
    /// Timeouts (GEP-1742).
    pub timeouts: Timeouts,
    /// Retries (GEP-1731).
    pub retry: Option<Retry>,
}

/// What answers a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// One of these, by weight. Never empty; weights are at most 1,000,000 and may all be 0 (then 500).
    Forward(Vec<Backend>),
    /// The gateway itself, because the rule cannot do what it says.
    Error {
        /// HTTP status, 500 by the specification.
        status: u16,
        /// For the log and `corten explain`, never for the client.
        reason: String,
    },
}

/// One backendRef.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backend {
    /// Share of the requests, relative to the sum.
    pub weight: u32,
    /// Where they go.
    pub target: Target,
    /// Filters for requests that go here, after the rule's.
    pub filters: Vec<Filter>,
}

/// Where requests go. Invalid is a value: it keeps its weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A cluster of this snapshot.
    Cluster(ClusterKey),
    /// A reference that cannot be resolved.
    Invalid {
        /// HTTP status, 500 by the specification.
        status: u16,
        /// For the log and `corten explain`, never for the client.
        reason: String,
    },
}

/// Timeouts of a rule. `None`: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// From the request's header to the response's header, with all tries: then 504.
    pub request: Option<Duration>,
    /// The same for each try at a backend.
    pub backend_request: Option<Duration>,
}

/// Retries of a rule. Connection failures are retried too, within the same number of attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Response codes that are retried, sorted.
    pub codes: Vec<u16>,
    /// How often a request is tried again.
    pub attempts: u32,
    /// The least time between two tries; doubles with each, with jitter.
    pub backoff: Duration,
}
