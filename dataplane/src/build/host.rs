//! Hosts: the index over the entries, and the plan of each rule.

use crate::{
    filter::{FilterPlan, WeightedPick},
    observe::Observer,
    route::HostIndex,
    tables::{Action, BackendPlan, Backends, HostTable, RuleId, RulePlan, Target},
    upstream::Registry,
};
use corten_snapshot::{Host, Listener, ListenerKey, Part, Rule};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A listener that counts by route.
pub(super) struct Counted<'a> {
    pub(super) observer: &'a Observer,
    pub(super) key: &'a ListenerKey,
    pub(super) listener: &'a Listener,
}

/// A host in force.
pub(super) struct Built {
    /// What it was built from.
    pub(super) part: Arc<Part>,
    pub(super) table: Arc<HostTable>,
}

impl Built {
    fn rules(&self) -> impl Iterator<Item = (&Arc<Rule>, &Arc<RulePlan>)> {
        let rules = match &*self.part {
            Part::Host(host) => host.rules.as_slice(),
            _ => &[],
        };
        rules.iter().zip(&self.table.rules)
    }
}

/// Builds the table of one host. `counted`: for a listener that counts by route. Rules that are shared with `old`, which
/// must be counted in the same way, are not built again.
///
/// # Errors
/// Says which rule, and what of it, cannot be built.
pub(super) fn build(
    host: &Host,
    registry: &Registry,
    counted: Option<&Counted<'_>>,
    old: Option<&Built>,
) -> Result<HostTable, String> {
    let index = HostIndex::build(host).map_err(|error| error.to_string())?;
    // `old` holds its rules, so one with the same address is the same.
    let known: FxHashMap<*const Rule, &Arc<RulePlan>> =
        old.into_iter().flat_map(Built::rules).map(|(rule, plan)| (Arc::as_ptr(rule), plan)).collect();
    let rules = host.rules.iter().map(|rule| match known.get(&Arc::as_ptr(rule)) {
        Some(plan) => Ok(Arc::clone(plan)),
        None => plan(rule, registry, counted).map(Arc::new),
    });
    let rules = rules.collect::<Result<_, String>>()?;
    Ok(HostTable { index, rules })
}

fn plan(rule: &Rule, registry: &Registry, counted: Option<&Counted<'_>>) -> Result<RulePlan, String> {
    let within = |error: String| {
        let route = &rule.route;
        format!("{} {}/{}, rule {}: {error}", route.kind, route.namespace, route.name, rule.index)
    };
    let target = |target: &corten_snapshot::Target| self::target(target, registry);
    let filters = FilterPlan::build(&rule.filters, target).map_err(|error| within(error.to_string()))?;
    let action = match &rule.action {
        corten_snapshot::Action::Forward(backends) => {
            Action::Forward(forward(backends, registry).map_err(within)?)
        }
        corten_snapshot::Action::Error { status, reason } => {
            Action::Error { status: *status, reason: reason.as_str().into() }
        }
    };
    let id = RuleId {
        route: format!("{}/{}", rule.route.namespace, rule.route.name).into(),
        rule: rule.name.clone().unwrap_or_else(|| rule.index.to_string()).into(),
    };
    let stats = counted.map(|counted| counted.observer.route(counted.key, counted.listener, &rule.route));
    let (timeouts, retry) = (rule.timeouts.clone(), rule.retry.clone());
    Ok(RulePlan { id, filters, action, timeouts, retry, stats })
}

fn forward(backends: &[corten_snapshot::Backend], registry: &Registry) -> Result<Backends, String> {
    let weights: Vec<u32> = backends.iter().map(|backend| backend.weight).collect();
    let plans = backends.iter().map(|backend| {
        let filters = if backend.filters.is_empty() {
            None
        } else {
            let plan = FilterPlan::build(&backend.filters, |t| target(t, registry));
            Some(Box::new(plan.map_err(|error| error.to_string())?))
        };
        Ok(BackendPlan { target: target(&backend.target, registry), filters })
    });
    let backends = plans.collect::<Result<_, String>>()?;
    Ok(Backends { pick: WeightedPick::new(&weights), backends })
}

fn target(target: &corten_snapshot::Target, registry: &Registry) -> Target {
    match target {
        corten_snapshot::Target::Cluster(key) => Target::Cluster(registry.cluster(key)),
        corten_snapshot::Target::Invalid { status, reason } => {
            Target::Invalid { status: *status, reason: reason.as_str().into() }
        }
    }
}
