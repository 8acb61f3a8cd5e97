//! A decision as people and programs read it.

use super::{
    decide::{Decision, Looked},
    request::Request,
    words,
};
use crate::load::{Loader, identity::ObjectId, places::Places};
use corten_snapshot::{
    Action, Backend, Cluster, Endpoint, Endpoints, Part, PartKey, Rule, Snapshot, Target, UpstreamProtocol,
};
use serde::Serialize;

/// What answers a request, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// `GET https://shop.example/cart`.
    pub request: String,
    /// The path that is matched, if it is not the one that was written.
    pub normalised_path: Option<String>,
    /// Key of the listener.
    pub listener: Option<String>,
    /// The hostname of the routes that were looked at last.
    pub hostname: Option<String>,
    /// The rule that answers.
    pub rule: Option<RuleAnswer>,
    /// The gateway's own answer.
    pub refused: Option<Refused>,
    /// The nearest rules that do not answer.
    pub others: Vec<Other>,
}

/// The gateway's own answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// HTTP status; absent if there is no connection.
    pub status: Option<u16>,
    /// Why.
    pub reason: String,
}

/// The rule that answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleAnswer {
    /// Which.
    #[serde(flatten)]
    pub rule: RuleName,
    /// The match of it that agrees.
    pub matched: String,
    /// What it does on the way.
    pub filters: Vec<String>,
    /// Where it sends the request; empty after a redirect.
    pub backends: Vec<BackendAnswer>,
    /// Timeouts.
    pub timeouts: Option<String>,
    /// Retries.
    pub retry: Option<String>,
}

/// A rule of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleName {
    /// `HTTPRoute shop/web`.
    pub route: String,
    /// Index of the rule.
    pub index: u32,
    /// Its name.
    pub name: Option<String>,
    /// `file:line` of the rule.
    pub place: Option<String>,
}

/// One backend of the rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackendAnswer {
    /// Share of the requests in percent.
    pub percent: f64,
    /// The cluster, or why there is none.
    pub target: String,
    /// What it speaks.
    pub protocol: Option<String>,
    /// Its addresses.
    pub endpoints: Vec<String>,
    /// Filters of the backendRef.
    pub filters: Vec<String>,
}

/// A rule that does not answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Other {
    /// Which.
    #[serde(flatten)]
    pub rule: RuleName,
    /// The match of it that was looked at.
    #[serde(rename = "match")]
    pub wanted: String,
    /// Why not.
    pub reasons: Vec<String>,
}

/// Puts a decision in words.
pub fn answer(decision: &Decision<'_>, request: &Request, snapshot: &Snapshot, loader: &Loader) -> Answer {
    let teller = Teller { snapshot, loader };
    let rule = decision.hosts.last().and_then(|looked| teller.rule_answer(looked));
    Answer {
        request: written(request),
        normalised_path: (decision.path != request.path).then(|| decision.path.clone()),
        listener: decision.listener.map(|(key, _)| key.to_string()),
        hostname: decision.hosts.last().map(|looked| looked.host.hostname.to_string()),
        rule,
        refused: decision.refusal.clone().map(|r| Refused { status: r.status, reason: r.reason }),
        others: decision.hosts.iter().rev().flat_map(|looked| teller.others(looked)).collect(),
    }
}

fn written(request: &Request) -> String {
    let scheme = if request.default_port() == 443 { "https" } else { "http" };
    let port = request.port.map(|port| format!(":{port}")).unwrap_or_default();
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {scheme}://{}{port}{}{query}", request.method, request.server, request.path)
}

struct Teller<'a> {
    snapshot: &'a Snapshot,
    loader: &'a Loader,
}

impl Teller<'_> {
    fn rule_answer(&self, looked: &Looked<'_>) -> Option<RuleAnswer> {
        let entry = looked.host.entries.get(looked.answer?)?;
        let rule = looked.host.rules.get(usize::try_from(entry.rule).ok()?)?;
        let redirects =
            rule.filters.iter().any(|filter| matches!(filter, corten_snapshot::Filter::Redirect(_)));
        let backends = match &rule.action {
            _ if redirects => Vec::new(),
            Action::Forward(backends) => self.backends(backends),
            Action::Error { status, reason } => {
                vec![plain_backend(format!("the gateway itself, {status}: {reason}"))]
            }
        };
        let retry = rule.retry.as_ref().map(|retry| {
            let codes: Vec<_> = retry.codes.iter().map(ToString::to_string).collect();
            let on = if codes.is_empty() { String::new() } else { format!(" on {}", codes.join(", ")) };
            format!("{} more tries{on}, {:?} apart at least", retry.attempts, retry.backoff)
        });
        Some(RuleAnswer {
            rule: self.name(rule),
            matched: words::entry(entry),
            filters: rule.filters.iter().map(words::filter).collect(),
            backends,
            timeouts: words::timeouts(&rule.timeouts),
            retry,
        })
    }

    fn others(&self, looked: &Looked<'_>) -> Vec<Other> {
        let other = |near: &corten_dataplane::route::explain::Near| {
            let entry = looked.host.entries.get(usize::try_from(near.entry).ok()?)?;
            let rule = looked.host.rules.get(usize::try_from(near.rule).ok()?)?;
            let mut reasons: Vec<_> = near.differences.iter().map(ToString::to_string).collect();
            if reasons.is_empty() {
                reasons.push("it matches too, but the other match comes before it in precedence".to_owned());
            }
            Some(Other { rule: self.name(rule), wanted: words::entry(entry), reasons })
        };
        looked.near.iter().filter_map(other).collect()
    }

    fn name(&self, rule: &Rule) -> RuleName {
        let route = &rule.route;
        let kind = match route.kind.as_str() {
            "GRPCRoute" => "GRPCRoute",
            _ => "HTTPRoute",
        };
        let id = ObjectId {
            group: "gateway.networking.k8s.io",
            kind,
            namespace: route.namespace.as_str().into(),
            name: route.name.as_str().into(),
        };
        let place = Places::new(self.loader).of(&id, &format!("spec.rules[{}]", rule.index));
        RuleName {
            route: id.display().to_string(),
            index: rule.index,
            name: rule.name.clone(),
            place: place.map(|place| place.to_string()),
        }
    }

    fn backends(&self, backends: &[Backend]) -> Vec<BackendAnswer> {
        let total: f64 = backends.iter().map(|backend| f64::from(backend.weight)).sum();
        let percent = |weight: u32| if total > 0.0 { f64::from(weight) * 100.0 / total } else { 0.0 };
        let told = |backend: &Backend| BackendAnswer {
            percent: percent(backend.weight),
            filters: backend.filters.iter().map(words::filter).collect(),
            ..self.target(&backend.target)
        };
        backends.iter().map(told).collect()
    }

    fn target(&self, target: &Target) -> BackendAnswer {
        let mut answer = plain_backend(words::target(target));
        let Target::Cluster(key) = target else { return answer };
        let Some(Part::Cluster(cluster)) = self.part(&PartKey::Cluster(key.clone())) else { return answer };
        answer.protocol = Some(protocol(cluster));
        if let Some(Part::Endpoints(Endpoints { endpoints })) =
            self.part(&PartKey::Endpoints(cluster.endpoints.clone()))
        {
            answer.endpoints = endpoints.iter().map(endpoint).collect();
        }
        answer
    }

    fn part(&self, key: &PartKey) -> Option<&Part> {
        self.snapshot.get(key).map(|hashed| &*hashed.part)
    }
}

fn plain_backend(target: String) -> BackendAnswer {
    BackendAnswer { percent: 100.0, target, protocol: None, endpoints: Vec::new(), filters: Vec::new() }
}

fn protocol(cluster: &Cluster) -> String {
    let spoken = match cluster.protocol {
        UpstreamProtocol::Http1 => "HTTP/1.1",
        UpstreamProtocol::Http2 => "HTTP/2",
        UpstreamProtocol::Negotiated => "HTTP/2 or HTTP/1.1",
    };
    match &cluster.tls {
        Some(tls) => format!("{spoken} over TLS as {}", tls.hostname),
        None => spoken.to_owned(),
    }
}

fn endpoint(endpoint: &Endpoint) -> String {
    let host = match &endpoint.host {
        corten_snapshot::EndpointHost::Ip(std::net::IpAddr::V6(ip)) => format!("[{ip}]"),
        host => host.to_string(),
    };
    format!("{host}:{}{}", endpoint.port, if endpoint.ready { "" } else { " (going away)" })
}
