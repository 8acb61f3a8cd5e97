//! Which listeners a parentRef leads to, and which hostnames route and listener have in common.

use super::RouteKind;
use crate::{
    gateway::Plan,
    hostname,
    index::Index,
    listener::Listener,
    object::{GATEWAY_GROUP, Kind, Name},
    problem::Problem,
};
use corten_crds::gateway::ParentReference;
use corten_snapshot::HostnamePattern;
use std::ops::Range;

/// What became of one parentRef.
pub(super) enum Parent {
    /// It is not ours.
    Foreign,
    /// There is no such parent at all.
    Missing(Problem),
    /// The route does not attach.
    Refused(Problem),
    /// The route attaches to these listeners, with these hostnames of each.
    Attached(Vec<(usize, Vec<HostnamePattern>)>),
}

/// The hostnames of a route that can be read, and what is wrong with the others.
#[derive(Default)]
pub(super) struct Hostnames {
    pub(super) patterns: Vec<HostnamePattern>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the hostnames. A route without any has all names; one whose names are all wrong has none.
pub(super) fn hostnames<R: RouteKind>(route: &R) -> Hostnames {
    if route.hostnames().is_empty() {
        return Hostnames { patterns: vec![HostnamePattern::Any], problems: Vec::new() };
    }
    let mut read = Hostnames { patterns: Vec::new(), problems: Vec::new() };
    for (position, name) in route.hostnames().iter().enumerate() {
        let parsed =
            if name.is_empty() { Err("an empty hostname".to_owned()) } else { hostname::parse(Some(name)) };
        match parsed {
            Ok(pattern) => read.patterns.push(pattern),
            Err(message) => read.problems.push(Problem::new(
                "UnsupportedValue",
                format!("hostnames[{position}]"),
                message,
                "write a lower-case DNS name such as www.example.com or *.example.com",
            )),
        }
    }
    read
}

/// Follows one parentRef of a route in `namespace`.
pub(super) fn attach<'a, R: RouteKind>(
    index: &Index<'a>,
    plan: &Plan<'a>,
    route: &'a R,
    reference: &ParentReference,
    hostnames: &Hostnames,
) -> Parent {
    let name: Name<'_> = (reference.namespace.as_deref().unwrap_or(route.namespace()), &reference.name);
    let range = match find(index, plan, reference, name) {
        Ok(range) => range,
        Err(parent) => return parent,
    };
    let listeners = plan.listeners.get(range.clone()).unwrap_or_default();
    let numbered = range.zip(listeners);
    let selected: Vec<_> = numbered.filter(|(_, listener)| selects(reference, listener)).collect();
    if selected.is_empty() {
        return Parent::Refused(no_matching_parent(reference, listeners));
    }
    let allowed: Vec<_> = selected
        .into_iter()
        .filter(|(_, l)| l.kinds.contains(&R::KIND) && l.allows_namespace(index, route.namespace()))
        .collect();
    if allowed.is_empty() {
        return Parent::Refused(not_allowed::<R>(route));
    }
    if let (true, Some(problem)) = (hostnames.patterns.is_empty(), hostnames.problems.first()) {
        return Parent::Refused(problem.clone());
    }
    let common: Vec<_> = allowed
        .into_iter()
        .map(|(position, listener)| (position, common(listener, &hostnames.patterns)))
        .filter(|(_, hostnames)| !hostnames.is_empty())
        .collect();
    if common.is_empty() {
        return Parent::Refused(Problem::new(
            "NoMatchingListenerHostname",
            "hostnames",
            "none of the route's hostnames is one of a listener that allows the route",
            "give route and listener a hostname in common",
        ));
    }
    Parent::Attached(common)
}

/// The listeners of the parent.
fn find(
    index: &Index<'_>,
    plan: &Plan<'_>,
    reference: &ParentReference,
    name: Name<'_>,
) -> Result<Range<usize>, Parent> {
    let group = reference.group.as_deref().unwrap_or(GATEWAY_GROUP);
    let kind = reference.kind.as_deref().unwrap_or("Gateway");
    if group != GATEWAY_GROUP {
        return Err(Parent::Foreign);
    }
    let (found, exists) = if kind == Kind::Gateway.as_str() {
        let gateway = plan.gateway_by_name.get(&name).and_then(|position| plan.gateways.get(*position));
        (gateway.map(|gateway| gateway.listeners.clone()), index.gateways.get(name).is_some())
    } else if kind == Kind::ListenerSet.as_str() {
        let set = plan.set_by_name.get(&name).and_then(|position| plan.sets.get(*position));
        (set.map(|set| set.listeners.clone()), index.listener_sets.get(name).is_some())
    } else {
        return Err(Parent::Foreign);
    };
    found.ok_or_else(|| {
        if exists {
            return Parent::Foreign;
        }
        let message = format!("{kind} {}/{} does not exist", name.0, name.1);
        Parent::Missing(Problem::new(
            "NoMatchingParent",
            "parentRefs",
            message,
            "create it, or correct the name",
        ))
    })
}

fn selects(reference: &ParentReference, listener: &Listener<'_>) -> bool {
    let section = reference.section_name.as_deref().filter(|section| !section.is_empty());
    section.is_none_or(|section| listener.spec.name == section)
        && reference.port.is_none_or(|port| listener.spec.port == port)
}

/// The intersections of the listener's hostname with the route's, each once.
fn common(listener: &Listener<'_>, hostnames: &[HostnamePattern]) -> Vec<HostnamePattern> {
    let Some(own) = &listener.hostname else { return Vec::new() };
    let mut common: Vec<HostnamePattern> = Vec::with_capacity(hostnames.len());
    for hostname in hostnames {
        if let Some(both) = hostname::intersect(own, hostname)
            && !common.contains(&both)
        {
            common.push(both);
        }
    }
    common
}

fn no_matching_parent(reference: &ParentReference, listeners: &[Listener<'_>]) -> Problem {
    let wanted = match (&reference.section_name, reference.port) {
        (Some(section), Some(port)) => format!("named `{section}` on port {port}"),
        (Some(section), None) => format!("named `{section}`"),
        (None, Some(port)) => format!("on port {port}"),
        (None, None) => "at all".to_owned(),
    };
    let known: Vec<_> = listeners.iter().map(|l| format!("{} ({})", l.spec.name, l.spec.port)).collect();
    let remedy = match known.is_empty() {
        true => "see the status of the parent".to_owned(),
        false => format!("use one of its listeners: {}", known.join(", ")),
    };
    Problem::new("NoMatchingParent", "parentRefs", format!("the parent has no listener {wanted}"), remedy)
}

fn not_allowed<R: RouteKind>(route: &R) -> Problem {
    let kind = R::KIND.as_str();
    if !super::kinds::is_served(R::KIND) {
        let message = format!("routes of kind {kind} are not served by this version of Corten");
        return Problem::new(
            "NotAllowedByListeners",
            "parentRefs",
            message,
            "use an HTTPRoute where you can",
        );
    }
    let message = format!("no listener of the parent allows {kind}s of namespace {}", route.namespace());
    let remedy = "see `allowedRoutes` of its listeners: kinds and namespaces";
    Problem::new("NotAllowedByListeners", "parentRefs", message, remedy)
}
