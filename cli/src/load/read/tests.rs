use super::*;
use serde_json::json;

const ROUTE: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
spec:
  parentRefs: [{name: gw}]
";

fn names(document: &Document) -> Vec<String> {
    document.items.iter().map(|item| item.id.display().to_string()).collect()
}

fn findings(document: &Document) -> Vec<(u32, String)> {
    document.findings().iter().map(|f| (f.line, f.diagnostic.to_string())).collect()
}

#[test]
fn one_object_becomes_typed() {
    let document = read(ROUTE);
    assert_eq!(names(&document), ["HTTPRoute default/web"]);
    let Some(Object::HttpRoute(route)) = &document.items[0].object else { panic!("{document:?}") };
    assert_eq!(route.metadata.namespace.as_deref(), Some("default"));
    assert_eq!(route.spec.parent_refs[0].name, "gw");
    assert!(document.findings().is_empty() && !document.unreadable());
}

#[test]
fn the_object_stands_on_its_first_line_of_content() {
    assert_eq!(read(&format!("# about\n---\n\n{ROUTE}")).items[0].line, 4);
    assert_eq!(read(ROUTE).items[0].line, 1);
}

#[test]
fn lists_of_both_forms() {
    let document = read(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- \
         apiVersion: v1\n  kind: Namespace\n  metadata: {name: b}\n",
    );
    assert_eq!(names(&document), ["Namespace a", "Namespace b"]);
    assert_eq!(
        document.items.iter().map(|i| (i.place.map(ListPlace::index), i.line)).collect::<Vec<_>>(),
        [(Some(0), 4), (Some(1), 5)]
    );
    let document = read("apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a, namespace: x}\n");
    assert_eq!(names(&document), ["ConfigMap x/a"]);
    assert!(document.items[0].object.is_some(), "{document:?}");
}

#[test]
fn a_bad_item_of_a_list_leaves_the_others_alone() {
    let document = read(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- \
         apiVersion: v1\n  kind: Servcie\n  metadata: {name: b}\n",
    );
    assert_eq!(names(&document), ["Namespace a"]);
    assert!(document.unreadable(), "an object may be missing");
    assert_eq!(
        findings(&document),
        [(
            6,
            "error: Servcie default/b: kind: no kind `Servcie` in apiVersion `v1` — did you mean `apiVersion: v1`, `kind: Service`?"
                .into()
        )]
    );
}

#[test]
fn yaml_that_is_none_is_unreadable() {
    let document = read("a: 1\nb: [\n");
    assert!(document.unreadable());
    assert_eq!(findings(&document)[0].0, 2);
}

#[test]
fn other_kinds_are_counted_and_nothing_else() {
    let document = read("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {junk: [1, 2]}\n");
    assert_eq!(document.others(), ["apps/v1 Deployment"]);
    assert!(document.items.is_empty() && document.findings().is_empty() && !document.unreadable());
}

#[test]
fn string_data_wins_over_data_as_in_kubernetes() {
    let document = read(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b2xk, b: a2VwdA==}\nstringData: {a: new}\n",
    );
    let Some(Object::Secret(secret)) = &document.items[0].object else { panic!("{document:?}") };
    let data: Vec<_> = secret.data.iter().flatten().map(|(k, v)| (k.as_str(), v.0.as_slice())).collect();
    assert_eq!(data, [("a", b"new".as_slice()), ("b", b"kept".as_slice())]);
    assert_eq!(secret.string_data, None);
}

#[test]
fn config_maps_have_text_and_bytes() {
    let document =
        read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: x}\nbinaryData: {b: AAE=}\n");
    let Some(Object::ConfigMap(map)) = &document.items[0].object else { panic!("{document:?}") };
    assert_eq!(map.data.as_ref().unwrap()["a"], "x");
    assert_eq!(map.binary_data.as_ref().unwrap()["b"].0, [0, 1]);
}

#[test]
fn what_a_server_wrote_is_left_out() {
    let mut value = json!({
        "metadata": {"name": "x", "managedFields": [{}], "creationTimestamp": null, "uid": "1",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "spec": {}, "status": {"conditions": []}
    });
    strip_server_fields(&mut value);
    assert_eq!(value, json!({"metadata": {"name": "x", "uid": "1"}, "spec": {}}));
}

#[test]
fn lines_of_fields() {
    let line_of = |text: &str, index, path: &str| line_in(&yaml::Node::parse(text).unwrap(), index, path);
    assert_eq!(line_of(ROUTE, None, "spec.parentRefs[0].name"), 6);
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- kind: A\n- {}", ROUTE.replace('\n', "\n  "));
    assert_eq!(line_of(&list, Some(1), "spec.parentRefs"), 10);
}

#[test]
fn an_object_without_a_name_may_be_any() {
    let document = read(&ROUTE.replace("  name: web\n", "  labels: {}\n"));
    assert!(document.unreadable() && document.items.is_empty());
    assert_eq!(
        findings(&document),
        [(3, "error: HTTPRoute ?: metadata.name: Required value — every object has a name".into())]
    );
}

#[test]
fn what_the_api_server_would_refuse_is_refused_field_by_field() {
    let document = read(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n  rules:\n  - \
         backendRef:\n    - name: a\n    matches:\n    - path:\n        value: nowhere\n",
    );
    assert!(document.items[0].object.is_none() && !document.unreadable());
    let found = findings(&document);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].0, 6);
    assert!(
        found[0].1.contains("spec.rules[0].backendRef") && found[0].1.contains("did you mean `backendRefs`"),
        "{found:?}"
    );
    assert!(found[1].0 >= 9 && found[1].1.contains("spec.rules[0].matches[0].path"), "{found:?}");
}

#[test]
fn defaults_are_filled_in() {
    let document = read(&format!("{ROUTE}  rules:\n  - backendRefs: [{{name: a, port: 80}}]\n"));
    let Some(Object::HttpRoute(route)) = &document.items[0].object else { panic!("{document:?}") };
    assert_eq!(route.spec.rules[0].backend_refs[0].weight, Some(1));
}
