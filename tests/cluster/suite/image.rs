//! Corten's image runs in a pod that is allowed nothing, and resolves the names of the cluster.

use corten_test_support::{
    cluster::{Namespace, POD_DEADLINE, connect},
    wait_for,
};
use serde_json::json;
use std::env;

const ECHO: &str = include_str!("echo.yaml");

/// What the gateway in the pod serves: everything goes to a Service, by its name. The port is the gateway's own.
const CONFIGURATION: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: corten
  listeners: [{name: http, protocol: HTTP, port: 8080}]
---
apiVersion: corten.dev/v1alpha1
kind: Backend
metadata: {name: echo}
spec: {endpoints: [{host: HOST, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all}
spec:
  parentRefs: [{name: web}]
  rules: [{backendRefs: [{group: corten.dev, kind: Backend, name: echo}]}]
";

const POD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: corten}
spec:
  selector: {matchLabels: {app: corten}}
  template:
    metadata: {labels: {app: corten}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: corten
        image: IMAGE
        imagePullPolicy: IfNotPresent
        args: [run, /config, --admin, '0.0.0.0:9901', --threads, '1']
        readinessProbe: {httpGet: {path: /readyz, port: 9901}, periodSeconds: 1}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        volumeMounts: [{name: config, mountPath: /config}]
      volumes: [{name: config, configMap: {name: config}}]
---
apiVersion: v1
kind: Service
metadata: {name: corten}
spec:
  type: LoadBalancer
  selector: {app: corten}
  ports: [{port: 80, targetPort: 8080}]
";

/// PodSecurity `restricted` holds: not root, no capability, nothing writable.
#[test]
fn a_restricted_pod_serves_a_backend_by_name() {
    let image = env::var("CORTEN_IMAGE").expect("CORTEN_IMAGE, which the cluster can run");
    let namespace = Namespace::create("image");
    namespace
        .kubectl(
            &["label", "namespace", namespace.name(), "pod-security.kubernetes.io/enforce=restricted"],
            "",
        )
        .unwrap();
    let host = format!("echo.{}.svc.cluster.local", namespace.name());
    let files = json!({ "all.yaml": CONFIGURATION.replace("HOST", &host) });
    namespace.apply(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config"}, "data": files})
            .to_string(),
    );
    namespace.apply(ECHO);
    namespace.apply(&POD.replace("IMAGE", &image));
    namespace.wait_for_deployment("echo");
    namespace.wait_for_deployment("corten");
    let answer = connect((namespace.load_balancer("corten"), 80)).get("shop.example", "/cart");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let echo = answer.json();
    assert_eq!((&echo["path"], &echo["host"]), (&json!("/cart"), &json!("shop.example")));
    assert_eq!(echo["namespace"], namespace.name());
}

/// Whatever a program is linked to is in the image: each of them starts, and says its version.
#[test]
fn every_program_starts() {
    let image = env::var("CORTEN_IMAGE").expect("CORTEN_IMAGE, which the cluster can run");
    let namespace = Namespace::create("programs");
    let programs = ["corten", "corten-controller", "corten-dataplane"];
    let containers = programs.map(|program| {
        json!({"name": program, "image": image, "imagePullPolicy": "IfNotPresent", "command": [program, "--version"]})
    });
    let spec =
        json!({"restartPolicy": "Never", "automountServiceAccountToken": false, "containers": containers});
    namespace.apply(
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "programs"}, "spec": spec})
            .to_string(),
    );
    wait_for("the end of the programs", POD_DEADLINE, || {
        let phase = namespace.get("pod", "programs")["status"]["phase"].clone();
        assert_ne!(phase, "Failed", "{}", namespace.get("pod", "programs")["status"]);
        (phase == "Succeeded").then_some(())
    });
    for program in programs {
        let said = namespace.kubectl(&["logs", "programs", "--container", program], "").unwrap();
        assert!(said.starts_with(&format!("{program} ")), "{said}");
    }
}
