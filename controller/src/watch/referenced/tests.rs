use super::*;
use corten_crds::core::ConfigMap;
use kube::core::{ObjectMeta, PartialObjectMetaExt};
use serde_json::json;
use tokio::sync::watch;

type Meta = PartialObjectMeta<ConfigMap>;

fn meta(name: &str, version: &str) -> Meta {
    ObjectMeta {
        namespace: Some("a".to_owned()),
        name: Some(name.to_owned()),
        resource_version: Some(version.to_owned()),
        ..ObjectMeta::default()
    }
    .into_response_partial()
}

fn wanted(names: &[&str]) -> BTreeSet<ObjectName> {
    names.iter().map(|name| ObjectName::new("a", *name)).collect()
}

fn seen(name: &ObjectName, value: &str) -> Seen<ConfigMap> {
    let meta = json!({"namespace": name.namespace, "name": name.name});
    Seen::of(json!({"metadata": meta, "data": {"key": value}}))
}

/// Settles with an API server whose every object holds `value`; returns what was asked for.
async fn settle(store: &Referenced<ConfigMap>, names: &[&str], value: &str) -> Vec<String> {
    let asked = Mutex::new(Vec::new());
    let get = |name: ObjectName| {
        asked.lock().push(name.name.clone());
        async move { Ok(Some(seen(&name, value))) }
    };
    store.settle(wanted(names), get).await;
    asked.into_inner()
}

fn store(objects: Vec<Meta>) -> (Referenced<ConfigMap>, watch::Receiver<u64>) {
    let signals = Signals::default();
    let mut changes = signals.compile.subscribe();
    let store = Referenced::new(signals, 1);
    store.replace(&None, objects);
    changes.mark_unchanged();
    (store, changes)
}

fn raised(receiver: &mut watch::Receiver<u64>) -> bool {
    let raised = receiver.has_changed().unwrap();
    receiver.mark_unchanged();
    raised
}

#[tokio::test]
async fn only_what_is_named_and_there_is_read_and_once() {
    let (store, _) = store(vec![meta("x", "1"), meta("y", "1"), meta("z", "1")]);
    assert_eq!(settle(&store, &["x", "y", "nowhere"], "v").await, ["x", "y"]);
    assert_eq!(settle(&store, &["x", "y", "nowhere"], "v").await, [""; 0]);
    assert_eq!(store.count(), 2);
    assert_eq!(settle(&store, &["x"], "v").await, [""; 0]);
    assert_eq!(store.count(), 1, "what nobody names any more is forgotten");
}

#[tokio::test]
async fn a_change_of_what_is_named_is_read_again() {
    let (store, mut changes) = store(vec![meta("x", "1"), meta("y", "1")]);
    settle(&store, &["x"], "v").await;
    let first = store.objects().remove(0);
    Sink::<Meta>::apply(&store, meta("y", "2"));
    assert!(!raised(&mut changes), "nobody names y");
    Sink::<Meta>::apply(&store, meta("x", "2"));
    assert!(raised(&mut changes));
    assert_eq!(settle(&store, &["x"], "v").await, ["x"]);
    assert!(Arc::ptr_eq(&first, &store.objects()[0]), "an equal object stays the same");
    Sink::<Meta>::apply(&store, meta("x", "3"));
    settle(&store, &["x"], "w").await;
    assert!(!Arc::ptr_eq(&first, &store.objects()[0]));
}

#[tokio::test]
async fn what_is_gone_is_not_held() {
    let (store, mut changes) = store(vec![meta("x", "1"), meta("y", "1")]);
    settle(&store, &["x", "y"], "v").await;
    Sink::<Meta>::remove(&store, meta("x", "1"));
    assert!(raised(&mut changes));
    settle(&store, &["x", "y"], "v").await;
    assert_eq!(store.count(), 1);
    store.replace(&None, Vec::<Meta>::new());
    assert!(raised(&mut changes), "also if a list says so");
    settle(&store, &["x", "y"], "v").await;
    assert_eq!(store.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stays_as_it_was_and_is_tried_again() {
    let (store, mut changes) = store(vec![meta("x", "1")]);
    settle(&store, &["x"], "v").await;
    Sink::<Meta>::apply(&store, meta("x", "2"));
    assert!(raised(&mut changes));
    store.settle(wanted(&["x"]), |_| async { Err(kube::Error::LinesCodecMaxLineLengthExceeded) }).await;
    assert_eq!(store.count(), 1);
    changes.changed().await.unwrap();
    assert_eq!(settle(&store, &["x"], "w").await, ["x"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_is_not_waited_for_long() {
    let (store, mut changes) = store(vec![meta("x", "1")]);
    let start = time::Instant::now();
    store.settle(wanted(&["x"]), |_| std::future::pending()).await;
    assert_eq!(start.elapsed(), PATIENCE);
    changes.changed().await.unwrap();
}

#[test]
fn it_is_synced_once_every_scope_is() {
    let store = Referenced::<ConfigMap>::new(Signals::default(), 2);
    store.replace(&Some("a".into()), Vec::<Meta>::new());
    assert!(!store.synced());
    store.replace(&Some("b".into()), Vec::<Meta>::new());
    assert!(store.synced());
}
