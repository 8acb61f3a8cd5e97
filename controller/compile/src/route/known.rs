//! Routes with which nothing is wrong: what is kept of them, and how they are served again without being compiled.

use super::{
    CompiledRoute, RouteKind,
    attach::{Hostnames, Parent},
    http,
    serve::{Places, Routes},
};
use crate::{
    backend::BackendId,
    memory::RouteMemo,
    object::{Kind, Object},
};
use corten_crds::gateway::{ParentReference, slim::HttpRoute};
use std::{borrow::Cow, sync::Arc};

impl<'a> Routes<'_, '_, 'a> {
    /// Serves a route as in the pass before. `false`: it is not known, or not all of its references lead somewhere.
    pub(super) fn again(&mut self, route: &'a Arc<HttpRoute>, ordinal: u32) -> bool {
        let Some(memo) = self.upstreams.memory.route(route) else { return false };
        let Some(upstreams) = self.resolve_all(route) else { return false };
        self.serve_known(memo, &upstreams, ordinal);
        true
    }

    /// Serves a route with which nothing is wrong, and keeps what is known of it.
    pub(super) fn serve_known(&mut self, memo: Arc<RouteMemo>, upstreams: &[BackendId], ordinal: u32) {
        self.count(&memo.counted);
        for (position, hostname) in &memo.placements {
            let number = self.plan.listeners.get(*position).map(|listener| listener.gateway);
            if let Some((number, gateway)) = number.zip(number.and_then(|n| self.plan.gateways.get(n))) {
                self.upstreams.used_by(number, gateway, upstreams);
            }
            self.hosts.add_known((*position, hostname), (ordinal, &memo));
        }
        let route = &*memo.route;
        let attached = Parent::Attached(Vec::new());
        let parents = route.parents().iter().zip(&memo.attached);
        let parents = parents.filter(|(_, attached)| **attached).map(|(reference, _)| (reference, &attached));
        let (nothing_found, hostnames) = (CompiledRoute::default(), Hostnames::default());
        self.write_status(route, parents, &nothing_found, &hostnames);
        self.upstreams.memory.keep_route(memo);
    }

    /// Everything that the route names as a backend. `None`: something of it has no upstream.
    fn resolve_all(&mut self, route: &'a HttpRoute) -> Option<Vec<BackendId>> {
        let from = (Kind::HttpRoute, route.namespace());
        let mut ids = Vec::new();
        for reference in http::references(route) {
            let id = self.upstreams.resolve(from, reference).ok()?;
            if self.upstreams.trouble(id).is_some() {
                return None;
            }
            ids.push(id);
        }
        Some(ids)
    }

    /// What is to be kept of a route that has just been compiled, with the upstreams that it uses. `None`: something is
    /// odd about it, or it is not served.
    pub(super) fn memo<R: RouteKind>(
        &mut self,
        route: &'a Arc<R>,
        parents: &[(Cow<'a, ParentReference>, Parent)],
        (compiled, hostnames): (&CompiledRoute, &Hostnames),
        places: &Places,
    ) -> Option<(RouteMemo, Vec<BackendId>)> {
        let route = R::http(route)?;
        let ours = |(_, parent): &(_, Parent)| match parent {
            Parent::Attached(_) => Some(true),
            Parent::Foreign => Some(false),
            Parent::Missing(_) | Parent::Refused(_) => None,
        };
        let attached: Box<[bool]> = parents.iter().map(ours).collect::<Option<_>>()?;
        let right = compiled.is_right() && compiled.rules.len() == route.spec.rules.len();
        let explicit = parents.len() == route.parents().len();
        if !right || !explicit || !hostnames.problems.is_empty() || places.placements.is_empty() {
            return None;
        }
        // Without client certificates of Gateways, which make other upstreams of the same references.
        if !self.upstreams.all_plain() {
            return None;
        }
        // What was resolved on the way is what will be resolved again, and all of it is used.
        let resolved = self.upstreams.take_resolved()?;
        let used = |id: &BackendId| compiled.rules.iter().any(|rule| rule.backends.contains(id));
        if self.resolve_all(route)? != resolved || !resolved.iter().all(used) {
            return None;
        }
        let rules = compiled.rules.iter().map(|rule| rule.rule.clone()).collect();
        let (counted, placements) = (places.counted.as_slice().into(), places.placements.as_slice().into());
        Some((RouteMemo { route: route.clone(), rules, attached, counted, placements }, resolved))
    }
}

impl CompiledRoute {
    /// Whether each rule does what it says and there is nothing to say about any.
    fn is_right(&self) -> bool {
        let super::Findings { invalid, refs, warnings } = &self.findings;
        self.broken == 0 && invalid.is_empty() && refs.is_empty() && warnings.is_empty()
    }
}
