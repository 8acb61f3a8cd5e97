//! Wrong YAML: one clear message each, and the rest goes on.

use crate::support::{route_to, serving};
use corten_test_support::{Backend, Gateway, eventually};
use std::collections::HashSet;

/// The error lines so far.
/// Whole lines only: the last one may still be on its way.
fn errors(gateway: &Gateway) -> Vec<String> {
    let text = gateway.process().stderr();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter(|line| line.contains("error: ")).map(str::to_owned).collect()
}

fn more_route(text: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: more\nspec:\n  parentRefs: [{{name: \
         gw}}]\n  hostnames: [more.example]\n  rules:\n{text}"
    )
}

/// Starts with one good route and this file; returns the one error line and the gateway, which serves the good route.
fn started_with(bad: &str) -> (String, Gateway) {
    let backend = Backend::named("good");
    let gateway =
        Gateway::builder().file("app.yaml", &route_to(backend.port())).file("bad.yaml", bad).start();
    assert_eq!(gateway.get("a", "/").text(), "good");
    eventually("the start to be told", || gateway.process().stderr().contains("following changes"));
    let errors = errors(&gateway);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    // The backend lives as long as the test; it is asked only once.
    (errors[0].clone(), gateway)
}

#[test]
fn an_unknown_kind() {
    let (line, _gateway) =
        started_with("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRout\nmetadata: {name: x}\n");
    assert!(line.contains("bad.yaml:2: error: HTTPRout default/x: kind: "), "{line}");
    assert!(line.contains("did you mean") && line.contains("HTTPRoute"), "{line}");
}

#[test]
fn an_unknown_field() {
    let (line, _gateway) = started_with(&more_route("  - backendRef: [{name: x, port: 80}]\n"));
    assert!(line.contains("bad.yaml:9: error: HTTPRoute default/more: spec.rules[0].backendRef: "), "{line}");
    assert!(line.contains("did you mean `backendRefs`?"), "{line}");
}

#[test]
fn a_regex_that_is_none() {
    let text = "  - matches: [{path: {type: RegularExpression, value: \"/(\"}}]\n    backendRefs: [{group: corten.dev, kind: Backend, name: app}]\n";
    let (line, _gateway) = started_with(&more_route(text));
    assert!(
        line.contains("bad.yaml:9: error: HTTPRoute default/more: spec.rules[0].matches[0].path"),
        "{line}"
    );
}

#[test]
fn a_missing_service() {
    let (line, gateway) = started_with(&more_route("  - backendRefs: [{name: nobody, port: 80}]\n"));
    assert!(
        line.contains("bad.yaml:9: error: HTTPRoute default/more: spec.rules[0].backendRefs[0]"),
        "{line}"
    );
    assert!(line.contains("nobody"), "{line}");
    assert_eq!(gateway.get("more.example", "/").status, 500, "as the specification says");
}

#[test]
fn a_missing_secret() {
    let bad = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: secure}\nspec:\n  gatewayClassName: \
               corten\n  listeners:\n  - name: https\n    port: 8443\n    protocol: HTTPS\n    tls:\n      certificateRefs: \
               [{name: nowhere}]\n";
    let (line, _gateway) = started_with(bad);
    assert!(
        line.contains("bad.yaml:11: error: Gateway default/secure: spec.listeners[0].tls.certificateRefs[0]"),
        "{line}"
    );
    assert!(line.contains("nowhere"), "{line}");
}

#[test]
fn no_yaml_at_all() {
    let (line, _gateway) = started_with("a: b: c\n");
    assert!(line.contains("bad.yaml:1: error: "), "{line}");
}

#[test]
fn a_bad_edit_keeps_the_last_good_state_and_is_told_once() {
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let gateway = serving(&one);
    assert_eq!(gateway.get("a", "/").text(), "one");
    // Wrong in a field, in its syntax, and no text at all.
    for (wrong, what) in [
        (route_to(two.port()).replace("port: ", "prot: "), "prot"),
        (format!("{}  oops: [", route_to(two.port())), "app.yaml"),
        ("\u{0}".to_owned(), "app.yaml"),
    ] {
        let before = errors(&gateway).len();
        gateway.write("app.yaml", &wrong);
        eventually("the message", || errors(&gateway).len() > before);
        let errors = errors(&gateway);
        assert!(errors[before].contains("app.yaml:") && errors[before].contains(what), "{errors:#?}");
        assert_eq!(gateway.get("a", "/").text(), "one");
        // Another change does not bring the message again.
        gateway.write(
            "other.yaml",
            &format!("# {before}\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n{before}}}\n"),
        );
        eventually("the other change", || {
            gateway.process().stderr().contains(&format!("Namespace n{before}"))
        });
        // One edit may have several messages, which come one by one; none of them may come twice.
        let told = self::errors(&gateway).split_off(before);
        let different: HashSet<_> = told.iter().collect();
        assert_eq!(different.len(), told.len(), "{told:#?}");
        assert_eq!(gateway.get("a", "/").text(), "one");
    }
    gateway.write("app.yaml", &route_to(two.port()));
    eventually("the mended file to be served", || gateway.get("a", "/").text() == "two");
    eventually("a word about it", || gateway.process().stderr().contains("all errors are mended"));
}
