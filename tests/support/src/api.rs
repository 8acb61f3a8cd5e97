//! The API server over plain HTTP on loopback, by way of `kubectl proxy`: for many quick writes, and for watching.

use crate::{Client, DEADLINE, Response, cluster, wait::pause, wait_for};
use parking_lot::Mutex;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    net::{Shutdown, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// Where the kinds of the Gateway API are, in a namespace.
pub fn gateway_api(namespace: &str, plural: &str) -> String {
    format!("/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/{plural}")
}

/// One client of the API server.
#[derive(Debug)]
pub struct Api {
    proxy: Child,
    address: SocketAddr,
    client: Client,
}

impl Api {
    /// Starts the proxy and connects.
    pub fn connect() -> Self {
        let mut command = Command::new("kubectl");
        command.args(["proxy", "--port=0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut proxy = command.spawn().expect("kubectl on the PATH");
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        let address = line.trim().rsplit(' ').next().and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("kubectl proxy: {line:?}"));
        Self { proxy, address, client: cluster::connect(address) }
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
        let mut client = cluster::connect(self.address);
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

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
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
