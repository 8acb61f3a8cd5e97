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
use corten_snapshot::{Host, HostnamePattern};
use std::borrow::Cow;

/// Everything about routes that is being put together.
pub(crate) struct Routes<'r, 'i, 'a> {
    pub(crate) index: &'i Index<'a>,
    pub(crate) plan: &'r mut Plan<'a>,
    pub(crate) upstreams: &'r mut Upstreams<'i, 'a>,
    /// In the order of the routes.
    pub(crate) statuses: Vec<(ObjectId, Status)>,
    pub(crate) notes: &'r mut Vec<Note>,
    hosts: Hosts,
    regexes: &'r mut Regexes,
}

/// Serves the routes of all kinds, and gives back the hostnames with their entries.
pub(crate) fn serve<'i, 'a>(
    index: &'i Index<'a>,
    plan: &mut Plan<'a>,
    (upstreams, regexes): (&mut Upstreams<'i, 'a>, &mut Regexes),
    (statuses, notes): (&mut Statuses, &mut Vec<Note>),
) -> Vec<Host> {
    let hosts = Hosts::default();
    let mut routes = Routes { index, plan, upstreams, statuses: Vec::new(), notes, hosts, regexes };
    routes.all(index.http_routes.by_age());
    routes.all(index.grpc_routes.by_age());
    routes.all(index.tls_routes.by_age());
    routes.all(index.tcp_routes.by_age());
    routes.all(index.udp_routes.by_age());
    let Routes { hosts, plan, notes, statuses: written, .. } = routes;
    // All at once is quicker than one by one.
    statuses.0.append(&mut written.into_iter().collect());
    hosts.finish(|position| plan.listeners.get(position).map(|listener| listener.key.clone()), notes)
}

impl<'a> Routes<'_, '_, 'a> {
    /// Serves the routes of one kind, the oldest first.
    fn all<R: RouteKind>(&mut self, routes: Vec<&'a R>) {
        for (ordinal, route) in routes.into_iter().enumerate() {
            self.one(route, u32::try_from(ordinal).unwrap_or(u32::MAX));
        }
    }

    fn one<R: RouteKind>(&mut self, route: &'a R, ordinal: u32) {
        let hostnames = attach::hostnames(route);
        let mut parents: Vec<(Cow<'a, ParentReference>, Parent)> = Vec::with_capacity(route.parents().len());
        for reference in route.parents() {
            let parent = attach::attach(self.index, self.plan, route, reference, &hostnames);
            parents.push((Cow::Borrowed(reference), parent));
        }
        self.add_default_parents(route, &hostnames, &mut parents);
        let ours =
            parents.iter().any(|(_, parent)| matches!(parent, Parent::Refused(_) | Parent::Attached(_)));
        if !ours {
            route_notes(route, &parents, &CompiledRoute::default(), &hostnames, self.notes);
            return;
        }
        let mut scope = Scope { upstreams: &mut *self.upstreams, regexes: self.regexes };
        let mut compiled = route.compile(&mut scope);
        if !self.place(&parents, &mut compiled, ordinal) {
            self.notes.push(not_served().note(&route.id(), Severity::Warning));
        }
        self.write_status(route, &parents, &compiled, &hostnames);
        route_notes(route, &parents, &compiled, &hostnames, self.notes);
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

    /// Puts the rules on the hostnames of the listeners, each once. `false`: it attaches only to listeners that are not
    /// served.
    fn place(
        &mut self,
        parents: &[(Cow<'_, ParentReference>, Parent)],
        compiled: &mut CompiledRoute,
        ordinal: u32,
    ) -> bool {
        let accepted = !compiled.wholly_invalid();
        let mut any = false;
        let mut placements: Vec<(usize, &HostnamePattern)> = Vec::new();
        let mut counted: Vec<usize> = Vec::new();
        let attached = parents.iter().filter_map(|(_, parent)| match parent {
            Parent::Attached(listeners) => Some(listeners),
            _ => None,
        });
        for (position, hostnames) in attached.flatten() {
            let Some(listener) = self.plan.listeners.get_mut(*position) else { continue };
            any = true;
            if accepted && !counted.contains(position) {
                counted.push(*position);
                listener.attached = listener.attached.saturating_add(1);
            }
            let gateway = self.plan.gateways.get(listener.gateway);
            if listener.programmed() && gateway.is_some_and(GatewayPlan::accepted) {
                placements.extend(hostnames.iter().map(|hostname| (*position, hostname)));
            }
        }
        placements.sort_unstable();
        placements.dedup();
        self.add_to_hosts(&placements, compiled, ordinal);
        !any || !placements.is_empty()
    }

    /// The last hostname takes the rules over, the others get copies.
    fn add_to_hosts(
        &mut self,
        placements: &[(usize, &HostnamePattern)],
        compiled: &mut CompiledRoute,
        ordinal: u32,
    ) {
        for (left, (position, hostname)) in (1..=placements.len()).rev().zip(placements) {
            let number = self.plan.listeners.get(*position).map(|listener| listener.gateway);
            let Some((number, gateway)) =
                number.and_then(|number| Some((number, self.plan.gateways.get(number)?)))
            else {
                continue;
            };
            for rule in &compiled.rules {
                self.upstreams.used_by(number, gateway, &rule.backends);
            }
            let rules = if left == 1 { std::mem::take(&mut compiled.rules) } else { compiled.rules.clone() };
            self.hosts.add((*position, hostname), (ordinal, rules), gateway, self.upstreams);
        }
    }

    fn write_status<R: RouteKind>(
        &mut self,
        route: &R,
        parents: &[(Cow<'_, ParentReference>, Parent)],
        compiled: &CompiledRoute,
        hostnames: &Hostnames,
    ) {
        let parents = parents
            .iter()
            .filter_map(|(reference, parent)| parent_status(route, reference, parent, compiled, hostnames));
        let status = RouteStatus { parents: parents.collect() };
        self.statuses.push((route.id(), Status::Route(status)));
    }
}

fn not_served() -> Problem {
    let message = "the route attaches only to listeners that are not served";
    Problem::new("NotServed", "parentRefs", message, "see the conditions of the Gateway and its listeners")
}
