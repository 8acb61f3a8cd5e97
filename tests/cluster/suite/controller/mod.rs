//! The controller against a real API server, with a dataplane beside it as in the pod. Both are processes of the test, in
//! no pod, so that each test has one of its own, with a class, a Lease and settings of its own.

mod expose;
mod leader;
mod serve;
mod status;

use corten_test_support::{
    cluster::{self, Namespace},
    eventually,
    process::Process,
    wait_for,
};
use serde_json::Value;
use std::{
    env,
    fs::{self, Permissions},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{self, Command},
    sync::atomic::{AtomicU8, Ordering},
};

/// Cluster-wide objects of a test; removed with it.
struct Class {
    name: String,
}

impl Class {
    /// A class of a controller of this name. Its Gateways get Services of type ClusterIP, which have an address at once on
    /// every cluster, unless the test says something else.
    fn create(namespace: &Namespace, service: &str) -> Self {
        let name = namespace.name().to_owned();
        namespace.apply(&format!(
            "
apiVersion: corten.dev/v1alpha1
kind: GatewayParameters
metadata: {{name: parameters}}
spec: {{service: {service}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: {name}}}
spec:
  controllerName: test.corten.dev/{name}
  parametersRef: {{group: corten.dev, kind: GatewayParameters, name: parameters, namespace: {name}}}
"
        ));
        Self { name }
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        let _ = cluster::kubectl(&["delete", "gatewayclass", &self.name, "--wait=false"], "");
    }
}

/// One replica: a controller and its dataplane.
struct Replica {
    controller: Process,
    admin: SocketAddr,
    /// Where its dataplane listens: an address of its own, as a pod has one, since Gateways of different tests get the
    /// same ports.
    address: Ipv4Addr,
    _dataplane: Process,
    _folders: [tempfile::TempDir; 2],
}

/// A loopback address that no other replica of this process has.
fn own_address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(2);
    let [low, high, ..] = process::id().to_le_bytes();
    Ipv4Addr::new(127, high | 64, low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A program of this workspace, which `tests/run cluster` has built.
fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join(name)
}

impl Replica {
    /// Starts one for the class and the namespace of a test.
    fn start(namespace: &Namespace, class: &Class, name: &str) -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        fs::set_permissions(folders[0].path(), Permissions::from_mode(0o700)).unwrap();
        let socket = folders[0].path().join("socket");
        let mut command = Command::new(program("corten-controller"));
        command.arg("--socket").arg(&socket);
        command.args(["--controller-name", &format!("test.corten.dev/{}", class.name)]);
        command.args(["--pod-name", name, "--pod-namespace", namespace.name(), "--lease", "election"]);
        command.args([
            "--namespaces",
            namespace.name(),
            "--gateway-pods",
            "app=gateway",
            "--admin",
            "127.0.0.1:0",
        ]);
        command.args(["--log-level", "info,corten_controller=debug,kube_client=error"]);
        let controller = Process::start(command, folders[0].path());
        let mut command = Command::new(program("corten-dataplane"));
        command.arg("--socket").arg(&socket);
        let address = own_address();
        command.args(["--bind", &address.to_string(), "--admin", "127.0.0.1:0", "--threads", "1"]);
        let dataplane = Process::start(command, folders[1].path());
        let admin = wait_for("the admin address", cluster::POD_DEADLINE, || {
            let log = controller.stderr();
            let line = log.lines().find(|line| line.contains("admin server"))?;
            line.split("address=").nth(1)?.trim().parse().ok()
        });
        let replica = Self { controller, admin, address, _dataplane: dataplane, _folders: folders };
        eventually("the controller to be ready", || replica.get("/readyz").0 == 200);
        replica
    }

    fn get(&self, path: &str) -> (u16, String) {
        let response = cluster::connect(self.admin).get("controller", path);
        (response.status, response.text())
    }

    /// Where the dataplane redirects to on a port.
    fn location(&self, port: u16) -> String {
        let response = cluster::connect((self.address, port)).get("a.example", "/");
        response.header("location").unwrap_or_default().to_owned()
    }

    /// The sum of a metric over its labels.
    fn metric(&self, name: &str, label: &str) -> f64 {
        let (_, text) = self.get("/metrics");
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// The status of a condition, with its generation up to date; empty if it is not.
fn condition<'v>(object: &Value, conditions: &'v Value, type_: &str) -> &'v str {
    let all = conditions.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = all.iter().find(|condition| condition["type"] == type_);
    let current = found.filter(|found| found["observedGeneration"] == object["metadata"]["generation"]);
    current.and_then(|found| found["status"].as_str()).unwrap_or_default()
}

/// A Gateway of the class with these listeners in YAML's flow style.
fn gateway(class: &Class, name: &str, listeners: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}}}
spec:
  gatewayClassName: {}
  listeners: {listeners}
",
        class.name
    )
}

/// One HTTP listener on port 80.
const HTTP: &str = "[{name: http, port: 80, protocol: HTTP}]";

/// A route that answers with a redirect to `host`, so that no backend is needed.
fn redirect(name: &str, gateway: &str, host: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}}}
spec:
  parentRefs: [{{name: {gateway}}}]
  rules: [{{filters: [{{type: RequestRedirect, requestRedirect: {{hostname: {host}}}}}]}}]
---
"
    )
}

fn wait_until_programmed(namespace: &Namespace, name: &str) -> Value {
    wait_for(&format!("{name} to be programmed"), cluster::POD_DEADLINE, || {
        let gateway = namespace.get("gateway", name);
        let programmed = condition(&gateway, &gateway["status"]["conditions"], "Programmed") == "True";
        programmed.then_some(gateway)
    })
}

/// The Service of a Gateway.
fn service_of(namespace: &Namespace, name: &str) -> Option<Value> {
    let selector = format!("--selector=gateway.networking.k8s.io/gateway-name={name}");
    let services = cluster::get(&["--namespace", namespace.name(), "get", "services", &selector]);
    services["items"].as_array().and_then(|items| items.first()).cloned()
}

/// Which port of the dataplanes is port 80 of a Gateway.
fn target(namespace: &Namespace, name: &str) -> u16 {
    let service = service_of(namespace, name).expect("the Gateway's Service");
    let ports = service["spec"]["ports"].as_array().unwrap();
    let port = ports.iter().find(|port| port["port"] == 80).expect("port 80");
    u16::try_from(port["targetPort"].as_u64().unwrap()).unwrap()
}
