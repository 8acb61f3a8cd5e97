//! A gateway pod, and what can be done to its containers. The node's processes are seen in this machine's /proc.

use corten_test_support::{cluster, load::dial, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    net::{IpAddr, SocketAddr},
    process::Command,
};

/// The ports of the admin addresses, as the chart has them.
const ADMIN: [(&str, u16); 2] = [("controller", 9902), ("dataplane", 9901)];

/// A gateway pod as it was when it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    /// Whether the pod is ready.
    pub(crate) ready: bool,
    statuses: Vec<Value>,
}

impl Pod {
    /// Out of its object.
    pub(crate) fn of(pod: &Value) -> Self {
        let status = &pod["status"];
        let conditions = status["conditions"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{pod:#}")).to_owned();
        Self {
            name: text(&pod["metadata"]["name"]),
            ip: text(&status["podIP"]).parse().unwrap(),
            ready: conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"),
            statuses: status["containerStatuses"].as_array().unwrap().clone(),
        }
    }

    fn status(&self, container: &str) -> &Value {
        self.statuses.iter().find(|status| status["name"] == container).expect("a container of this name")
    }

    /// How often a container has been started again.
    pub(crate) fn restarts(&self, container: &str) -> u64 {
        self.status(container)["restartCount"].as_u64().unwrap()
    }

    /// The process of a container, if it runs.
    pub(crate) fn process(&self, container: &str) -> Option<u32> {
        let id = self.status(container)["containerID"].as_str()?.rsplit('/').next()?.to_owned();
        fs::read_dir("/proc").unwrap().find_map(|entry| {
            let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
            groups.contains(&id).then_some(pid)
        })
    }

    /// Sends a signal to the process of a container, which must run.
    pub(crate) fn signal(&self, container: &str, signal: Signal) {
        let pid = self.process(container).unwrap_or_else(|| panic!("{container} of {} runs", self.name));
        let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
        kill_process(pid, signal).expect("a signal");
    }

    /// Kills the process of a container, as a crash would.
    pub(crate) fn kill(&self, container: &str) {
        self.signal(container, Signal::KILL);
    }

    /// An admin address.
    pub(crate) fn admin(&self, container: &str) -> SocketAddr {
        let (_, port) = ADMIN.iter().find(|(name, _)| *name == container).expect("a container of this name");
        (self.ip, *port).into()
    }

    /// What an admin address answers; `None` if it does not.
    pub(crate) fn asked(&self, container: &str, path: &str) -> Option<(u16, String)> {
        let mut client = dial(self.admin(container)).ok()?;
        client.try_send(format!("GET {path} HTTP/1.1\r\nHost: admin\r\n\r\n")).ok()?;
        let response = client.read_response(false).ok()?;
        Some((response.status, response.text()))
    }

    /// Whether a container says that it is ready, asked itself.
    pub(crate) fn says_ready(&self, container: &str) -> bool {
        self.asked(container, "/readyz").is_some_and(|(status, _)| status == 200)
    }

    /// The sum of a metric over those of its labels that contain `label`. `None`: there was no answer.
    pub(crate) fn metric(&self, container: &str, name: &str, label: &str) -> Option<f64> {
        let (_, text) = self.asked(container, "/metrics")?;
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        Some(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Whether its controller says that it leads.
    pub(crate) fn leads(&self) -> bool {
        self.metric("controller", "corten_controller_leader", "").is_some_and(|leads| leads > 0.0)
    }

    /// How many statuses its controller has written.
    pub(crate) fn writes(&self) -> f64 {
        let name = "corten_controller_status_writes_total";
        wait_for("the controller's metrics", cluster::POD_DEADLINE, || self.metric("controller", name, ""))
    }
}

/// A pod that cannot reach the API server, nor be answered by it: packets are lost. It ends with its guard.
#[derive(Debug)]
pub(crate) struct Cut {
    table: String,
    ip: IpAddr,
    port: u64,
    /// The pod's ports of the connections that there were before.
    connections: Vec<String>,
}

impl Cut {
    /// Cuts `pod` off.
    pub(crate) fn begin(pod: &Pod) -> Self {
        let endpoints = cluster::get(&[
            "--namespace=default",
            "get",
            "endpointslices",
            "--selector=kubernetes.io/service-name=kubernetes",
        ]);
        let port = endpoints["items"][0]["ports"][0]["port"].as_u64().expect("the API server's port");
        let connections = connections(port, pod.ip);
        assert!(!connections.is_empty(), "the pod is connected");
        let cut = Self { table: format!("cut-{}", std::process::id()), ip: pod.ip, port, connections };
        cut.drop_packets("", "");
        cut
    }

    /// New connections get through; what is sent on those from before is lost for good, and neither end is told: as when
    /// a machine has died, or a load balancer on the way has forgotten them.
    pub(crate) fn forget_connections(&self) {
        self.delete();
        let ports = self.connections.join(", ");
        self.drop_packets(&format!("tcp sport {{ {ports} }}"), &format!("tcp dport {{ {ports} }}"));
    }

    fn drop_packets(&self, to: &str, from: &str) {
        let Self { table, ip, port, .. } = self;
        nft(&format!(
            "table inet {table} {{
  chain to {{ type filter hook input priority -10; ip saddr {ip} tcp dport {port} {to} drop; }}
  chain from {{ type filter hook output priority -10; ip daddr {ip} tcp sport {port} {from} drop; }}
}}"
        ));
    }

    fn delete(&self) {
        nft(&format!("delete table inet {}", self.table));
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.delete();
    }
}

fn nft(rules: &str) {
    run("nft", &[rules]);
}

/// The ports from which `ip` is connected to a port of the node.
fn connections(port: u64, ip: IpAddr) -> Vec<String> {
    let filter = format!("sport = :{port} and dst {ip}");
    let list = run("ss", &["--no-header", "--tcp", "--numeric", "state", "established", &filter]);
    let ports = list.lines().filter_map(|line| line.split_whitespace().last()?.rsplit(':').next());
    ports.map(str::to_owned).collect()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
