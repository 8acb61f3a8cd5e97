//! All routes: attached, compiled, placed on hostnames, with their statuses.

use super::{
    CompiledRoute, Regexes, RouteKind,
    attach::{self, Hostnames, Parent},
    hosts::Hosts,
    kinds::Scope,
    status::{parent_status, route_notes},
};
use crate::{
    backend::Upstreams,
    gateway::{GatewayPlan, Plan},
    index::Index,
    note::{Note, Severity},
    object::{Kind, ObjectId},
    problem::Problem,
    status::{RouteStatus, Status, Statuses},
};
use corten_crds::gateway::{GatewayDefaultScope, ParentReference};
use corten_snapshot::{HashedPart, HostnamePattern, PartKey};
use std::{borrow::Cow, sync::Arc};

/// Everything about routes that is being put together.
pub(crate) struct Routes<'r, 'i, 'a> {
    pub(crate) index: &'i Index<'a>,
    pub(crate) plan: &'r mut Plan<'a>,
    pub(crate) upstreams: &'r mut Upstreams<'i, 'a>,
    /// In the order of the routes.
    pub(crate) statuses: Vec<(ObjectId, Status)>,
    pub(crate) notes: &'r mut Vec<Note>,
    pub(super) hosts: Hosts,
    regexes: &'r mut Regexes,
}

/// Where a route is served.
#[derive(Default)]
pub(super) struct Places {
    /// Whether it attaches to any listener, served or not.
    any: bool,
    /// Places of the listeners that count it, each once.
    pub(super) counted: Vec<usize>,
    /// Listeners with hostnames, each once, sorted.
    pub(super) placements: Vec<(usize, HostnamePattern)>,
}

/// Serves the routes of all kinds, and gives back the hostnames with their entries.
pub(crate) fn serve<'i, 'a>(
    index: &'i Index<'a>,
    plan: &mut Plan<'a>,
    (upstreams, regexes): (&mut Upstreams<'i, 'a>, &mut Regexes),
    (statuses, notes): (&mut Statuses, &mut Vec<Note>),
) -> Vec<(PartKey, HashedPart)> {
    let hosts = Hosts::default();
    let mut routes = Routes { index, plan, upstreams, statuses: Vec::new(), notes, hosts, regexes };
    routes.all(index.http_routes.shared_by_age());
    routes.all(index.grpc_routes.shared_by_age());
    routes.all(index.tls_routes.shared_by_age());
    routes.all(index.tcp_routes.shared_by_age());
    routes.all(index.udp_routes.shared_by_age());
    let Routes { hosts, plan, notes, upstreams, regexes, statuses: written, .. } = routes;
    // All at once is quicker than one by one.
    statuses.0.append(&mut written.into_iter().collect());
    let key = |position: usize| plan.listeners.get(position).map(|listener| listener.key.clone());
    hosts.finish(key, (&mut upstreams.memory, regexes), notes)
}

impl<'a> Routes<'_, '_, 'a> {
    /// Serves the routes of one kind, the oldest first.
    fn all<R: RouteKind>(&mut self, routes: Vec<&'a Arc<R>>) {
        for (ordinal, route) in routes.into_iter().enumerate() {
            let ordinal = u32::try_from(ordinal).unwrap_or(u32::MAX);
            if !R::http(route).is_some_and(|route| self.again(route, ordinal)) {
                self.one(route, ordinal);
            }
        }
    }

    fn one<R: RouteKind>(&mut self, route: &'a Arc<R>, ordinal: u32) {
        let hostnames = attach::hostnames(&**route);
        let mut parents: Vec<(Cow<'a, ParentReference>, Parent)> = Vec::with_capacity(route.parents().len());
        for reference in route.parents() {
            let parent = attach::attach(self.index, self.plan, &**route, reference, &hostnames);
            parents.push((Cow::Borrowed(reference), parent));
        }
        self.add_default_parents(&**route, &hostnames, &mut parents);
        let ours =
            parents.iter().any(|(_, parent)| matches!(parent, Parent::Refused(_) | Parent::Attached(_)));
        if !ours {
            route_notes(&**route, &parents, &CompiledRoute::default(), &hostnames, self.notes);
            return;
        }
        self.upstreams.forget_resolved();
        let mut scope = Scope { upstreams: &mut *self.upstreams, regexes: self.regexes };
        let mut compiled = route.compile(&mut scope);
        let places = self.places(&parents, &compiled);
        if let Some((memo, upstreams)) = self.memo(route, &parents, (&compiled, &hostnames), &places) {
            self.serve_known(Arc::new(memo), &upstreams, ordinal);
            return;
        }
        self.count(&places.counted);
        self.add_to_hosts(&places.placements, &mut compiled, ordinal);
        if places.any && places.placements.is_empty() {
            self.notes.push(not_served().note(&route.id(), Severity::Warning));
        }
        let shown = parents.iter().map(|(reference, parent)| (&**reference, parent));
        self.write_status(&**route, shown, &compiled, &hostnames);
        route_notes(&**route, &parents, &compiled, &hostnames, self.notes);
    }

    /// Adds the default Gateways that take the route in, if it asks for them (GEP-3793).
    fn add_default_parents<R: RouteKind>(
        &self,
        route: &'a R,
        hostnames: &Hostnames,
        parents: &mut Vec<(Cow<'a, ParentReference>, Parent)>,
    ) {
        if route.use_default_gateways() != Some(GatewayDefaultScope::All) {
            return;
        }
        for reference in &self.plan.default_gateways {
            let named = route.parents().iter().any(|explicit| {
                let kind = explicit.kind.as_deref().unwrap_or(Kind::Gateway.as_str());
                let namespace = explicit.namespace.as_deref().unwrap_or(route.namespace());
                kind == Kind::Gateway.as_str()
                    && explicit.name == reference.name
                    && Some(namespace) == reference.namespace.as_deref()
            });
            let parent = attach::attach(self.index, self.plan, route, reference, hostnames);
            if let (false, Parent::Attached(_)) = (named, &parent) {
                parents.push((Cow::Owned(reference.clone()), parent));
            }
        }
    }

    /// Where the route is counted and served.
    fn places(&self, parents: &[(Cow<'_, ParentReference>, Parent)], compiled: &CompiledRoute) -> Places {
        let accepted = !compiled.wholly_invalid();
        let mut places = Places::default();
        let attached = parents.iter().filter_map(|(_, parent)| match parent {
            Parent::Attached(listeners) => Some(listeners),
            _ => None,
        });
        for (position, hostnames) in attached.flatten() {
            let Some(listener) = self.plan.listeners.get(*position) else { continue };
            places.any = true;
            if accepted && !places.counted.contains(position) {
                places.counted.push(*position);
            }
            let gateway = self.plan.gateways.get(listener.gateway);
            if listener.programmed() && gateway.is_some_and(GatewayPlan::accepted) {
                let hostnames = hostnames.iter().map(|hostname| (*position, hostname.clone()));
                places.placements.extend(hostnames);
            }
        }
        places.placements.sort_unstable();
        places.placements.dedup();
        places
    }

    /// Counts the route at these listeners.
    pub(super) fn count(&mut self, listeners: &[usize]) {
        for position in listeners {
            if let Some(listener) = self.plan.listeners.get_mut(*position) {
                listener.attached = listener.attached.saturating_add(1);
            }
        }
    }

    /// The last hostname takes the rules over, the others get copies.
    fn add_to_hosts(
        &mut self,
        placements: &[(usize, HostnamePattern)],
        compiled: &mut CompiledRoute,
        ordinal: u32,
    ) {
        let Self { plan, upstreams, hosts, .. } = self;
        for (left, (position, hostname)) in (1..=placements.len()).rev().zip(placements) {
            let number = plan.listeners.get(*position).map(|listener| listener.gateway);
            let Some((number, gateway)) =
                number.and_then(|number| Some((number, plan.gateways.get(number)?)))
            else {
                continue;
            };
            for rule in &compiled.rules {
                upstreams.used_by(number, gateway, &rule.backends);
            }
            let rules = if left == 1 { std::mem::take(&mut compiled.rules) } else { compiled.rules.clone() };
            hosts.add((*position, hostname), (ordinal, rules), gateway, upstreams);
        }
    }

    pub(super) fn write_status<'p, R: RouteKind>(
        &mut self,
        route: &R,
        parents: impl Iterator<Item = (&'p ParentReference, &'p Parent)>,
        compiled: &CompiledRoute,
        hostnames: &Hostnames,
    ) {
        if !self.index.options.statuses {
            return;
        }
        let parents = parents
            .filter_map(|(reference, parent)| parent_status(route, reference, parent, compiled, hostnames));
        let status = RouteStatus { parents: parents.collect() };
        self.statuses.push((route.id(), Status::Route(status)));
    }
}

fn not_served() -> Problem {
    let message = "the route attaches only to listeners that are not served";
    Problem::new("NotServed", "parentRefs", message, "see the conditions of the Gateway and its listeners")
}
