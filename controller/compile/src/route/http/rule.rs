//! One rule of an HTTPRoute.

use super::{backends, matches, retry, timeouts};
use crate::{
    filter::{self, Place},
    object::{Kind, Object},
    problem::Problem,
    route::{CompiledMatch, CompiledRoute, CompiledRule, Findings, kinds::Scope},
};
use corten_crds::gateway::{HttpRoute, HttpRouteFilterType, HttpRouteRule};
use corten_snapshot::{Action, Entry, Retry, RouteId, Rule, Timeouts};

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
    let base = Rule {
        route: RouteId {
            kind: Kind::HttpRoute.as_str().to_owned(),
            namespace: route.namespace().to_owned(),
            name: route.name().to_owned(),
        },
        index: u32::try_from(index).unwrap_or(u32::MAX),
        name: rule.name.clone(),
        filters: Vec::new(),
        action: Action::Error { status: 500, reason: reason(&findings, &body) },
        timeouts: Timeouts::default(),
        retry: None,
    };
    let (rule, backends) =
        if broken || body.closed.is_some() { (base, Vec::new()) } else { body.into_rule(base) };
    compiled.findings.append(findings);
    compiled.rules.push(CompiledRule { rule, matches, backends });
}

/// Why the rule answers 500, if it does.
fn reason(findings: &Findings, body: &Body) -> String {
    let problem = findings.invalid.first().or(body.closed.as_ref());
    problem.map_or_else(
        || "the rule has no backendRefs".to_owned(),
        |problem| format!("{}: {}", problem.field, problem.message),
    )
}

/// A rule, its matches aside.
struct Body {
    filters: filter::Compiled,
    action: Option<Action>,
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
        let action = (!forward.backends.is_empty()).then_some(Action::Forward(forward.backends));
        let closed = filters.closed.take();
        Self { filters, action, backends, timeouts, retry, closed }
    }

    fn into_rule(self, base: Rule) -> (Rule, Vec<crate::backend::BackendId>) {
        let rule = Rule {
            filters: self.filters.filters,
            action: self.action.unwrap_or(base.action),
            timeouts: self.timeouts,
            retry: self.retry,
            ..base
        };
        (rule, self.backends)
    }
}
