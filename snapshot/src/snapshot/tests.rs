use super::*;
use crate::{Trust, TrustKey, strategies};
use proptest::{prelude::*, strategy::ValueTree as _};

fn key(name: &str) -> PartKey {
    PartKey::Trust(TrustKey::new(name))
}

fn snapshot(parts: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, pem) in parts {
        snapshot.insert(key(name), Part::Trust(Trust { pem: (*pem).into() }));
    }
    snapshot
}

#[test]
fn a_difference_holds_new_and_changed_parts_and_removed_keys() {
    let old = snapshot(&[("changed", "1"), ("kept", "1"), ("removed", "1")]);
    let new = snapshot(&[("added", "1"), ("changed", "2"), ("kept", "1")]);
    let delta = new.diff(&old);
    let changed: Vec<_> = delta.changed.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(changed, [key("added"), key("changed")]);
    assert_eq!(delta.removed, [key("removed")]);
}

#[test]
fn the_hash_does_not_depend_on_the_order_of_insertion() {
    assert_eq!(snapshot(&[("a", "1"), ("b", "2")]).hash(), snapshot(&[("b", "2"), ("a", "1")]).hash());
}

#[test]
fn the_hash_depends_on_keys_and_contents() {
    let base = snapshot(&[("a", "1"), ("b", "2")]);
    for other in [
        snapshot(&[]),
        snapshot(&[("a", "1")]),
        snapshot(&[("a", "1"), ("c", "2")]),
        snapshot(&[("a", "2"), ("b", "1")]),
    ] {
        assert_ne!(base.hash(), other.hash(), "{other:?}");
    }
}

#[test]
fn a_part_put_back_is_as_in_the_other_snapshot() {
    let old = snapshot(&[("a", "1"), ("b", "1")]);
    let mut new = snapshot(&[("a", "2"), ("b", "2"), ("c", "2")]);
    new.put_back(&key("a"), &old);
    new.put_back(&key("c"), &old);
    assert_eq!(new, snapshot(&[("a", "1"), ("b", "2")]));
}

#[test]
fn kinds_are_the_first_word_of_a_keys_text() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..100 {
        let (key, part) = strategies::part().new_tree(&mut runner).unwrap().current();
        assert_eq!(key.kind(), part.kind());
        assert!(key.to_string().starts_with(key.kind()), "{key}");
    }
}

proptest! {
    #[test]
    fn old_with_the_difference_applied_is_new(old in strategies::snapshot(), new in strategies::snapshot()) {
        let delta = new.diff(&old);
        let mut applied = old.clone();
        applied.apply(delta.clone());
        prop_assert_eq!(&applied, &new);
        prop_assert_eq!(applied.hash(), new.hash());
        prop_assert_eq!(delta.is_empty(), old == new);
        prop_assert!(delta.changed.is_sorted_by(|a, b| a.0 < b.0) && delta.removed.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn equal_parts_are_not_sent(snapshot in strategies::snapshot(), other in strategies::snapshot()) {
        let delta = snapshot.diff(&other);
        for (key, part) in &delta.changed {
            prop_assert!(other.get(key).is_none_or(|old| old.part != part.part));
        }
    }

    #[test]
    fn what_was_built_here_verifies(snapshot in strategies::snapshot()) {
        prop_assert_eq!(snapshot.verify(), Ok(()));
    }
}
