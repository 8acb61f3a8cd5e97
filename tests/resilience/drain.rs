//! SIGTERM: what is in flight is answered, clients are told, and the process ends in time.

use corten_test_support::load::{Load, dial, polite_get};
use corten_test_support::{
    Backend, Client, DEADLINE, Gateway, Reply, eventually, h2,
    wait::pause,
    websocket::{self, WebSocket},
    yaml,
};
use std::{
    net::{Ipv4Addr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A backend that answers `/slow` only once it is let go.
struct Held {
    backend: Backend,
    go: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
}

impl Held {
    fn start() -> Self {
        let (go, waiting) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (in_go, in_waiting) = (Arc::clone(&go), Arc::clone(&waiting));
        let backend = Backend::start(move |request| {
            if request.target == "/slow" {
                in_waiting.fetch_add(1, Ordering::SeqCst);
                eventually("to be let go", || in_go.load(Ordering::SeqCst));
            }
            Reply::text("answered")
        });
        Self { backend, go, waiting }
    }

    fn until_waiting(&self, count: usize) {
        eventually("the requests to arrive", || self.waiting.load(Ordering::SeqCst) == count);
    }

    fn let_go(&self) {
        self.go.store(true, Ordering::SeqCst);
    }
}

fn gateway(backend: &Backend, drain: &str) -> Gateway {
    Gateway::builder()
        .service("app", &[backend])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .policy(&format!("drain: {drain}"))
        .start()
}

/// Waits until the listener refuses, which it does from `drain.min` on.
fn until_refused(gateway: &Gateway) {
    eventually("the listener to close", || TcpStream::connect(("127.0.0.1", gateway.http())).is_err());
}

#[test]
fn requests_in_flight_over_http_1_are_answered() {
    let held = Held::start();
    let gateway = gateway(&held.backend, "{min: 100ms, max: 30s}");
    let mut clients: Vec<_> = (0..5).map(|_| gateway.client()).collect();
    for client in &mut clients {
        client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    held.until_waiting(5);
    gateway.process().terminate();
    until_refused(&gateway);
    assert_eq!(gateway.process().exited(), None, "ended with requests in flight");
    held.let_go();
    for client in &mut clients {
        let response = client.response();
        assert_eq!((response.status, response.text().as_str()), (200, "answered"));
        assert_eq!(response.header("connection"), Some("close"));
        assert!(client.is_closed());
    }
    assert!(gateway.process().wait(DEADLINE).success());
}

#[test]
fn streams_in_flight_over_http_2_are_answered_and_goaway_is_sent() {
    let held = Held::start();
    let gateway = gateway(&held.backend, "{min: 100ms, max: 30s}");
    let mut connection = h2::Connection::connect(gateway.http());
    for stream in [1, 3, 5] {
        connection.get(stream, "h", "/slow").unwrap();
    }
    held.until_waiting(3);
    gateway.process().terminate();
    let goaway = connection.receive_until(|f| f.kind == h2::kind::GOAWAY).unwrap();
    assert_eq!(goaway.error_code(), Some(0), "{goaway:?}");
    held.let_go();
    let mut ended = 0;
    while ended < 3 {
        let frame = connection.receive().unwrap();
        assert_ne!(frame.kind, h2::kind::RST_STREAM, "{frame:?}");
        let data = matches!(frame.kind, h2::kind::DATA | h2::kind::HEADERS);
        ended += usize::from(data && frame.flags & h2::flag::END_STREAM != 0);
    }
    assert!(gateway.process().wait(DEADLINE).success());
}

#[test]
fn an_open_websocket_works_until_it_is_closed() {
    let backend = websocket::echo_backend();
    let gateway = gateway(&backend, "{min: 100ms, max: 30s}");
    let mut socket = WebSocket::connect(gateway.http(), "h", "/");
    gateway.process().terminate();
    until_refused(&gateway);
    for turn in 0..20 {
        socket.echo(&format!("turn {turn}")).unwrap();
    }
    assert_eq!(gateway.process().exited(), None);
    socket.close().unwrap();
    assert!(gateway.process().wait(DEADLINE).success());
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let backend = Backend::named("a");
    let gateway = gateway(&backend, "{min: 100ms, max: 10m}");
    let mut idle: Vec<_> = (0..20).map(|_| gateway.client()).collect();
    for client in &mut idle {
        assert_eq!(client.get("h", "/").status, 200);
    }
    let mut silent = gateway.client();
    gateway.process().terminate();
    assert!(gateway.process().wait(DEADLINE).success());
    assert!(silent.is_closed());
    assert!(idle.iter_mut().all(Client::is_closed));
}

#[test]
fn what_never_ends_is_cut_at_the_maximum() {
    let held = Held::start();
    let gateway = gateway(&held.backend, "{min: 100ms, max: 1s}");
    let mut client = gateway.client();
    client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    held.until_waiting(1);
    gateway.process().terminate();
    gateway.process().wait(DEADLINE);
    assert!(client.read_response(false).map_or(true, |response| response.status >= 500));
    held.let_go();
}

/// It says at once that it is no longer ready, and still serves until `drain.min` is over.
#[test]
fn it_stops_being_ready_before_it_stops_serving() {
    let backend = Backend::named("a");
    let gateway = gateway(&backend, "{min: 2s, max: 30s}");
    assert_eq!(gateway.admin("/readyz").status, 200);
    gateway.process().terminate();
    eventually("not to be ready", || gateway.admin("/readyz").status == 503);
    assert_eq!(gateway.get("h", "/").text(), "a", "a new connection while others still learn of it");
    assert!(gateway.process().wait(DEADLINE).success());
}

/// Clients that ask without pause lose no request: each is answered, or was never taken.
#[test]
fn nothing_is_lost_under_load() {
    let backend = Backend::start(|_| {
        pause(Duration::from_millis(5));
        Reply::text("a")
    });
    let gateway = gateway(&backend, "{min: 1s, max: 30s}");
    let mut load = Load::default();
    let over = Arc::new(AtomicBool::new(false));
    for _ in 0..8 {
        let (port, over, mut client) = (gateway.http(), Arc::clone(&over), None);
        load.add("polite client", move || {
            if over.load(Ordering::SeqCst) {
                return Ok(());
            }
            let connect = || dial((Ipv4Addr::LOCALHOST, port).into());
            match polite_get(&mut client, connect, "h", "/") {
                Ok(response) if response.text() == "a" => Ok(()),
                Ok(response) => Err(format!("{} {}", response.status, response.text())),
                // A new connection that is refused was never taken.
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                    over.store(true, Ordering::SeqCst);
                    Ok(())
                }
                Err(e) => Err(e.to_string()),
            }
        });
    }
    eventually("load", || load.served() > 200);
    gateway.process().terminate();
    assert!(gateway.process().wait(DEADLINE).success());
    load.finish();
}
