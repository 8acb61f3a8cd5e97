//! HTTPRoute.

mod backends;
mod matches;
mod path;
mod retry;
mod rule;
mod timeouts;

use super::{CompiledRoute, kinds::Scope};
use corten_crds::gateway::{HttpRoute, HttpRouteRule};

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
