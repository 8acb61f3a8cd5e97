//! A real Kubernetes: the one that `KUBECONFIG` names, by way of kubectl.
//!
//! `tests/cluster/with` sets the variable, and `tests/cluster/exec` lets a suite see the network of its node.

use crate::{Client, DEADLINE, release::root, wait_for};
use serde_json::Value;
use std::{
    env,
    io::{self, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    process::{self, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

/// How long pods may take to start on a busy machine.
pub const POD_DEADLINE: Duration = Duration::from_secs(120);

/// Runs `kubectl` with `input` as its standard input. Answers with standard output, or with standard error if it fails.
pub fn kubectl(arguments: &[&str], input: &str) -> Result<String, String> {
    assert!(
        env::var_os("KUBECONFIG").is_some(),
        "KUBECONFIG names no cluster: run tests/cluster/with -- tests/cluster/exec COMMAND"
    );
    let mut command = Command::new("kubectl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl on the PATH");
    let mut stdin = child.stdin.take().expect("its standard input");
    let text = input.to_owned();
    // Beside the reading, so that neither side waits for the other with full pipes.
    let writer = thread::spawn(move || match stdin.write_all(text.as_bytes()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => panic!("kubectl's standard input: {e}"),
        _ => {}
    });
    let output = child.wait_with_output().expect("kubectl's output");
    writer.join().expect("writer");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// [`kubectl`] with JSON as its output, which must succeed.
pub fn get(arguments: &[&str]) -> Value {
    let output = kubectl(&[arguments, &["--output=json"]].concat(), "");
    let output = output.unwrap_or_else(|e| panic!("kubectl {arguments:?}: {e}"));
    serde_json::from_str(&output).unwrap_or_else(|e| panic!("kubectl {arguments:?}: {e} in {output:?}"))
}

/// A namespace of its own for a test; removed with its guard, without waiting for it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one whose name begins with `prefix` and is nobody else's.
    pub fn create(prefix: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        kubectl(&["create", "namespace", &name], "").unwrap_or_else(|e| panic!("namespace {name}: {e}"));
        Self { name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// [`kubectl`] in this namespace.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        kubectl(&[&["--namespace", &self.name], arguments].concat(), input)
    }

    /// Creates or changes the objects of a YAML text.
    pub fn apply(&self, yaml: &str) {
        self.kubectl(&["apply", "--filename=-"], yaml).unwrap_or_else(|e| panic!("{e}\nin\n{yaml}"));
    }

    /// An object, which must exist.
    pub fn get(&self, kind: &str, name: &str) -> Value {
        get(&["--namespace", &self.name, "get", kind, name])
    }

    /// Waits until every replica of a Deployment is ready, or says what its pods look like.
    pub fn wait_for_deployment(&self, name: &str) {
        let timeout = format!("--timeout={}s", POD_DEADLINE.as_secs());
        if let Err(error) = self.kubectl(&["rollout", "status", &timeout, &format!("deployment/{name}")], "")
        {
            let pods = self.kubectl(&["describe", "pods"], "").unwrap_or_default();
            panic!("deployment {name}: {error}\n{pods}");
        }
    }

    /// The address that a Service of type LoadBalancer gets.
    pub fn load_balancer(&self, service: &str) -> IpAddr {
        wait_for("a load balancer's address", DEADLINE, || {
            self.get("service", service)["status"]["loadBalancer"]["ingress"][0]["ip"].as_str()?.parse().ok()
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if thread::panicking() {
            let events =
                self.kubectl(&["get", "events,pods,services,endpointslices,gateways", "--output=wide"], "");
            eprintln!("namespace {}:\n{}", self.name, events.unwrap_or_else(|e| e));
        }
        // Whoever looks afterwards finds it gone, or going.
        let _ = kubectl(&["delete", "namespace", &self.name, "--wait=false"], "");
    }
}

/// The API server of our node is away for as long as this is held; it is given back also if a test fails.
#[derive(Debug)]
pub struct ApiServerAway(());

impl ApiServerAway {
    /// Stops it, and waits until nobody answers.
    pub fn begin() -> Self {
        daemon("stop", "kube-apiserver");
        let away = Self(());
        wait_for("the API server to be away", Duration::from_secs(30), || {
            kubectl(&["--request-timeout=1s", "get", "--raw=/readyz"], "").err()
        });
        away
    }
}

impl Drop for ApiServerAway {
    fn drop(&mut self) {
        daemon("start", "kube-apiserver");
        let soon = Duration::from_secs(60);
        wait_for("the API server again", soon, || kubectl(&["get", "--raw=/readyz"], "").ok());
    }
}

/// Stops or starts a program of our node.
fn daemon(verb: &str, name: &str) {
    let done = Command::new(root().join("tests/cluster/daemon")).args([verb, name]).status();
    assert!(done.expect("tests/cluster/daemon").success(), "tests/cluster/daemon {verb} {name}");
}

/// Connects once somebody answers there: kube-proxy takes up a new Service a moment after it is written.
pub fn connect(address: impl Into<SocketAddr>) -> Client {
    let address = address.into();
    let stream = wait_for("a connection", DEADLINE, || {
        TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()
    });
    stream.set_read_timeout(Some(DEADLINE)).expect("read timeout");
    Client::new(stream)
}
