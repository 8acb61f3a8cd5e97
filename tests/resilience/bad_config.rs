//! One bad object hurts only itself, and a file that cannot be read keeps what was.

use corten_test_support::load::Load;
use corten_test_support::{Backend, Gateway, eventually, yaml};

fn gateway() -> (Gateway, Backend) {
    let backend = Backend::named("good");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("good", &["good.test"], &yaml::prefix_rule("/", "app"))
        .start();
    (gateway, backend)
}

fn good_load(gateway: &Gateway) -> Load {
    let mut load = Load::default();
    let mut client = gateway.client();
    load.add("good.test", move || {
        let response = client.get("good.test", "/");
        if response.text() == "good" {
            Ok(())
        } else {
            Err(format!("{} {}", response.status, response.text()))
        }
    });
    load
}

/// Broken YAML: the last good state stays, one line says which file, and the repair is taken.
#[test]
fn a_file_that_does_not_parse_keeps_the_last_good_state() {
    let (gateway, _backend) = gateway();
    let load = good_load(&gateway);
    gateway.write("route-good.yaml", "apiVersion: [unclosed\n  kind: {");
    eventually("a word about the file", || {
        let said = gateway.process().stderr() + &gateway.process().stdout();
        said.contains("route-good.yaml")
    });
    assert_eq!(gateway.get("good.test", "/").text(), "good");
    gateway.write("other.yaml", &yaml::route("other", &["other.test"], &yaml::prefix_rule("/", "app")));
    gateway.write("route-good.yaml", &yaml::route("good", &["good.test"], &yaml::prefix_rule("/", "app")));
    eventually("the other route", || gateway.get("other.test", "/").text() == "good");
    load.finish();
}

/// A regular expression, a Service, a Secret that cannot be: each rule or route fails alone.
#[test]
fn a_bad_object_fails_alone() {
    let (gateway, _backend) = gateway();
    let load = good_load(&gateway);
    let regex = "- matches: [{path: {type: RegularExpression, value: \"/(\"}}]\n  backendRefs: [{name: app, port: 80}]\n";
    gateway.write("bad-regex.yaml", &yaml::route("bad-regex", &["regex.test"], regex));
    gateway.write(
        "bad-service.yaml",
        &yaml::route("bad-service", &["service.test"], &yaml::prefix_rule("/", "missing")),
    );
    let kind = "apiVersion: example.test/v1\nkind: Unheard\nmetadata: {name: x}\n";
    gateway.write("bad-kind.yaml", kind);
    eventually("the route without a Service", || gateway.get("service.test", "/").status == 500);
    assert_ne!(gateway.get("regex.test", "/(").status, 200);
    gateway.write("new.yaml", &yaml::route("new", &["new.test"], &yaml::prefix_rule("/", "app")));
    eventually("a new route", || gateway.get("new.test", "/").text() == "good");
    load.finish();
}

/// A route that goes is a 404 and nothing in between; one that comes is 404, then 200.
#[test]
fn a_route_comes_and_goes_cleanly() {
    let (gateway, _backend) = gateway();
    let load = good_load(&gateway);
    for turn in 0..30 {
        let rules = yaml::prefix_rule("/", "app");
        gateway.write("temporary.yaml", &yaml::route("temporary", &["temporary.test"], &rules));
        only_until(&gateway, 404, 200, turn);
        gateway.remove("temporary.yaml");
        only_until(&gateway, 200, 404, turn);
    }
    load.finish();
}

/// Asks until the answer is `new`; before that it must be `old`.
fn only_until(gateway: &Gateway, old: u16, new: u16, turn: usize) {
    eventually("the change", || {
        let status = gateway.get("temporary.test", "/").status;
        assert!(status == old || status == new, "turn {turn}: {status} between {old} and {new}");
        status == new
    });
}
