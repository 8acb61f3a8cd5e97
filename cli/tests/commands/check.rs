//! `corten check`.

use crate::support::{corten, folder, gateway, route_to, said};
use std::{io::Write as _, process::Stdio};

const WRONG: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
spec:
  parentRefs: [{name: gw}]
  rules:
    - matches:
        - path: {type: PathPrefx, value: /}
      backendRefs:
        - name: nobody
          port: 80
";

#[test]
fn clean_files_are_fine() {
    let folder = folder(&[("gw.yaml", &gateway(8080)), ("app.yaml", &route_to(9001))]);
    let said = said(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "3 objects in 2 files: nothing is wrong\n"),
        "{said:?}"
    );
    assert_eq!(said.err, "");
}

#[test]
fn errors_name_file_line_object_field_and_remedy() {
    let folder = folder(&[("gw.yaml", &gateway(8080)), ("web.yaml", WRONG)]);
    let said = said(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let line = said.out.lines().find(|line| line.contains("PathPrefx")).unwrap();
    let place = format!(
        "{}:9: error: HTTPRoute default/web: spec.rules[0].matches[0].path",
        folder.path().join("web.yaml").display()
    );
    assert!(line.starts_with(&place), "{line}");
    assert!(line.contains("PathPrefix"), "what may be written is named: {line}");
}

#[test]
fn a_missing_service_is_found_at_the_reference() {
    let folder =
        folder(&[("gw.yaml", &gateway(8080)), ("web.yaml", &WRONG.replace("PathPrefx", "PathPrefix"))]);
    let said = said(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let line =
        said.out.lines().find(|line| line.contains("BackendNotFound") || line.contains("nobody")).unwrap();
    assert!(line.contains("web.yaml:1") && line.contains("spec.rules[0].backendRefs[0]"), "{line}");
}

#[test]
fn json_is_for_programs() {
    let folder = folder(&[("web.yaml", WRONG)]);
    let path = folder.path().to_str().unwrap();
    let said = said(&["check", path, "--format", "json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let first = &value["diagnostics"][0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["line"], 9);
    assert_eq!(
        first["object"],
        serde_json::json!({"kind": "HTTPRoute", "namespace": "default", "name": "web"})
    );
    assert!(value["summary"]["errors"].as_u64().unwrap() >= 1);
}

#[test]
fn strict_fails_for_warnings_and_only_then() {
    let unused = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: app}\nspec:\n  parentRefs: \
                  [{name: elsewhere}]\n";
    let folder = folder(&[("gw.yaml", &gateway(8080)), ("app.yaml", unused)]);
    let path = folder.path().to_str().unwrap();
    let (loose, strict) = (said(&["check", path]), said(&["check", "--strict", path]));
    let warnings = loose.out.lines().filter(|line| line.contains(": warning: ")).count();
    let errors = loose.out.lines().filter(|line| line.contains(": error: ")).count();
    assert!(warnings + errors > 0, "a route without a Gateway is worth a word: {loose:?}");
    assert_eq!(loose.code, Some(i32::from(errors > 0)), "{loose:?}");
    assert_eq!((strict.code, &strict.out), (Some(1), &loose.out));
}

#[test]
fn standard_input_is_a_dash() {
    let mut child =
        corten().args(["check", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(WRONG.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(out.starts_with("-:9: error: HTTPRoute default/web: "), "{out}");
}

#[test]
fn wrong_usage_is_told_from_errors() {
    let missing = said(&["check", "/nonexistent/x.yaml"]);
    assert_eq!(
        (missing.code, missing.err.as_str()),
        (Some(2), "error: /nonexistent/x.yaml: no such file or folder\n")
    );
    assert_eq!(said(&["check"]).code, Some(2));
    assert_eq!(said(&["check", ".", "--port-map", "80"]).code, Some(2));
    assert_eq!(said(&["teach"]).code, Some(2));
    let version = said(&["--version"]);
    assert_eq!((version.code, version.out), (Some(0), format!("corten {}\n", env!("CARGO_PKG_VERSION"))));
    let help = said(&["--help"]);
    for command in ["run", "check", "explain", "demo"] {
        assert!(help.out.lines().any(|line| line.trim_start().starts_with(command)), "{}", help.out);
    }
}
