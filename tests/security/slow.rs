//! Slow clients are cut by their timeouts, and nobody else waits for them.

use crate::Target;
use corten_test_support::{
    Backend, Client, Gateway, Reply, eventually,
    h2::{self, Connection, flag, kind},
    wait::pause,
    yaml,
};
use std::{
    io::Write,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A short time for writes alone, so that nothing else ends what stalls.
const STALLING: &str = "timeouts: {write: 1s}\naccessLog: {mode: Enabled}";
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

/// A backend whose answer does not end, and who sets the flag when nobody takes it any more.
fn endless(gave_up: &Arc<AtomicBool>) -> Backend {
    let flag = Arc::clone(gave_up);
    Backend::raw(move |mut stream, _| {
        let _ = corten_test_support::backend::read_head(&stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        // Bounded, and far more than all buffers on the way.
        flag.store((0..4096).any(|_| stream.write_all(&chunk).is_err()), Ordering::SeqCst);
    })
}

/// A reader that stops lets nobody wait: the backend's connection is given up.
#[test]
fn a_reader_that_stops_is_cut() {
    let gave_up = Arc::new(AtomicBool::new(false));
    let backend = endless(&gave_up);
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
    let mut connection = Connection::connect(target.gateway.http());
    connection.get(1, "h", "/").unwrap();
    assert_eq!(connection.response(1).unwrap().0, 200);
    while connection.receive().is_ok() {}
    assert!(!read_timed_out(&mut connection), "it is still open");
}

/// A client that asks and gives no window holds its stream for no longer than a write may take; the others of the
/// connection go on.
#[test]
fn an_http_2_stream_without_a_window_is_reset() {
    let target = Target::with_policy(STALLING);
    let mut connection = Connection::connect(target.gateway.http());
    // SETTINGS_INITIAL_WINDOW_SIZE = 0.
    connection.frame(kind::SETTINGS, flag::NONE, 0, &[0, 4, 0, 0, 0, 0]).unwrap();
    let block = h2::request_block("POST", "h", "/stalled", &[]);
    connection.frame(kind::HEADERS, flag::END_HEADERS, 1, &block).unwrap();
    connection.frame(kind::DATA, flag::END_STREAM, 1, b"to be echoed").unwrap();
    let reset = connection.receive_until(|frame| frame.kind == kind::RST_STREAM).unwrap();
    assert_eq!((reset.stream, reset.error_code()), (1, Some(8)), "CANCEL");
    let block = h2::request_block("HEAD", "h", "/other", &[]);
    connection.frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 3, &block).unwrap();
    let head = connection.receive_until(|frame| frame.kind == kind::HEADERS && frame.stream == 3).unwrap();
    assert_eq!(head.status(), Some(200));
    eventually("the access log", || target.gateway.process().stdout().contains("/stalled"));
    let stdout = target.gateway.process().stdout();
    let line = stdout.lines().find(|line| line.contains("/stalled")).unwrap();
    assert!(line.contains("client_stalled"), "{line}");
    assert_eq!(target.gateway.metric("corten_errors_total", &["code=\"client_stalled\""]), 1.0);
}

/// The same for one that stops giving windows in the middle: the backend is let go.
#[test]
fn an_http_2_reader_that_stops_is_reset() {
    let gave_up = Arc::new(AtomicBool::new(false));
    let backend = endless(&gave_up);
    let rule = yaml::prefix_rule("/", "app");
    let gateway =
        Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).policy(STALLING).start();
    let mut connection = Connection::connect(gateway.http());
    connection.get(1, "h", "/stalled").unwrap();
    let reset = connection.receive_until(|frame| frame.kind == kind::RST_STREAM).unwrap();
    assert_eq!((reset.stream, reset.error_code()), (1, Some(8)));
    eventually("the backend to be let go", || gave_up.load(Ordering::SeqCst));
}

/// One that takes its time, and takes, is not.
#[test]
fn an_http_2_reader_that_goes_on_is_not_reset() {
    let target = Target::with_policy("timeouts: {write: 1s, bodyIdle: 20s}");
    let mut connection = Connection::connect(target.gateway.http());
    connection.frame(kind::SETTINGS, flag::NONE, 0, &[0, 4, 0, 0, 0, 4]).unwrap();
    let block = h2::request_block("POST", "h", "/", &[]);
    connection.frame(kind::HEADERS, flag::END_HEADERS, 1, &block).unwrap();
    // Each piece of the echo fits the window that is there, and the next waits for another.
    for number in 0..8 {
        let end = if number == 7 { flag::END_STREAM } else { flag::NONE };
        connection.frame(kind::DATA, end, 1, b"ABCD").unwrap();
        pause(Duration::from_millis(300));
        connection.frame(kind::WINDOW_UPDATE, flag::NONE, 1, &4_u32.to_be_bytes()).unwrap();
    }
    assert_eq!(connection.response(1).unwrap(), (200, b"ABCD".repeat(8)));
}

/// A request body that stops is answered as with HTTP/1.1.
#[test]
fn an_http_2_body_that_stops_is_cut() {
    let target = Target::with_policy("timeouts: {bodyIdle: 1s}");
    let mut connection = Connection::connect(target.gateway.http());
    let block = h2::request_block("POST", "h", "/", &[("content-length", "10")]);
    connection.frame(kind::HEADERS, flag::END_HEADERS, 1, &block).unwrap();
    connection.frame(kind::DATA, flag::NONE, 1, b"half").unwrap();
    let head = connection.receive_until(|frame| frame.kind == kind::HEADERS && frame.stream == 1).unwrap();
    assert_eq!(head.status(), Some(408));
    target.serves_others();
}

/// Pings are no requests: they keep no connection that is idle.
#[test]
fn pings_keep_no_idle_http_2_connection() {
    let target = Target::with_policy(SHORT);
    let mut connection = Connection::connect(target.gateway.http());
    connection.get(1, "h", "/").unwrap();
    assert_eq!(connection.response(1).unwrap().0, 200);
    let closed = (0..100).any(|_| {
        pause(Duration::from_millis(200));
        connection.frame(kind::PING, flag::NONE, 0, b"keep me!").is_err()
    });
    assert!(closed, "20 s of pings kept the connection");
}

/// Whether the last read ended by patience, not by the other side.
fn read_timed_out(connection: &mut Connection) -> bool {
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
