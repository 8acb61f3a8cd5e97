//! Slow clients are cut by their timeouts, and nobody else waits for them.

use crate::Target;
use corten_test_support::{Backend, Client, Gateway, Reply, eventually, wait::pause, yaml};
use std::{
    io::Write,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const SHORT: &str = "timeouts: {handshake: 1s, header: 1s, idle: 1s, bodyIdle: 1s, write: 1s}";

#[test]
fn a_client_that_says_nothing_is_cut() {
    let target = Target::with_policy(SHORT);
    assert!(target.gateway.client().is_closed());
}

#[test]
fn a_head_that_drips_is_cut() {
    let target = Target::with_policy(SHORT);
    let mut client = target.gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n");
    // One field each 200 ms: never silent for long, but never done.
    let cut = (0..100).any(|i| {
        pause(Duration::from_millis(200));
        client.try_send(format!("x-{i}: 1\r\n")).is_err()
    });
    assert!(cut, "the head took 20 s and was still read");
    assert_eq!(target.backend.count(), 0);
    target.serves_others();
}

#[test]
fn a_body_that_stops_is_cut() {
    let target = Target::with_policy(SHORT);
    let mut client = target.gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    assert_eq!(client.response().status, 408);
    assert!(client.is_closed());
    target.serves_others();
}

#[test]
fn a_body_that_moves_is_not_cut() {
    let target = Target::with_policy(SHORT);
    let mut client = target.gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n");
    for byte in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        pause(Duration::from_millis(250));
        client.send(byte);
    }
    assert_eq!(client.response().text(), "abcdefgh");
}

/// The client waits for a slow backend: that is not its idleness.
#[test]
fn waiting_for_an_answer_is_not_idle() {
    let backend = Backend::start(|_| {
        pause(Duration::from_secs(3));
        Reply::text("late")
    });
    let rule = yaml::prefix_rule("/", "app");
    let gateway =
        Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).policy(SHORT).start();
    assert_eq!(gateway.get("h", "/").text(), "late");
}

#[test]
fn an_idle_connection_is_closed() {
    let target = Target::with_policy(SHORT);
    let mut client = target.gateway.client();
    assert_eq!(client.get("h", "/").status, 200);
    assert!(client.is_closed());
}

/// A reader that stops lets nobody wait: the backend's connection is given up.
#[test]
fn a_reader_that_stops_is_cut() {
    let gave_up = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&gave_up);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = corten_test_support::backend::read_head(&stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        // Bounded, and far more than all buffers on the way.
        flag.store((0..4096).any(|_| stream.write_all(&chunk).is_err()), Ordering::SeqCst);
    });
    let rule = yaml::prefix_rule("/", "app");
    let gateway =
        Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).policy(SHORT).start();
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    eventually("the backend to be let go", || gave_up.load(Ordering::SeqCst));
    drop(client);
}

#[test]
fn a_tls_handshake_that_stops_is_cut() {
    let backend = Backend::named("a");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .https("cert", "", &["localhost"])
        .policy(SHORT)
        .start();
    let mut client = Client::connect(gateway.https());
    // The head of a ClientHello record, and nothing more.
    client.send([0x16, 3, 1, 2, 0, 1]);
    assert!(client.is_closed());
}

#[test]
fn an_idle_http_2_connection_is_closed() {
    let target = Target::with_policy(SHORT);
    let mut connection = corten_test_support::h2::Connection::connect(target.gateway.http());
    connection.get(1, "h", "/").unwrap();
    assert_eq!(connection.response(1).unwrap().0, 200);
    while connection.receive().is_ok() {}
    assert!(!read_timed_out(&mut connection), "it is still open");
}

/// Whether the last read ended by patience, not by the other side.
fn read_timed_out(connection: &mut corten_test_support::h2::Connection) -> bool {
    connection
        .receive()
        .is_err_and(|e| matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
}

/// Several hundred clients that do nothing useful, and one that does.
#[test]
fn others_are_served_while_many_are_slow() {
    let target = Target::with_policy("timeouts: {handshake: 30s, header: 30s}");
    let slow: Vec<_> = (0..400)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", target.gateway.http())).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ").unwrap();
            stream
        })
        .collect();
    for _ in 0..50 {
        target.serves_others();
    }
    drop(slow);
    target.serves_others();
}

/// The limit on connections closes what is beyond it, and frees with each that ends.
#[test]
fn connections_beyond_their_limit_are_closed() {
    let backend = Backend::start(|_| Reply::text("ok"));
    let rule = yaml::prefix_rule("/", "app");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &rule)
        .policy("limits: {connections: 10}")
        .start();
    let mut held: Vec<_> = (0..10).map(|_| gateway.client()).collect();
    for client in &mut held {
        assert_eq!(client.get("h", "/").status, 200);
    }
    let mut beyond = gateway.client();
    let _ = beyond.try_send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    if let Ok(response) = beyond.read_response(false) {
        assert_eq!(response.status, 503);
    }
    drop((held, beyond));
    eventually("room again", || {
        let mut client = gateway.client();
        client.try_send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").is_ok()
            && client.read_response(false).is_ok_and(|response| response.status == 200)
    });
}
