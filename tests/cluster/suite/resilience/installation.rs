//! An installation that serves: two gateway pods, a Gateway, and a route to backends.

use crate::pods::Pod;
use corten_test_support::{
    DEADLINE,
    cluster::{self, Namespace},
    load::{Load, dial},
    release::Release,
    wait_for,
};
use serde_json::Value;
use std::net::SocketAddr;

/// The host that the echo backends answer.
pub(crate) const HOST: &str = "echo.example";

/// Backends as they ought to be: one that ends serves on for a moment, until everybody knows that it goes.
const BACKENDS: &str = include_str!("backends.yaml");

/// An installation, and what it serves. The fields end in this order.
pub(crate) struct Installation {
    /// The Gateway, its routes and its backends.
    pub(crate) apps: Namespace,
    /// Corten.
    pub(crate) release: Release,
    /// Where the Gateway is reached.
    pub(crate) address: SocketAddr,
    /// The port of the pods that is port 80 of the Gateway.
    pub(crate) target: u16,
}

impl Installation {
    /// Installs with `settings`, and waits until every pod serves.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let release = Release::install(settings);
        let apps = Namespace::create("apps");
        apps.apply(BACKENDS);
        apps.apply(&format!(
            "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web}}
spec:
  gatewayClassName: {}
  listeners: [{{name: http, protocol: HTTP, port: 80}}]
",
            release.name()
        ));
        apps.apply(&route("echo", HOST, &backend(&[])));
        apps.wait_for_deployment("echo");
        let ip = wait_for("the Gateway's address", cluster::POD_DEADLINE, || {
            let status = apps.get("gateway", "web")["status"].clone();
            status["addresses"][0]["value"].as_str()?.parse::<std::net::IpAddr>().ok()
        });
        let this = Self { target: target(&apps), apps, release, address: (ip, 80).into() };
        this.wait_until_served(HOST);
        this
    }

    /// The gateway pods that are not on their way out, sorted by name.
    pub(crate) fn pods(&self) -> Vec<Pod> {
        let selector = "--selector=app.kubernetes.io/name=corten";
        let pods = cluster::get(&["--namespace", self.release.name(), "get", "pods", selector]);
        let staying = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
        pods["items"].as_array().unwrap().iter().filter(staying).map(Pod::of).collect()
    }

    /// The pod as it is now.
    pub(crate) fn pod(&self, name: &str) -> Pod {
        Pod::of(&self.release.namespace().get("pod", name))
    }

    /// Who holds the Lease.
    pub(crate) fn leader(&self) -> Option<String> {
        let lease = self.release.namespace().get("lease", &self.release.deployment());
        Some(lease["spec"]["holderIdentity"].as_str().filter(|name| !name.is_empty())?.to_owned())
    }

    /// Waits until somebody leads: the leader's pod, and the others.
    pub(crate) fn leader_and_others(&self) -> (Pod, Vec<Pod>) {
        let leader = wait_for("a leader", DEADLINE, || self.leader());
        let (mut leaders, others): (Vec<_>, Vec<_>) =
            self.pods().into_iter().partition(|pod| pod.name == leader);
        (leaders.pop().expect("the leader's pod"), others)
    }

    /// The Gateway's port in a pod.
    pub(crate) fn direct(&self, pod: &Pod) -> SocketAddr {
        (pod.ip, self.target).into()
    }

    /// Whether a pod answers `host` with 200.
    pub(crate) fn serves(&self, pod: &Pod, host: &str) -> bool {
        ask(self.direct(pod), host).is_some_and(|(status, _)| status == 200)
    }

    /// Waits until every pod answers `host` with 200, and the Gateway's address too.
    pub(crate) fn wait_until_served(&self, host: &str) {
        for pod in self.pods() {
            wait_for(&format!("{} to serve {host}", pod.name), cluster::POD_DEADLINE, || {
                self.serves(&pod, host).then_some(())
            });
        }
        wait_for(&format!("{host} at the Gateway's address"), cluster::POD_DEADLINE, || {
            ask(self.address, host).filter(|(status, _)| *status == 200)
        });
    }

    /// Makes a route for `host` and waits until every pod has it: changes get through.
    pub(crate) fn change_is_served(&self, name: &str) {
        let host = format!("{name}.example");
        self.apps.apply(&route(name, &host, &backend(&[])));
        self.wait_until_served(&host);
    }

    /// Clients of both kinds at the Gateway's address, which must lose nothing.
    pub(crate) fn load(&self) -> Load {
        let mut load = Load::default();
        for _ in 0..4 {
            load.polite(self.address, HOST);
            load.fresh(self.address, HOST);
        }
        wait_for("load", DEADLINE, || (load.served() > 100 || load.has_failed()).then_some(()));
        load
    }

    /// How many routes are attached, as the Gateway says.
    pub(crate) fn attached(&self) -> Value {
        self.apps.get("gateway", "web")["status"]["listeners"][0]["attachedRoutes"].clone()
    }
}

/// The target port of port 80.
fn target(apps: &Namespace) -> u16 {
    let selector = "--selector=gateway.networking.k8s.io/gateway-name=web";
    let services = cluster::get(&["--namespace", apps.name(), "get", "services", selector]);
    let port = services["items"][0]["spec"]["ports"][0]["targetPort"].as_u64().expect("a target port");
    u16::try_from(port).unwrap()
}

/// The status of an answer for `host`, and its field `marker`. `None`: there was no answer.
pub(crate) fn ask(address: SocketAddr, host: &str) -> Option<(u16, String)> {
    let mut client = dial(address).ok()?;
    client.try_send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).ok()?;
    let response = client.read_response(false).ok()?;
    Some((response.status, response.header("marker").unwrap_or_default().to_owned()))
}

/// An HTTPRoute for `host` with one rule.
pub(crate) fn route(name: &str, host: &str, rule: &Value) -> String {
    serde_json::json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {"parentRefs": [{"name": "web"}], "hostnames": [host], "rules": [rule]},
    })
    .to_string()
}

/// A rule that forwards to the echo backends, and sets these fields of answers.
pub(crate) fn backend(fields: &[(&str, &str)]) -> Value {
    let set: Vec<_> =
        fields.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
    let filter =
        serde_json::json!({"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": set}});
    let filters = if fields.is_empty() { vec![] } else { vec![filter] };
    serde_json::json!({"filters": filters, "backendRefs": [{"name": "echo", "port": 80}]})
}
