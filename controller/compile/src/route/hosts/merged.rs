//! A hostname again, where only a few of its routes are others than before: their matches are taken out and put in, and
//! the rest stays in its order.

use super::{Placed, Rules};
use crate::{
    memory::{HostMemo, Occupant, RouteMemo},
    route::{CompiledMatch, Regexes, Specificity, http, shadow::COMPARED},
};
use corten_snapshot::{Entry, Host, Part, Rule};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The most matches that are put in; of more it is as quick to sort all.
const FEW: usize = 32;

/// What a hostname holds.
pub(super) struct Merged {
    /// Sorted by precedence.
    pub(super) entries: Vec<Entry>,
    pub(super) rules: Vec<Arc<Rule>>,
}

/// Rules by their numbers, and the matches that are new.
#[derive(Default)]
struct Merge {
    rules: Vec<Arc<Rule>>,
    /// The new number of each old rule that stays.
    renumbered: Vec<Option<u32>>,
    added: Vec<Entry>,
}

impl Merged {
    /// What `memo` was, with the routes that are there now, the oldest first. `None`: too much is new, or a match may be
    /// shadowed.
    pub(super) fn of(memo: &HostMemo, routes: &[Placed], regexes: &mut Regexes) -> Option<Self> {
        let Part::Host(old) = &*memo.part.part else { return None };
        if memo.crowded {
            return None;
        }
        let known = first_rules(memo);
        let mut merge = Merge { renumbered: vec![None; old.rules.len()], ..Merge::default() };
        merge.rules.reserve(old.rules.len());
        for placed in routes {
            match &placed.rules {
                Rules::Known(memo) => match known.get(&Arc::as_ptr(memo)) {
                    Some(first) => merge.keep(*first, &memo.rules),
                    None => {
                        let matches = http::matches(&memo.route, regexes);
                        memo.rules.iter().zip(&matches).for_each(|(rule, matches)| merge.add(rule, matches));
                    }
                },
                Rules::Compiled(rules) => rules.iter().for_each(|new| merge.add(&new.rule, &new.matches)),
            }
            if merge.added.len() > FEW {
                return None;
            }
        }
        merge.finish(old)
    }
}

/// The number of the first rule of each known route.
fn first_rules(memo: &HostMemo) -> FxHashMap<*const RouteMemo, usize> {
    let mut first = 0;
    let mut known = FxHashMap::default();
    known.reserve(memo.routes.len());
    for route in &memo.routes {
        match route {
            Occupant::Known(route) => {
                known.insert(Arc::as_ptr(route), first);
                first += route.rules.len();
            }
            Occupant::Compiled(rules) => first += rules,
        }
    }
    known
}

impl Merge {
    fn number(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    fn keep(&mut self, first: usize, rules: &[Arc<Rule>]) {
        for (place, rule) in rules.iter().enumerate() {
            let number = self.number();
            if let Some(renumbered) = self.renumbered.get_mut(first + place) {
                *renumbered = Some(number);
            }
            self.rules.push(rule.clone());
        }
    }

    fn add(&mut self, rule: &Arc<Rule>, matches: &[CompiledMatch]) {
        let number = self.number();
        let entries = matches.iter().map(|matched| Entry { rule: number, ..matched.entry.clone() });
        self.added.extend(entries);
        self.rules.push(rule.clone());
    }

    /// Rules are numbered by the age of their routes, so that the order of entries is that of their specificity and
    /// number.
    fn finish(mut self, old: &Host) -> Option<Merged> {
        let renumbered = |entry: &Entry| self.renumbered.get(usize::try_from(entry.rule).ok()?).copied()?;
        let mut entries = Vec::with_capacity(old.entries.len() + self.added.len());
        entries.extend(
            old.entries.iter().filter_map(|entry| Some(Entry { rule: renumbered(entry)?, ..entry.clone() })),
        );
        let order = |entry: &Entry| (Specificity::of(entry), entry.rule);
        for new in self.added.drain(..) {
            if !is_clear(&new, &entries) {
                return None;
            }
            // Behind those of its own rule, which came before it.
            let place = entries.partition_point(|entry| order(entry) <= order(&new));
            entries.insert(place, new);
        }
        Some(Merged { entries, rules: self.rules })
    }
}

/// Whether no entry of another rule has the same conditions, and few enough are alike.
fn is_clear(new: &Entry, entries: &[Entry]) -> bool {
    let alike = entries.iter().filter(|entry| entry.path == new.path && entry.method == new.method);
    let mut count = 0;
    for entry in alike {
        count += 1;
        let same = entry.headers == new.headers && entry.query == new.query;
        if count >= COMPARED || same && entry.rule != new.rule {
            return false;
        }
    }
    true
}
