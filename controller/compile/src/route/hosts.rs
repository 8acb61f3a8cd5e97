//! The hostnames of listeners with the entries of all routes on them.

use super::{CompiledRule, Rank, shadow::Shadows};
use crate::{backend::Upstreams, gateway::GatewayPlan, note::Note};
use corten_snapshot::{Action, Entry, Filter, Host, HostnamePattern, ListenerKey, Rule};
use rustc_hash::FxHashMap;

/// All hostnames that are being filled.
#[derive(Default)]
pub(super) struct Hosts {
    /// Places in `drafts`.
    by_name: FxHashMap<(usize, HostnamePattern), usize>,
    /// In the order of their first routes.
    drafts: Vec<((usize, HostnamePattern), HostDraft)>,
}

#[derive(Default)]
struct HostDraft {
    entries: Vec<(Rank, Entry)>,
    rules: Vec<Rule>,
}

impl Hosts {
    /// Adds the rules of a route (the `ordinal`th by age) to a hostname of the listener at `listener`.
    pub(super) fn add(
        &mut self,
        (listener, hostname): (usize, &HostnamePattern),
        (ordinal, rules): (u32, Vec<CompiledRule>),
        gateway: &GatewayPlan<'_>,
        upstreams: &mut Upstreams<'_, '_>,
    ) {
        let Self { by_name, drafts } = self;
        let place = *by_name.entry((listener, hostname.clone())).or_insert_with(|| {
            drafts.push(((listener, hostname.clone()), HostDraft::default()));
            drafts.len() - 1
        });
        let Some((_, draft)) = drafts.get_mut(place) else { return };
        for compiled in rules {
            let number = u32::try_from(draft.rules.len()).unwrap_or(u32::MAX);
            for (position, matched) in compiled.matches.into_iter().enumerate() {
                let rank = Rank {
                    specificity: matched.specificity,
                    route: ordinal,
                    rule: compiled.rule.index,
                    position: u32::try_from(position).unwrap_or(u32::MAX),
                };
                draft.entries.push((rank, Entry { rule: number, ..matched.entry }));
            }
            let mut rule = compiled.rule;
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
        let mut drafts = self.drafts;
        for (_, draft) in &mut drafts {
            draft.entries.sort_unstable_by_key(|(rank, _)| *rank);
        }
        // In one order, because each shadowed match is noted for the first hostname only.
        let mut several: Vec<_> = drafts.iter().filter(|(_, draft)| draft.entries.len() > 1).collect();
        several.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut shadows = Shadows::default();
        for ((_, hostname), draft) in several {
            shadows.find(hostname, &draft.entries, &draft.rules, notes);
        }
        let finish = |((listener, hostname), draft): ((usize, HostnamePattern), HostDraft)| {
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
