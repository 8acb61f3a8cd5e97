use super::*;
use corten_snapshot::{ValueMatch, ValuePattern};
use proptest::prelude::*;
use std::cmp::Ordering;

fn entry() -> impl Strategy<Value = Entry> {
    let path = prop_oneof![
        "(/[ab]{1,2}){0,3}".prop_map(PathMatch::Exact),
        "(/[ab]{1,2}){0,3}".prop_map(PathMatch::Prefix),
        "/[ab]".prop_map(PathMatch::Regex),
    ];
    let values =
        || prop::collection::vec(Just(()), 0..3).prop_map(|v| v.into_iter().map(|()| value()).collect());
    (path, prop::option::of(Just("GET".to_owned())), values(), values())
        .prop_map(|(path, method, headers, query)| Entry { path, method, headers, query, rule: 0 })
}

fn value() -> ValueMatch {
    ValueMatch { name: "x".to_owned(), pattern: ValuePattern::Exact(String::new()) }
}

/// The text of the specification, one sentence after the other.
fn naive(a: &Entry, b: &Entry) -> Ordering {
    let class = |entry: &Entry| match entry.path {
        PathMatch::Exact(_) => 0,
        PathMatch::Regex(_) => 1,
        PathMatch::Prefix(_) => 2,
    };
    if class(a) != class(b) {
        return class(a).cmp(&class(b));
    }
    if let (PathMatch::Prefix(x), PathMatch::Prefix(y)) = (&a.path, &b.path)
        && x.len() != y.len()
    {
        return if x.len() > y.len() { Ordering::Less } else { Ordering::Greater };
    }
    if a.method.is_some() != b.method.is_some() {
        return if a.method.is_some() { Ordering::Less } else { Ordering::Greater };
    }
    if a.headers.len() != b.headers.len() {
        return if a.headers.len() > b.headers.len() { Ordering::Less } else { Ordering::Greater };
    }
    b.query.len().cmp(&a.query.len())
}

type Key = (u32, u32, u32);

fn rank(entry: &Entry, (route, rule, position): Key) -> Rank {
    Rank { specificity: Specificity::of(entry), route, rule, position }
}

fn key() -> impl Strategy<Value = Key> {
    (0..3_u32, 0..3_u32, 0..3_u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn ranks_compare_as_the_specification_says(a in entry(), b in entry(), x in key(), y in key()) {
        // Older routes, then earlier rules, then earlier matches.
        let expected = naive(&a, &b).then(x.cmp(&y));
        prop_assert_eq!(rank(&a, x).cmp(&rank(&b, y)), expected);
    }

    #[test]
    fn sorting_by_rank_is_sorting_by_the_specification(
        entries in prop::collection::vec((entry(), key()), 0..12),
    ) {
        let mut by_rank = entries.clone();
        by_rank.sort_by_key(|(entry, key)| rank(entry, *key));
        // Insertion by pairwise comparison, which knows nothing of keys.
        let mut naively: Vec<(Entry, Key)> = Vec::new();
        for item in entries {
            let before = |other: &(Entry, Key)| naive(&other.0, &item.0).then(other.1.cmp(&item.1)).is_le();
            let place = naively.iter().position(|other| !before(other)).unwrap_or(naively.len());
            naively.insert(place, item);
        }
        prop_assert_eq!(by_rank, naively);
    }
}
