//! The Helm chart: what it refuses, what it may do, and that an installation serves.

use corten_test_support::{
    api::Forward,
    cluster::{Namespace, connect, get, kubectl},
    release::{Release, helm, root},
    wait_for,
};
use serde_json::Value;
use std::{process::Command, time::Duration};

const ECHO: &str = include_str!("echo.yaml");
const ROUTED: Duration = Duration::from_secs(60);

fn template(settings: &[&str]) -> Result<String, String> {
    let chart = root().join("charts/corten");
    let chart = chart.to_str().unwrap();
    let mut words =
        vec!["template", "corten", chart, "--namespace", "corten-system", "--kube-version", "1.34.0"];
    settings.iter().for_each(|setting| words.extend(["--set", setting]));
    helm(&words)
}

/// The objects of a rendered chart, as kubectl reads them.
fn objects(settings: &[&str]) -> Vec<Value> {
    let yaml = template(settings).unwrap_or_else(|e| panic!("{e}"));
    let words = ["create", "--dry-run=client", "--validate=false", "--output=json", "--filename=-"];
    let text = kubectl(&words, &yaml).unwrap();
    serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(Result::unwrap).collect()
}

#[test]
fn wrong_values_are_refused_by_name() {
    for (setting, words) in [
        ("replica=2", "replica"),
        ("replicas=many", "/replicas"),
        ("image.pullPolicy=Sometimes", "/image/pullPolicy"),
        ("targetPorts.from=80", "/targetPorts/from"),
        ("targetPorts.from=30000", "must be below targetPorts.to"),
        ("ports.dataplane=20001", "is within targetPorts"),
        ("podMonitor.interval=often", "/podMonitor/interval"),
        ("gatewayClass.controllerName=corten", "/gatewayClass/controllerName"),
    ] {
        let message = template(&[setting]).expect_err(setting);
        assert!(message.contains(words), "{setting}: {words:?} is not in {message}");
    }
}

/// Each option makes its objects, or leaves them out, and all are objects of Kubernetes.
#[test]
fn all_options_render() {
    let kinds = |settings: &[&str]| -> Vec<String> {
        let of = |object: Value| object["kind"].as_str().unwrap().to_owned();
        objects(settings).into_iter().map(of).collect()
    };
    let every = kinds(&["autoscaling.enabled=true", "watch.namespaces={a,b}", "dataplane.bind=::"]);
    for kind in
        ["HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "GatewayClass", "Deployment"]
    {
        assert!(every.iter().any(|has| has == kind), "{kind} is not in {every:?}");
    }
    assert_eq!(
        every.iter().filter(|kind| *kind == "Role").count(),
        4,
        "two namespaces, its own, a class's Events"
    );
    // Their kinds are not installed here.
    let monitors = template(&["podMonitor.enabled=true", "serviceMonitor.enabled=true"]).unwrap();
    for kind in ["PodMonitor", "ServiceMonitor"] {
        assert_eq!(monitors.matches(&format!("\nkind: {kind}\n")).count(), 1, "{kind}");
        assert!(!every.iter().any(|has| has == kind), "{kind} is not asked for");
    }
    let least = kinds(&["crds.install=false", "rbac.create=false", "gatewayClass.create=false"]);
    for kind in ["CustomResourceDefinition", "ClusterRole", "Role", "GatewayClass"] {
        assert!(!least.iter().any(|has| has == kind), "{kind} is in {least:?}");
    }
}

/// The rendered objects are what `deploy/install.yaml` and the chart's copies of the CRDs hold.
#[test]
fn what_is_rendered_is_checked_in() {
    let output = Command::new(root().join("deploy/render")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// `deploy/install.yaml` is the golden list of what is allowed; here is what must never be in it.
#[test]
fn nothing_is_allowed_by_a_wildcard() {
    let mut rules = 0;
    for object in objects(&[]) {
        for rule in object["rules"].as_array().into_iter().flatten() {
            rules += 1;
            assert!(!rule.to_string().contains('*'), "{rule}");
            let verbs = rule["verbs"].as_array().unwrap();
            let writes = verbs.iter().any(|verb| !["get", "list", "watch"].contains(&verb.as_str().unwrap()));
            assert!(!(writes && rule["resources"].to_string().contains("secrets")), "{rule}");
        }
        if object["kind"] == "Deployment" {
            let pod = &object["spec"]["template"]["spec"];
            assert_eq!(pod["automountServiceAccountToken"], false);
            let containers = pod["containers"].as_array().unwrap();
            let token = |container: &Value| container["volumeMounts"].to_string().contains("serviceaccount");
            let with_token: Vec<_> = containers.iter().filter(|c| token(c)).map(|c| &c["name"]).collect();
            assert_eq!(with_token, ["controller"], "the dataplane has no token");
        }
    }
    assert!(rules > 10, "{rules}");
}

/// Metrics are for the cluster, the configuration is for who may open a port to the pod.
fn assert_snapshot_is_private(release: &Release) {
    let namespace = release.namespace();
    let jsonpath = "--output=jsonpath={.items[0].metadata.name} {.items[0].status.podIP}";
    let pod = namespace.kubectl(&["get", "pods", "--selector=app.kubernetes.io/name=corten", jsonpath], "");
    let pod = pod.unwrap();
    let (name, ip) = pod.split_once(' ').unwrap();
    let admin = (ip.parse::<std::net::IpAddr>().unwrap(), 9901);
    assert_eq!(connect(admin).get("admin", "/metrics").status, 200);
    assert_eq!(connect(admin).get("admin", "/snapshot").status, 403);
    let forward = Forward::start(namespace.name(), name, 9901);
    assert_eq!(connect(forward.address()).get("admin", "/snapshot").status, 200);
}

/// `helm install`, a Gateway, a route: the Gateway's own address answers, and the statuses say so.
#[test]
fn an_installation_serves() {
    let release = Release::install(&[]);
    let tested = helm(&["test", release.name(), "--namespace", release.name()]);
    assert!(tested.is_ok(), "{tested:?}");
    let apps = Namespace::create("apps");
    apps.apply(ECHO);
    apps.wait_for_deployment("echo");
    apps.apply(&format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web}}
spec:
  gatewayClassName: {}
  listeners: [{{name: http, protocol: HTTP, port: 80}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: echo}}
spec:
  parentRefs: [{{name: web}}]
  rules: [{{backendRefs: [{{name: echo, port: 80}}]}}]
",
        release.name()
    ));
    let condition = |object: &Value, name: &str| -> Option<bool> {
        let conditions = object["conditions"].as_array()?;
        conditions.iter().find(|c| c["type"] == name).map(|c| c["status"] == "True")
    };
    let address = wait_for("the Gateway to be programmed at an address", ROUTED, || {
        let status = get(&["--namespace", apps.name(), "get", "gateway", "web"])["status"].clone();
        let address = status["addresses"][0]["value"].as_str()?.parse::<std::net::IpAddr>().ok()?;
        (condition(&status, "Programmed")? && status["listeners"][0]["attachedRoutes"] == 1)
            .then_some(address)
    });
    let route = apps.get("httproute", "echo")["status"]["parents"][0].clone();
    assert_eq!(route["controllerName"], release.controller_name());
    assert_eq!((condition(&route, "Accepted"), condition(&route, "ResolvedRefs")), (Some(true), Some(true)));
    let answer = connect((address, 80)).get("shop.example", "/cart");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["namespace"], apps.name());
    assert_snapshot_is_private(&release);
    // What it may do is enough for what it has done. A denial names the user, which other refusals do not, such as that
    // of a namespace which another test has just removed.
    let logs = release.logs("controller", -1);
    assert!(!logs.is_empty() && !logs.contains("system:serviceaccount:"), "{logs}");
}

/// With namespaces named, permissions are given there alone, and suffice: also to tell what is wrong with the class.
#[test]
fn an_installation_of_some_namespaces_serves_these() {
    let apps = Namespace::create("some");
    let release = Release::install(&[
        &format!("watch.namespaces={{{}}}", apps.name()),
        "gatewayClass.parametersRef.name=missing",
        &format!("gatewayClass.parametersRef.namespace={}", apps.name()),
    ]);
    let class = release.name();
    wait_for("an Event about the class", ROUTED, || {
        let events = get(&["--namespace=default", "get", "events.events.k8s.io"]);
        let about = |event: &&Value| event["regarding"]["name"] == class && event["type"] == "Warning";
        events["items"].as_array()?.iter().find(about).map(|event| {
            assert!(event["note"].as_str().unwrap().contains("missing"), "{event}");
        })
    });
    apps.apply(
        "{apiVersion: corten.dev/v1alpha1, kind: GatewayParameters, metadata: {name: missing}, spec: {service: {type: ClusterIP}}}",
    );
    apps.apply(&format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: web}},
          spec: {{gatewayClassName: {class}, listeners: [{{name: http, protocol: HTTP, port: 80}}]}}}}",
    ));
    wait_for("the Gateway to be programmed", ROUTED, || {
        let status = apps.get("gateway", "web")["status"].clone();
        let conditions = status["conditions"].as_array()?.clone();
        conditions.iter().any(|c| c["type"] == "Programmed" && c["status"] == "True").then_some(())
    });
    let logs = release.logs("controller", -1);
    assert!(!logs.is_empty() && !logs.contains("system:serviceaccount:"), "{logs}");
}
