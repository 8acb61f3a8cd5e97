use super::*;

fn namespace(name: &str, label: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{x: '{label}'}}\n")
}

/// A namespace that has an identity but is no valid object.
fn invalid(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: [1]\n")
}

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (Arc::from(Path::new(path)), File::parse(text, None, None))).collect()
}

/// Name and label of each namespace.
fn shown(inventory: &Inventory) -> Vec<(String, String)> {
    let label = |entry: &Entry| match &entry.object {
        Object::Namespace(namespace) => namespace.metadata.labels.as_ref().unwrap()["x"].clone(),
        other => panic!("{other:?}"),
    };
    inventory.iter().map(|(id, entry)| (id.name.to_string(), label(entry))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn objects_are_sorted_whatever_the_files() {
    let (inventory, findings) = Inventory::of(
        &files(&[
            ("1.yaml", &(namespace("b", "1") + &namespace("c", "1"))),
            ("2.yaml", &namespace("a", "2")),
        ]),
        &Inventory::default(),
    );
    assert_eq!(shown(&inventory), pairs(&[("a", "2"), ("b", "1"), ("c", "1")]));
    assert!(findings.is_empty());
    assert_eq!(inventory.inputs().namespaces.len(), 3);
    let entry = inventory.iter().nth(2).unwrap().1;
    assert_eq!((entry.document_line, entry.line), (7, 8));
}

#[test]
fn of_two_the_first_counts_and_both_places_are_named() {
    let files = files(&[("1.yaml", &namespace("a", "1")), ("2.yaml", &namespace("a", "2"))]);
    let (inventory, findings) = Inventory::of(&files, &Inventory::default());
    assert_eq!(shown(&inventory), pairs(&[("a", "1")]));
    assert_eq!(
        findings[0].to_string(),
        "2.yaml:2: error: Namespace a: is already defined in 1.yaml:2, which counts — remove one of the two"
    );
}

#[test]
fn an_invalid_object_at_the_start_is_left_out() {
    let files = files(&[("1.yaml", &(invalid("a") + &namespace("b", "1")))]);
    let (inventory, findings) = Inventory::of(&files, &Inventory::default());
    assert_eq!(shown(&inventory), pairs(&[("b", "1")]));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].to_string().starts_with("1.yaml:"), "{findings:?}");
}

#[test]
fn an_object_that_becomes_invalid_keeps_its_state() {
    let (before, _) = Inventory::of(&files(&[("1.yaml", &namespace("a", "good"))]), &Inventory::default());
    let (after, findings) =
        Inventory::of(&files(&[("2.yaml", &(invalid("a") + &namespace("b", "new")))]), &before);
    assert_eq!(shown(&after), pairs(&[("a", "good"), ("b", "new")]), "even in another file");
    assert!(after.iter().next().unwrap().1.kept);
    assert_eq!(findings.len(), 1);
    let change = after.changes(&before);
    assert_eq!((change.added.len(), change.changed.len(), change.removed.len()), (1, 0, 0));
    // The state lives on through further rounds.
    let (later, _) = Inventory::of(&files(&[("2.yaml", &invalid("a"))]), &after);
    assert_eq!(shown(&later), pairs(&[("a", "good")]));
}

#[test]
fn an_unreadable_file_keeps_all_that_it_held() {
    let two = namespace("a", "1") + &namespace("b", "1");
    let (before, _) = Inventory::of(&files(&[("1.yaml", &two)]), &Inventory::default());
    let broken = namespace("a", "2") + "---\nkind: [\n";
    let (after, findings) = Inventory::of(&files(&[("1.yaml", &broken)]), &before);
    assert_eq!(shown(&after), pairs(&[("a", "2"), ("b", "1")]), "what can be read is new");
    assert_eq!(findings[0].place.as_ref().unwrap().line, 8);
    let (moved, _) = Inventory::of(&files(&[("1.yaml", &broken), ("2.yaml", &namespace("b", "3"))]), &after);
    assert_eq!(shown(&moved), pairs(&[("a", "2"), ("b", "3")]), "what is defined elsewhere is not kept");
}

#[test]
fn what_is_gone_from_readable_files_is_gone() {
    let (before, _) = Inventory::of(
        &files(&[("1.yaml", &(namespace("a", "1") + &namespace("b", "1")))]),
        &Inventory::default(),
    );
    let (after, _) = Inventory::of(&files(&[("1.yaml", &namespace("b", "2"))]), &before);
    let change = after.changes(&before);
    let names = |ids: &[Arc<ObjectId>]| ids.iter().map(|id| id.name.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (names(&change.removed), names(&change.changed)),
        (vec!["a".to_owned()], vec!["b".to_owned()])
    );
    assert!(!change.is_empty() && after.changes(&after).is_empty());
}

/// Replaces one file in both ways; they must agree.
fn replaced(before: &[(&str, &str)], path: &str, text: &str) -> Option<Change> {
    let old_files = files(before);
    let (mut quick, _) = Inventory::of(&old_files, &Inventory::default());
    let (slow_before, _) = Inventory::of(&old_files, &Inventory::default());
    let index = before.iter().position(|(name, _)| *name == path).unwrap();
    let mut texts: Vec<_> = before.iter().map(|(_, text)| *text).collect();
    texts[index] = text;
    let read =
        |((path, old), text): (&(Arc<Path>, File), &str)| (path.clone(), File::parse(text, None, Some(old)));
    let new_files: Files = old_files.iter().zip(texts).map(read).collect();
    let (slow, _) = Inventory::of(&new_files, &slow_before);
    let change = quick.replace(&old_files[index].0, &old_files[index].1, &new_files[index].1)?;
    assert_eq!(shown(&quick), shown(&slow));
    let lines =
        |inventory: &Inventory| inventory.iter().map(|(_, e)| (e.document_line, e.line)).collect::<Vec<_>>();
    assert_eq!(lines(&quick), lines(&slow));
    let sizes = |change: &Change| (change.added.len(), change.changed.len(), change.removed.len());
    assert_eq!(sizes(&change), sizes(&slow.changes(&slow_before)));
    Some(change)
}

#[test]
fn one_valid_file_is_replaced_without_the_others() {
    let two = namespace("a", "1") + &namespace("b", "1");
    let before = [("1.yaml", two.as_str()), ("2.yaml", &namespace("c", "1"))];
    let change = replaced(&before, "1.yaml", &(namespace("d", "1") + &namespace("b", "2"))).unwrap();
    assert_eq!((change.added.len(), change.changed.len(), change.removed.len()), (1, 1, 1));
    let moved = replaced(&before, "1.yaml", &(namespace("z", "1") + &two)).unwrap();
    assert_eq!((moved.added.len(), moved.changed.len()), (1, 0), "what only moves has not changed");
    assert!(replaced(&before, "1.yaml", "").is_some());
}

#[test]
fn what_needs_a_look_at_the_others_is_not_replaced() {
    let (a, b) = (namespace("a", "1"), namespace("b", "1"));
    let before = [("1.yaml", a.as_str()), ("2.yaml", &b)];
    assert!(replaced(&before, "1.yaml", &b).is_none(), "defined twice");
    assert!(replaced(&before, "1.yaml", &(a.clone() + &a)).is_none(), "defined twice in one file");
    assert!(replaced(&before, "1.yaml", &invalid("a")).is_none(), "its last state is kept");
    assert!(replaced(&before, "1.yaml", "kind: [").is_none());
    let invalid = invalid("b");
    assert!(
        replaced(&[("1.yaml", &a), ("2.yaml", &invalid)], "1.yaml", &a).is_none(),
        "another file has a mistake"
    );
}
