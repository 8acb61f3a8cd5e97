//! The real Helm installs on the cluster, and believes its version.

use corten_test_support::cluster::Namespace;
use std::{fs, process::Command};

fn helm(namespace: &Namespace, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("helm")
        .args(["--namespace", namespace.name()])
        .args(arguments)
        .output()
        .expect("helm on the PATH");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn a_chart_is_installed_and_removed() {
    let namespace = Namespace::create("helm");
    let chart = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(chart.path().join(name), text).unwrap();
    fs::create_dir(chart.path().join("templates")).unwrap();
    write("Chart.yaml", "{apiVersion: v2, name: small, version: 1.0.0, kubeVersion: '>= 1.31.0-0'}");
    let version = "{{ .Capabilities.KubeVersion.Version }}";
    write(
        "templates/map.yaml",
        &format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: told}}, data: {{version: '{version}'}}}}"
        ),
    );
    let folder = chart.path().to_str().unwrap();
    helm(&namespace, &["install", "small", folder, "--wait"]).unwrap();
    let told = namespace.get("configmap", "told")["data"]["version"].clone();
    assert_eq!(told, corten_test_support::cluster::get(&["version"])["serverVersion"]["gitVersion"]);
    helm(&namespace, &["uninstall", "small", "--wait"]).unwrap();
    assert!(namespace.kubectl(&["get", "configmap", "told"], "").is_err());
    write("Chart.yaml", "{apiVersion: v2, name: small, version: 1.0.0, kubeVersion: '>= 99.0.0-0'}");
    let refusal = helm(&namespace, &["install", "small", folder]).unwrap_err();
    assert!(refusal.contains("kubeVersion"), "{refusal}");
}
