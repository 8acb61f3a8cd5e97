use super::*;
use crate::{CertificateKey, Part, Trust, TrustKey};

fn trust(name: &str, pem: &str) -> (PartKey, Part) {
    (PartKey::Trust(TrustKey::new(name)), Part::Trust(Trust { pem: pem.into() }))
}

fn snapshot(parts: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, pem) in parts {
        let (key, part) = trust(name, pem);
        snapshot.insert(key, part);
    }
    snapshot
}

fn delta_update(old: &Snapshot, new: &Snapshot) -> Update {
    Update::Delta { revision: 2, base: old.hash(), hash: new.hash(), delta: new.diff(old) }
}

#[test]
fn a_full_update_replaces_and_names_only_what_differs() {
    let old = snapshot(&[("a", "1"), ("b", "1"), ("c", "1")]);
    let new = snapshot(&[("a", "1"), ("b", "2")]);
    let (next, delta) = Update::full(1, new.clone()).apply(&old, old.hash()).unwrap();
    assert_eq!(next, new);
    assert_eq!(delta.changed.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>(), [trust("b", "").0]);
    assert_eq!(delta.removed, [trust("c", "").0]);
}

#[test]
fn a_delta_on_the_held_state_results_in_the_new_one() {
    let (old, new) = (snapshot(&[("a", "1"), ("b", "1")]), snapshot(&[("b", "2"), ("d", "1")]));
    let (next, delta) = delta_update(&old, &new).apply(&old, old.hash()).unwrap();
    assert_eq!(next, new);
    assert_eq!(delta, new.diff(&old));
}

#[test]
fn a_delta_on_another_state_is_refused() {
    let (old, new) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2")]));
    let held = snapshot(&[("a", "3")]);
    let error = delta_update(&old, &new).apply(&held, held.hash()).unwrap_err();
    assert_eq!(error, UpdateError::OtherBase { base: old.hash(), held: held.hash() });
}

#[test]
fn a_delta_that_does_not_result_in_what_it_promises_is_refused() {
    let (old, new) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2"), ("b", "1")]));
    let mut delta = new.diff(&old);
    delta.changed.pop();
    let update = Update::Delta { revision: 2, base: old.hash(), hash: new.hash(), delta };
    let error = update.apply(&old, old.hash()).unwrap_err();
    assert_eq!(error, UpdateError::OtherResult { promised: new.hash(), got: snapshot(&[("a", "2")]).hash() });
}

#[test]
fn an_empty_delta_is_only_a_new_revision() {
    let held = snapshot(&[("a", "1")]);
    let update = delta_update(&held, &held);
    assert_eq!(update.revision(), 2);
    let (next, delta) = update.apply(&held, held.hash()).unwrap();
    assert_eq!(next, held);
    assert!(delta.is_empty());
}

#[test]
fn an_empty_delta_that_promises_something_else_is_refused() {
    let (held, other) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2")]));
    let update =
        Update::Delta { revision: 2, base: held.hash(), hash: other.hash(), delta: Delta::default() };
    assert!(matches!(update.apply(&held, held.hash()), Err(UpdateError::OtherResult { .. })));
}

#[test]
fn keys_of_different_kinds_with_one_text_are_different_parts() {
    let mut one = Snapshot::default();
    one.insert(PartKey::Trust(TrustKey::new("secret/a/b")), Part::Trust(Trust { pem: "p".into() }));
    let key = PartKey::Certificate(CertificateKey::new("secret/a/b"));
    assert!(one.get(&key).is_none());
}
