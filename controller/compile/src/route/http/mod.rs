//! HTTPRoute.

mod backends;
mod matches;
mod path;
mod retry;
mod rule;
mod timeouts;

use super::{CompiledMatch, CompiledRoute, Findings, Regexes, kinds::Scope};
use crate::{backend::BackendRef, filter};
use corten_crds::gateway::{HttpRouteRule, slim::HttpRoute};

/// Compiles the rules. A route without any has the one that the API gives it by default: everything, to nowhere.
pub(super) fn compile<'a>(route: &'a HttpRoute, scope: &mut Scope<'_, '_, 'a>) -> CompiledRoute {
    let mut compiled = CompiledRoute::default();
    if route.spec.rules.is_empty() {
        static DEFAULT: std::sync::LazyLock<HttpRouteRule> = std::sync::LazyLock::new(HttpRouteRule::default);
        rule::compile(route, (0, &DEFAULT), scope, &mut compiled);
    }
    for (index, rule) in route.spec.rules.iter().enumerate() {
        rule::compile(route, (index, rule), scope, &mut compiled);
    }
    compiled
}

/// The matches of each rule of a route with which nothing is wrong.
pub(super) fn matches(route: &HttpRoute, regexes: &mut Regexes) -> Vec<Vec<CompiledMatch>> {
    let mut findings = Findings::default();
    let mut of = |rule: &HttpRouteRule| matches::compile(&rule.matches, "", regexes, &mut findings);
    route.spec.rules.iter().map(|rule| of(rule).unwrap_or_default()).collect()
}

/// All that a route names as a backend, in the order in which [`compile`] resolves it if nothing is wrong with it.
pub(super) fn references(route: &HttpRoute) -> impl Iterator<Item = BackendRef<'_>> {
    route.spec.rules.iter().flat_map(|rule| {
        let backends = rule.backend_refs.iter();
        let forwards = backends.flat_map(|backend| {
            std::iter::once(backends::reference(backend)).chain(filter::references(&backend.filters))
        });
        filter::references(&rule.filters).chain(forwards)
    })
}
