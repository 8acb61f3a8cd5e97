//! Matches that never get a request, because an equal one comes before them on the same hostname.

use super::Rank;
use crate::{
    note::{Note, Severity},
    object::{Kind, ObjectId, ObjectName},
    problem::Problem,
};
use corten_snapshot::{Entry, HostnamePattern, PathMatch, Rule};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Of many entries with one path and method only so many are compared by their other conditions.
pub(super) const COMPARED: usize = 32;

/// Path and method of an entry.
type Condition<'e> = (&'e PathMatch, Option<&'e str>);

/// What was found on a hostname.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    /// Some match is shadowed, noted or not.
    pub(super) shadowed: bool,
    /// So many are alike that not all were compared.
    pub(super) crowded: bool,
}

/// Finds shadowed matches and notes each once, however many hostnames it is on.
#[derive(Default)]
pub(super) struct Shadows {
    noted: FxHashSet<(u32, u32, u32)>,
}

impl Shadows {
    /// Looks through the entries of one hostname, sorted by precedence.
    pub(super) fn find(
        &mut self,
        hostname: &HostnamePattern,
        entries: &[(Rank, Entry)],
        rules: &[Arc<Rule>],
        notes: &mut Vec<Note>,
    ) -> Found {
        let mut found = Found::default();
        let mut first: FxHashMap<Condition<'_>, Vec<&(Rank, Entry)>> = FxHashMap::default();
        for item in entries {
            let (rank, entry) = item;
            let alike = first.entry((&entry.path, entry.method.as_deref())).or_default();
            let before =
                alike.iter().find(|(_, other)| other.headers == entry.headers && other.query == entry.query);
            match before {
                Some((_, other)) => {
                    let another_rule = other.rule != entry.rule;
                    found.shadowed |= another_rule;
                    if another_rule && self.noted.insert((rank.route, rank.rule, rank.position)) {
                        notes.extend(note(hostname, rank, rules, (entry.rule, other.rule)));
                    }
                }
                None if alike.len() < COMPARED => alike.push(item),
                None => found.crowded = true,
            }
        }
        found
    }
}

fn note(
    hostname: &HostnamePattern,
    rank: &Rank,
    rules: &[Arc<Rule>],
    (shadowed, before): (u32, u32),
) -> Option<Note> {
    let rule = |number: u32| rules.get(usize::try_from(number).ok()?);
    let (own, other) = (rule(shadowed)?, rule(before)?);
    let message = format!(
        "never gets a request for {hostname}: rules[{}] of {} {}/{} comes first and has the same match",
        other.index, other.route.kind, other.route.namespace, other.route.name
    );
    let field = format!("rules[{}].matches[{}]", rank.rule, rank.position);
    let remedy = "remove one of the two, or make them differ";
    let name = ObjectName::new(own.route.namespace.as_str(), own.route.name.as_str());
    let object = ObjectId { kind: Kind::HttpRoute, name };
    Some(Problem::new("Shadowed", field, message, remedy).note(&object, Severity::Warning))
}
