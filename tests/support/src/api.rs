//! The API server over plain HTTP on loopback, by way of `kubectl proxy`: for many quick writes, and for watching.

use crate::{Client, DEADLINE, Response, cluster, wait::pause, wait_for};
use parking_lot::Mutex;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    net::{Shutdown, SocketAddr, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// Where the kinds of the Gateway API are, in a namespace.
pub fn gateway_api(namespace: &str, plural: &str) -> String {
    format!("/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/{plural}")
}

/// A kubectl that passes on what comes to a port of loopback. It ends with its guard.
#[derive(Debug)]
pub struct Forward {
    process: Child,
    address: SocketAddr,
    /// Where it tells of each connection: closed, it would end.
    _output: BufReader<ChildStdout>,
}

impl Forward {
    /// To a port of a pod, as seen from within the pod.
    pub fn start(namespace: &str, pod: &str, port: u16) -> Self {
        let (pod, port) = (format!("pod/{pod}"), format!(":{port}"));
        Self::kubectl(&["--namespace", namespace, "port-forward", "--address=127.0.0.1", &pod, &port])
    }

    fn kubectl(arguments: &[&str]) -> Self {
        let mut command = Command::new("kubectl");
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("kubectl on the PATH");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("its address");
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.unwrap_or_else(|| panic!("kubectl {arguments:?}: {line:?}"));
        Self { process, address, _output: output }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One client of the API server.
#[derive(Debug)]
pub struct Api {
    proxy: Forward,
    client: Client,
}

impl Api {
    /// Starts the proxy and connects.
    pub fn connect() -> Self {
        let proxy = Forward::kubectl(&["proxy", "--port=0"]);
        let client = cluster::connect(proxy.address());
        Self { proxy, client }
    }

    /// Sends a request with a body of this type and returns the answer.
    pub fn request(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Response {
        let length = body.len();
        self.client.request(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Creates an object in the collection at `path`.
    pub fn create(&mut self, path: &str, object: &Value) -> Value {
        succeeded(&self.request("POST", path, "application/json", &object.to_string()))
    }

    /// Changes the object at `path` by a JSON merge patch.
    pub fn patch(&mut self, path: &str, patch: &Value) -> Value {
        succeeded(&self.request("PATCH", path, "application/merge-patch+json", &patch.to_string()))
    }

    /// Deletes the object at `path`.
    pub fn delete(&mut self, path: &str) -> Value {
        succeeded(&self.request("DELETE", path, "application/json", ""))
    }

    /// The object or list at `path`.
    pub fn get(&mut self, path: &str) -> Value {
        succeeded(&self.client.get("localhost", path))
    }

    /// Watches the collection at `path` from now on.
    pub fn watch(&mut self, path: &str) -> Watch {
        let version = version(&self.get(path)).to_owned();
        let mut client = cluster::connect(self.proxy.address());
        let socket = client.socket().try_clone().expect("a socket");
        socket.set_read_timeout(None).expect("no timeout");
        client.send(format!(
            "GET {path}?watch=true&resourceVersion={version} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
        let head = client.read_head().expect("the watch's answer");
        assert_eq!(head.status, 200, "{}", head.head);
        let events = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&events);
        let reader = thread::spawn(move || read_events(client, &into));
        Watch { events, socket, reader: Some(reader) }
    }
}

fn succeeded(response: &Response) -> Value {
    assert!(matches!(response.status, 200..=202), "{} {}", response.head, response.text());
    response.json()
}

/// `metadata.resourceVersion`.
fn version(object: &Value) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap_or_default()
}

fn read_events(mut client: Client, into: &Mutex<Vec<Value>>) {
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = client.read_chunk() {
        text.extend(chunk);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            into.lock().push(serde_json::from_slice(&line).expect("an event of a watch"));
        }
    }
}

/// What happens in a collection. It ends with its guard.
#[derive(Debug)]
pub struct Watch {
    events: Arc<Mutex<Vec<Value>>>,
    socket: TcpStream,
    reader: Option<JoinHandle<()>>,
}

impl Watch {
    /// Waits until the object `name` of this version has been seen.
    pub fn until(&self, name: &str, at: &str) {
        wait_for("the watch to catch up", DEADLINE, || {
            let events = self.events.lock();
            events.iter().any(|event| is_of(event, name) && version(&event["object"]) == at).then_some(())
        });
    }

    /// How many events there have been, of the object `name` or of all.
    pub fn count(&self, name: Option<&str>) -> usize {
        let events = self.events.lock();
        let errors: Vec<_> = events.iter().filter(|event| event["type"] == "ERROR").collect();
        assert!(errors.is_empty(), "{errors:?}");
        events.iter().filter(|event| name.is_none_or(|name| is_of(event, name))).count()
    }

    /// How many more events there are while `time` passes.
    pub fn during(&self, time: Duration) -> usize {
        let before = self.count(None);
        pause(time);
        self.count(None) - before
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn is_of(event: &Value, name: &str) -> bool {
    event["object"]["metadata"]["name"] == name
}
