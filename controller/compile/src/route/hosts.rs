//! The hostnames of listeners with the entries of all routes on them.

mod merged;

use super::{
    CompiledRule, Rank, Regexes, http,
    shadow::{Found, Shadows},
};
use crate::{
    backend::Upstreams,
    gateway::GatewayPlan,
    memory::{HostMemo, Memories, Occupant, RouteMemo},
    note::Note,
};
use corten_snapshot::{
    Action, Entry, Filter, HashedPart, Host, HostnamePattern, ListenerKey, Part, PartKey, Rule,
};
use merged::Merged;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The place of a listener, and a hostname on it.
type At = (usize, HostnamePattern);

/// All hostnames that are being filled.
#[derive(Default)]
pub(super) struct Hosts {
    /// Places in `drafts`.
    by_name: FxHashMap<At, usize>,
    /// In the order of their first routes.
    drafts: Vec<(At, Vec<Placed>)>,
}

/// A route on a hostname.
struct Placed {
    /// Its place among all by age.
    ordinal: u32,
    rules: Rules,
}

enum Rules {
    /// Nothing is wrong with the route.
    Known(Arc<RouteMemo>),
    Compiled(Vec<CompiledRule>),
}

/// A hostname whose rules and entries have been put together.
#[derive(Default)]
struct HostDraft {
    entries: Vec<(Rank, Entry)>,
    rules: Vec<Arc<Rule>>,
}

impl Hosts {
    /// Adds the rules of a route (the `ordinal`th by age) to a hostname of the listener at `listener`.
    pub(super) fn add(
        &mut self,
        (listener, hostname): (usize, &HostnamePattern),
        (ordinal, mut rules): (u32, Vec<CompiledRule>),
        gateway: &GatewayPlan<'_>,
        upstreams: &mut Upstreams<'_, '_>,
    ) {
        if !gateway.plain_upstreams() {
            rules.iter_mut().for_each(|rule| adapt(Arc::make_mut(&mut rule.rule), gateway, upstreams));
        }
        self.put((listener, hostname), Placed { ordinal, rules: Rules::Compiled(rules) });
    }

    /// The same for a route that is known. No Gateway has a client certificate.
    pub(super) fn add_known(
        &mut self,
        at: (usize, &HostnamePattern),
        (ordinal, memo): (u32, &Arc<RouteMemo>),
    ) {
        self.put(at, Placed { ordinal, rules: Rules::Known(memo.clone()) });
    }

    fn put(&mut self, (listener, hostname): (usize, &HostnamePattern), placed: Placed) {
        let Self { by_name, drafts } = self;
        let at = (listener, hostname.clone());
        let place = *by_name.entry(at).or_insert_with_key(|at| {
            drafts.push((at.clone(), Vec::new()));
            drafts.len() - 1
        });
        if let Some((_, routes)) = drafts.get_mut(place) {
            routes.push(placed);
        }
    }

    /// The finished hostnames. `key` is the key of the listener at a place.
    pub(super) fn finish(
        self,
        key: impl Fn(usize) -> Option<ListenerKey>,
        (memory, regexes): (&mut Memories, &mut Regexes),
        notes: &mut Vec<Note>,
    ) -> Vec<(PartKey, HashedPart)> {
        let mut parts = Vec::with_capacity(self.drafts.len());
        let mut new = Vec::new();
        for (at, routes) in self.drafts {
            let Some(listener) = key(at.0) else { continue };
            let occupants: Box<[Occupant]> = routes.iter().map(Placed::occupant).collect();
            match memory.take_host(&at) {
                Some(memo) if memo.is_of(&occupants) => {
                    parts.push((PartKey::Host(listener, at.1.clone()), memo.part.clone()));
                    memory.keep_host(at, memo);
                }
                memo => new.push((at, listener, (routes, occupants), memo)),
            }
        }
        // In one order, because each shadowed match is noted for the first hostname only.
        new.sort_unstable_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut shadows = Shadows::default();
        for (at, listener, (placed, routes), memo) in new {
            let again = memo.and_then(|memo| Merged::of(&memo, &placed, regexes));
            let (Merged { entries, rules }, found) = match again {
                Some(merged) => (merged, Found::default()),
                None => HostDraft::of(placed, regexes).finish(&at.1, &mut shadows, notes),
            };
            let host = Host { listener: listener.clone(), hostname: at.1.clone(), entries, rules };
            let part = HashedPart::new(Part::Host(Box::new(host)));
            parts.push((PartKey::Host(listener, at.1.clone()), part.clone()));
            if !found.shadowed {
                memory.keep_host(at, HostMemo { routes, crowded: found.crowded, part });
            }
        }
        parts
    }
}

impl Placed {
    fn occupant(&self) -> Occupant {
        match &self.rules {
            Rules::Known(memo) => Occupant::Known(memo.clone()),
            Rules::Compiled(rules) => Occupant::Compiled(rules.len()),
        }
    }
}

impl HostDraft {
    /// Puts the routes together, sorted by precedence.
    fn of(routes: Vec<Placed>, regexes: &mut Regexes) -> Self {
        let mut draft = Self::default();
        for Placed { ordinal, rules } in routes {
            match rules {
                Rules::Compiled(rules) => {
                    rules.into_iter().for_each(|compiled| draft.add(ordinal, compiled.rule, compiled.matches))
                }
                Rules::Known(memo) => {
                    let matches = http::matches(&memo.route, regexes);
                    memo.rules
                        .iter()
                        .zip(matches)
                        .for_each(|(rule, matches)| draft.add(ordinal, rule.clone(), matches));
                }
            }
        }
        draft.rules.shrink_to_fit();
        draft.entries.sort_unstable_by_key(|(rank, _)| *rank);
        draft
    }

    /// Its entries and rules, and what was found of shadowed matches, which are noted.
    fn finish(
        self,
        hostname: &HostnamePattern,
        shadows: &mut Shadows,
        notes: &mut Vec<Note>,
    ) -> (Merged, Found) {
        let found = shadows.find(hostname, &self.entries, &self.rules, notes);
        // Collected, they would stay in the larger room of the pairs.
        let mut entries = Vec::with_capacity(self.entries.len());
        entries.extend(self.entries.into_iter().map(|(_, entry)| entry));
        (Merged { entries, rules: self.rules }, found)
    }

    fn add(&mut self, route: u32, rule: Arc<Rule>, matches: Vec<super::CompiledMatch>) {
        let number = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        for (position, matched) in matches.into_iter().enumerate() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            let rank = Rank { specificity: matched.specificity, route, rule: rule.index, position };
            self.entries.push((rank, Entry { rule: number, ..matched.entry }));
        }
        self.rules.push(rule);
    }
}

/// Makes the targets of a rule those that they are for this Gateway.
fn adapt(rule: &mut Rule, gateway: &GatewayPlan<'_>, upstreams: &mut Upstreams<'_, '_>) {
    let filters = |filters: &mut [Filter], upstreams: &mut Upstreams<'_, '_>| {
        for filter in filters {
            if let Filter::Mirror(mirror) = filter {
                upstreams.adapt(gateway, &mut mirror.target);
            }
        }
    };
    filters(&mut rule.filters, upstreams);
    if let Action::Forward(backends) = &mut rule.action {
        for backend in backends {
            upstreams.adapt(gateway, &mut backend.target);
            filters(&mut backend.filters, upstreams);
        }
    }
}
