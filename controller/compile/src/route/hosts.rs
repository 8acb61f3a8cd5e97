//! The hostnames of listeners with the entries of all routes on them.

use super::{CompiledRoute, Rank, shadow::Shadows};
use crate::{backend::Upstreams, gateway::GatewayPlan, note::Note};
use corten_snapshot::{Action, Entry, Filter, Host, HostnamePattern, ListenerKey, Rule};
use rustc_hash::FxHashMap;

/// All hostnames that are being filled.
#[derive(Default)]
pub(super) struct Hosts {
    by_name: FxHashMap<(usize, HostnamePattern), HostDraft>,
}

#[derive(Default)]
struct HostDraft {
    entries: Vec<(Rank, Entry)>,
    rules: Vec<Rule>,
}

impl Hosts {
    /// Adds a route (the `ordinal`th by age) to a hostname of the listener at `listener`.
    pub(super) fn add(
        &mut self,
        (listener, hostname): (usize, &HostnamePattern),
        (ordinal, route): (u32, &CompiledRoute),
        gateway: &GatewayPlan<'_>,
        upstreams: &mut Upstreams<'_, '_>,
    ) {
        let draft = self.by_name.entry((listener, hostname.clone())).or_default();
        for compiled in &route.rules {
            let number = u32::try_from(draft.rules.len()).unwrap_or(u32::MAX);
            for (position, matched) in compiled.matches.iter().enumerate() {
                let rank = Rank {
                    specificity: matched.specificity,
                    route: ordinal,
                    rule: compiled.rule.index,
                    position: u32::try_from(position).unwrap_or(u32::MAX),
                };
                draft.entries.push((rank, Entry { rule: number, ..matched.entry.clone() }));
            }
            let mut rule = compiled.rule.clone();
            adapt(&mut rule, gateway, upstreams);
            draft.rules.push(rule);
        }
    }

    /// The finished hostnames. `key` is the key of the listener at a place.
    pub(super) fn finish(
        self,
        key: impl Fn(usize) -> Option<ListenerKey>,
        notes: &mut Vec<Note>,
    ) -> Vec<Host> {
        let mut shadows = Shadows::default();
        let mut drafts: Vec<_> = self.by_name.into_iter().collect();
        drafts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let finish = |((listener, hostname), mut draft): ((usize, HostnamePattern), HostDraft)| {
            draft.entries.sort_unstable_by_key(|(rank, _)| *rank);
            shadows.find(&hostname, &draft.entries, &draft.rules, notes);
            let entries = draft.entries.into_iter().map(|(_, entry)| entry).collect();
            Some(Host { listener: key(listener)?, hostname, entries, rules: draft.rules })
        };
        drafts.into_iter().filter_map(finish).collect()
    }
}

/// Makes the targets of a rule those that they are for this Gateway.
fn adapt(rule: &mut Rule, gateway: &GatewayPlan<'_>, upstreams: &mut Upstreams<'_, '_>) {
    if gateway.plain_upstreams() {
        return;
    }
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
