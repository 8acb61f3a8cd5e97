//! What a user sees who starts it on something that cannot work: one clear message each, and the rest goes on.

use corten_test_support::{Backend, Client, DEADLINE, Gateway, eventually, gateway::binary, yaml};
use std::{
    net::{TcpListener, TcpStream},
    process::Command,
};

/// Everything that it has said so far.
fn said(gateway: &Gateway) -> String {
    gateway.process().stderr() + &gateway.process().stdout()
}

fn good() -> (corten_test_support::gateway::Builder, Backend) {
    let backend = Backend::named("good");
    let builder = Gateway::builder().service("app", &[&backend]).route(
        "good",
        &["good.test"],
        &yaml::prefix_rule("/", "app"),
    );
    (builder, backend)
}

/// Whether the good route is answered. The listener may not be there yet, and readiness may never come:
/// a port that cannot be had is a reason against it.
fn serves_good(gateway: &Gateway) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", gateway.http())) else { return false };
    let mut client = Client::new(stream);
    client.try_send("GET / HTTP/1.1\r\nHost: good.test\r\n\r\n").is_ok()
        && client.read_response(false).is_ok_and(|response| response.text() == "good")
}

/// The file, the object and the reason are named, and what is good is served.
#[track_caller]
fn is_told(file: &str, text: &str, words: &[&str]) {
    let (builder, _backend) = good();
    let gateway = builder.file(file, text).spawn();
    eventually("the good route", || serves_good(&gateway));
    eventually("the message", || words.iter().all(|word| said(&gateway).contains(word)));
}

#[test]
fn a_kind_of_others() {
    is_told("odd.yaml", "apiVersion: example.test/v1\nkind: Unheard\nmetadata: {name: x}\n", &["Unheard"]);
}

#[test]
fn a_kind_that_is_misspelt() {
    let route = yaml::route("typo", &["t.test"], &yaml::prefix_rule("/", "app"));
    is_told("odd.yaml", &route.replace("kind: HTTPRoute", "kind: HTTPRuote"), &["odd.yaml", "HTTPRuote"]);
}

#[test]
fn a_bad_regular_expression() {
    let rule = "- matches: [{path: {type: RegularExpression, value: \"/(\"}}]\n  backendRefs: [{name: app, port: 80}]\n";
    is_told("regex.yaml", &yaml::route("bad-regex", &["r.test"], rule), &["bad-regex"]);
}

#[test]
fn a_service_that_is_not_there() {
    let route = yaml::route("lost", &["l.test"], &yaml::prefix_rule("/", "no-such-service"));
    is_told("lost.yaml", &route, &["lost", "no-such-service"]);
}

#[test]
fn a_field_that_does_not_exist() {
    let route =
        yaml::route("typo", &["t.test"], &yaml::prefix_rule("/", "app").replace("backendRefs", "backendRef"));
    is_told("typo.yaml", &route, &["typo.yaml", "backendRef"]);
}

#[test]
fn a_secret_that_is_not_there() {
    let (builder, _backend) = good();
    let gateway = builder.https("cert", "", &["shop.test"]).start();
    gateway.remove("secret-cert.yaml");
    eventually("the message", || said(&gateway).contains("cert"));
    assert_eq!(gateway.get("good.test", "/").text(), "good");
}

/// A port that somebody else has: the other listener is served.
#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let second = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: second, namespace: default}}\n\
         spec: {{gatewayClassName: corten, listeners: [{}]}}\n",
        yaml::http_listener("http", port)
    );
    is_told("second.yaml", &second, &[&port.to_string()]);
}

#[test]
fn a_folder_that_is_not_there() {
    let output = Command::new(binary()).args(["run", "/no/such/folder"]).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("/no/such/folder"), "{text}");
    assert!(text.lines().count() <= 3, "one clear message: {text}");
}

/// Files that appear, change by a symlink swap as a mounted ConfigMap does, and go.
#[test]
fn a_symlink_swap_is_a_change() {
    let (builder, _backend) = good();
    let gateway = builder.start();
    let (config, data) = (gateway.config(), gateway.config().with_file_name("data"));
    for version in ["v1", "v2"] {
        let folder = data.join(version);
        std::fs::create_dir_all(&folder).unwrap();
        let route = yaml::route("swap", &[&format!("{version}.test")], &yaml::prefix_rule("/", "app"));
        std::fs::write(folder.join("route.yaml"), route).unwrap();
        let next = data.join("next");
        std::os::unix::fs::symlink(&folder, &next).unwrap();
        std::fs::rename(&next, config.join("mounted")).unwrap();
        eventually(version, || gateway.get(&format!("{version}.test"), "/").text() == "good");
    }
    assert_eq!(gateway.get("v1.test", "/").status, 404);
}

/// `--port-map`: the listener declares one port and binds another.
#[test]
fn ports_can_be_mapped() {
    let (builder, _backend) = good();
    let bound = corten_test_support::ReservedPort::new();
    let second = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: second, namespace: default}}\n\
         spec: {{gatewayClassName: corten, listeners: [{}]}}\n",
        yaml::http_listener("http", 80)
    );
    let route =
        yaml::route("second", &[], &yaml::prefix_rule("/", "app")).replace("{name: gw}", "{name: second}");
    let map = format!("80={}", bound.get());
    let gateway =
        builder.file("second.yaml", &second).file("r.yaml", &route).arguments(&["--port-map", &map]).start();
    let response = Client::connect(bound.get()).get("h", "/");
    assert_eq!((response.status, response.text().as_str()), (200, "good"));
    gateway.process().terminate();
    assert!(gateway.process().wait(DEADLINE).success());
}
