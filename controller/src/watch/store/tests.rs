use super::*;
use corten_crds::core::ConfigMap;
use serde_json::json;

fn seen(namespace: &str, name: &str, version: &str, value: &str) -> Seen<ConfigMap> {
    Seen::of(json!({
        "metadata": {"namespace": namespace, "name": name, "uid": format!("{namespace}/{name}"), "resourceVersion": version},
        "data": {"key": value},
    }))
}

fn unreadable(namespace: &str, name: &str) -> Seen<ConfigMap> {
    Seen::of(json!({"metadata": {"namespace": namespace, "name": name}, "data": 1}))
}

fn store(scopes: usize) -> (Store<ConfigMap>, watch::Receiver<u64>, watch::Receiver<u64>) {
    let signals = Signals::default();
    let (compile, shown) = (signals.compile.subscribe(), signals.shown.subscribe());
    (Store::new(signals, scopes), compile, shown)
}

fn name(text: &str) -> ObjectName {
    let (namespace, name) = text.split_once('/').unwrap();
    ObjectName::new(namespace, name)
}

fn raised(receiver: &mut watch::Receiver<u64>) -> bool {
    let raised = receiver.has_changed().unwrap();
    receiver.mark_unchanged();
    raised
}

#[test]
fn an_arc_is_kept_until_the_object_changes() {
    let (store, mut compile, mut shown) = store(1);
    store.apply(seen("a", "x", "1", "v"));
    let first = store.get(&name("a/x")).unwrap();
    assert!(raised(&mut compile));
    store.apply(seen("a", "x", "2", "v"));
    store.replace(&None, vec![seen("a", "x", "3", "v")]);
    assert!(Arc::ptr_eq(&first, &store.get(&name("a/x")).unwrap()));
    assert!(!raised(&mut compile) && raised(&mut shown));
    assert_eq!(store.shown(&name("a/x")).unwrap().version, "3");
    store.apply(seen("a", "x", "4", "w"));
    assert!(!Arc::ptr_eq(&first, &store.get(&name("a/x")).unwrap()));
    assert!(raised(&mut compile));
}

#[test]
fn a_list_replaces_what_is_in_its_scope_and_nothing_else() {
    let (store, mut compile, _shown) = store(2);
    let (a, b): (Scope, Scope) = (Some("a".into()), Some("b".into()));
    store.replace(&a, vec![seen("a", "x", "1", "v"), seen("a", "y", "1", "v")]);
    assert!(!store.synced(), "b has not");
    store.replace(&b, vec![seen("b", "x", "1", "v")]);
    assert!(store.synced() && raised(&mut compile));
    store.replace(&a, vec![seen("a", "y", "1", "v")]);
    assert!(raised(&mut compile), "something is gone");
    let names: Vec<String> = store.all_shown().into_iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["a/y", "b/x"]);
    store.absent(&b);
    assert_eq!(store.count(), 1);
}

#[test]
fn an_object_that_cannot_be_read_is_left_out_and_told() {
    let (store, mut compile, _shown) = store(1);
    store.replace(&None, vec![seen("a", "x", "1", "v"), unreadable("a", "broken")]);
    assert_eq!((store.objects().len(), store.count()), (1, 2));
    assert_eq!(store.unreadable()[0].0, name("a/broken"));
    assert!(raised(&mut compile));
    store.apply(unreadable("a", "broken"));
    assert!(!raised(&mut compile), "told once");
    store.apply(seen("a", "broken", "1", "v"));
    assert!(raised(&mut compile) && store.unreadable().is_empty());
}

#[test]
fn a_write_is_known_at_once_but_not_that_of_an_object_before() {
    let (store, ..) = store(1);
    store.apply(seen("a", "x", "1", "v"));
    let wrote = |uid: &str, version: &str| {
        let shown = Shown { uid: uid.to_owned(), version: version.to_owned(), status: Some("{}".into()) };
        store.wrote(&name("a/x"), shown);
    };
    wrote("a/x", "5");
    assert_eq!(store.shown(&name("a/x")).unwrap().version, "5");
    wrote("another", "9");
    assert_eq!(store.shown(&name("a/x")).unwrap().version, "5");
    store.remove(seen("a", "x", "1", "v"));
    wrote("a/x", "6");
    assert!(store.shown(&name("a/x")).is_none());
}

/// Between a write and its answer somebody else may write, and the watch may be quicker: a load balancer's address came
/// and was forgotten again, for good.
#[test]
fn the_answer_to_a_write_does_not_hide_what_came_after_it() {
    let (store, mut compile, _shown) = store(1);
    store.apply(seen("a", "x", "9", "before"));
    store.apply(seen("a", "x", "11", "after"));
    let newest = store.get(&name("a/x")).unwrap();
    assert!(raised(&mut compile));
    store.learn(seen("a", "x", "10", "ours"));
    store.wrote(&name("a/x"), seen("a", "x", "10", "ours").shown);
    assert!(Arc::ptr_eq(&newest, &store.get(&name("a/x")).unwrap()));
    assert_eq!(store.shown(&name("a/x")).unwrap().version, "11");
    assert!(!raised(&mut compile));
    store.learn(seen("a", "x", "12", "ours"));
    assert_eq!(store.shown(&name("a/x")).unwrap().version, "12");
    assert!(raised(&mut compile), "a watch that lags behind is not waited for");
}
