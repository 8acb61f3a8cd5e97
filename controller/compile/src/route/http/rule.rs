//! One rule of an HTTPRoute.

use super::{backends, matches, retry, timeouts};
use crate::{
    filter::{self, Place},
    object::{Kind, Object},
    problem::Problem,
    route::{CompiledMatch, CompiledRoute, CompiledRule, Findings, kinds::Scope},
};
use corten_crds::gateway::{HttpRouteFilterType, HttpRouteRule, slim::HttpRoute};
use corten_snapshot::{Action, Entry, Retry, RouteId, Rule, Timeouts};
use std::sync::Arc;

/// Compiles `rule` into `compiled`. A rule whose matches cannot be built is dropped. One that can be matched but cannot
/// do what it says answers 500, so that its requests do not fall to a rule that is less strict.
pub(super) fn compile<'a>(
    route: &'a HttpRoute,
    (index, rule): (usize, &'a HttpRouteRule),
    scope: &mut Scope<'_, '_, 'a>,
    compiled: &mut CompiledRoute,
) {
    let field = format!("rules[{index}]");
    let mut findings = Findings::default();
    compiled.total += 1;
    let matches = match matches::compile(&rule.matches, &field, scope.regexes, &mut findings) {
        Some(matches) => matches,
        None => {
            compiled.broken += 1;
            compiled.findings.append(findings);
            return;
        }
    };
    let body = Body::compile(route, rule, &matches, (&field, scope), &mut findings);
    let broken = !findings.invalid.is_empty();
    compiled.broken += usize::from(broken);
    let why = findings.invalid.first().or(body.closed.as_ref());
    let body = match why.map(|problem| format!("{}: {}", problem.field, problem.message)) {
        Some(reason) => Body::error(reason),
        None => body,
    };
    let rule = Rule {
        route: RouteId {
            kind: Kind::HttpRoute.as_str().to_owned(),
            namespace: route.namespace().to_owned(),
            name: route.name().to_owned(),
        },
        index: u32::try_from(index).unwrap_or(u32::MAX),
        name: rule.name.clone(),
        filters: body.filters.filters,
        action: body.action,
        timeouts: body.timeouts,
        retry: body.retry,
    };
    compiled.findings.append(findings);
    compiled.rules.push(CompiledRule { rule: Arc::new(rule), matches, backends: body.backends });
}

/// A rule, its matches aside.
struct Body {
    filters: filter::Compiled,
    action: Action,
    backends: Vec<crate::backend::BackendId>,
    timeouts: Timeouts,
    retry: Option<Retry>,
    /// A filter that cannot be resolved: the rule answers 500, although its form is right.
    closed: Option<Problem>,
}

impl Body {
    fn compile<'a>(
        route: &'a HttpRoute,
        rule: &'a HttpRouteRule,
        matches: &[CompiledMatch],
        (field, scope): (&str, &mut Scope<'_, '_, 'a>),
        findings: &mut Findings,
    ) -> Self {
        let entries: Vec<&Entry> = matches.iter().map(|matched| &matched.entry).collect();
        let place =
            Place { from: (Kind::HttpRoute, route.namespace()), entries: &entries, in_backend: false };
        let mut filters = filter::compile(&rule.filters, &place, field, scope.upstreams);
        findings.append(std::mem::take(&mut filters.findings));
        let redirects = rule.filters.iter().any(|f| f.type_ == HttpRouteFilterType::RequestRedirect);
        if redirects && !rule.backend_refs.is_empty() {
            findings.invalid.push(Problem::new(
                "IncompatibleFilters",
                format!("{field}.filters"),
                "a rule that redirects cannot have backendRefs",
                "remove the RequestRedirect filter or the backendRefs",
            ));
        }
        let timeouts = timeouts::compile(rule.timeouts.as_ref(), field, findings);
        let retry = retry::compile(rule.retry.as_ref(), field, findings);
        let forward = backends::compile(&rule.backend_refs, &place, field, scope.upstreams, findings);
        if rule.backend_refs.is_empty() && !redirects {
            findings.warnings.push(Problem::new(
                "NoBackend",
                format!("{field}.backendRefs"),
                "the rule has no backendRefs, so its requests are answered with 500",
                "add a backendRef or a RequestRedirect filter",
            ));
        }
        if rule.session_persistence.is_some() {
            findings.warnings.push(Problem::new(
                "UnsupportedValue",
                format!("{field}.sessionPersistence"),
                "session persistence is not supported by this version of Corten and has no effect",
                "remove it, or keep sessions where every endpoint finds them",
            ));
        }
        let mut backends = std::mem::take(&mut filters.backends);
        backends.extend(forward.upstreams);
        let action = match forward.backends {
            backends if backends.is_empty() => error("the rule has no backendRefs".to_owned()),
            backends => Action::Forward(backends),
        };
        let closed = filters.closed.take();
        Self { filters, action, backends, timeouts, retry, closed }
    }

    /// A rule that answers 500.
    fn error(reason: String) -> Self {
        Self {
            filters: filter::Compiled::default(),
            action: error(reason),
            backends: Vec::new(),
            timeouts: Timeouts::default(),
            retry: None,
            closed: None,
        }
    }
}

fn error(reason: String) -> Action {
    Action::Error { status: 500, reason }
}
