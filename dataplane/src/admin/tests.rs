use super::{Admin, View, answer::answer, serve};
use crate::observe::{AccessLog, Observer};
use http::Method;
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct Told {
    not_live: Mutex<Vec<String>>,
    not_ready: Mutex<Vec<String>>,
}

impl View for Told {
    fn not_live(&self) -> Vec<String> {
        self.not_live.lock().clone()
    }
    fn not_ready(&self) -> Vec<String> {
        self.not_ready.lock().clone()
    }
    fn snapshot(&self) -> serde_json::Value {
        serde_json::json!({ "revision": 7 })
    }
}

fn start() -> (Admin, Arc<Told>) {
    let observer = Arc::new(Observer::new(1, AccessLog::start(1, Box::new(std::io::sink())).unwrap()));
    let told = Arc::new(Told::default());
    (serve(SocketAddr::from(([127, 0, 0, 1], 0)), observer, told.clone()).unwrap(), told)
}

/// All that comes back for a request on a connection of its own.
fn ask(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{line} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn status(text: &str) -> &str {
    text.split(' ').nth(1).unwrap_or_default()
}

fn body(text: &str) -> &str {
    text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[test]
fn ready_and_live_say_why_not() {
    let (admin, told) = start();
    for (path, reasons) in [("/readyz", &told.not_ready), ("/healthz", &told.not_live)] {
        let text = ask(admin.address(), &format!("GET {path}"));
        assert_eq!((status(&text), body(&text)), ("200", "ok\n"), "{path}");
        *reasons.lock() = vec!["no snapshot yet".to_owned(), "draining".to_owned()];
        let text = ask(admin.address(), &format!("GET {path}"));
        assert_eq!((status(&text), body(&text)), ("503", "no snapshot yet\ndraining\n"), "{path}");
        reasons.lock().clear();
        assert_eq!(status(&ask(admin.address(), &format!("GET {path}"))), "200", "{path}: again");
    }
}

#[test]
fn metrics_and_snapshot() {
    let (admin, _) = start();
    let text = ask(admin.address(), "GET /metrics?x=y");
    assert_eq!(status(&text), "200");
    assert!(text.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{text}");
    assert!(body(&text).contains("# TYPE corten_build_info gauge\n"), "{text}");
    let text = ask(admin.address(), "GET /snapshot");
    assert!(text.contains("content-type: application/json\r\n"), "{text}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(body(&text)).unwrap()["revision"], 7);
}

#[test]
fn the_snapshot_is_shown_to_loopback_alone() {
    let observer = Observer::new(1, AccessLog::start(1, Box::new(std::io::sink())).unwrap());
    let told = Told::default();
    let status = |path: &str, peer: &str| {
        answer((&Method::GET, path), peer.parse().unwrap(), &observer, &told).status().as_u16()
    };
    for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(status("/snapshot", peer), 200, "{peer}");
    }
    for peer in ["10.244.0.7", "192.0.2.1", "fd00::1", "::ffff:10.0.0.1"] {
        assert_eq!(status("/snapshot", peer), 403, "{peer}");
        for path in ["/metrics", "/healthz", "/readyz"] {
            assert_eq!(status(path, peer), 200, "{path} from {peer}");
        }
    }
}

#[test]
fn other_paths_and_methods() {
    let (admin, _) = start();
    for (line, want) in [
        ("GET /", "404"),
        ("GET /metrics/", "404"),
        ("GET /../metrics", "404"),
        ("POST /nothing", "404"),
        ("POST /readyz", "405"),
        ("DELETE /snapshot", "405"),
    ] {
        let text = ask(admin.address(), line);
        assert_eq!(status(&text), want, "{line}");
        assert_eq!(text.contains("allow: GET, HEAD\r\n"), want == "405", "{line}: {text}");
    }
}

#[test]
fn head_is_get_without_a_body() {
    let (admin, _) = start();
    let text = ask(admin.address(), "HEAD /healthz");
    assert_eq!((status(&text), body(&text)), ("200", ""));
    assert!(text.contains("content-length: 3\r\n"), "{text}");
}

#[test]
fn an_address_in_use_is_an_error_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let observer = Arc::new(Observer::new(1, AccessLog::start(1, Box::new(std::io::sink())).unwrap()));
    let error = serve(taken.local_addr().unwrap(), observer, Arc::new(Told::default())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn it_ends_with_its_handle() {
    let (admin, told) = start();
    let address = admin.address();
    drop(admin);
    // The thread holds the view until it has ended.
    let started = std::time::SystemTime::now();
    while Arc::strong_count(&told) > 1 {
        assert!(started.elapsed().unwrap() < Duration::from_secs(10), "the thread goes on");
        std::thread::yield_now();
    }
    assert!(TcpStream::connect(address).is_err());
}
