//! HTTP/2 floods: the connection ends with an error after a bounded number, memory grows by less than 10 MiB,
//! and other clients see nothing (CVE-2023-44487, CVE-2025-8671, CVE-2024-27316, CVE-2026-49975,
//! RUSTSEC-2026-0258).

use crate::Target;
use corten_test_support::h2::{Connection, flag, frame, kind, literal, request_block};
use std::{io, time::Duration};

const MEMORY: u64 = 10 << 20;
/// More than any bound should need.
const MANY: u32 = 50_000;

/// Error codes (RFC 9113, section 7) that tell a client to stop.
const CALM_DOWN: &[u32] = &[1, 2, 5, 9, 11];

/// Sends `attack` for stream after stream until the gateway ends the connection; it must before [`MANY`].
#[track_caller]
fn is_ended(target: &Target, mut attack: impl FnMut(&mut Connection, u32) -> io::Result<()>) {
    let before = target.gateway.process().resident();
    let mut connection = Connection::connect(target.gateway.http());
    connection.socket().set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    let end = (0..MANY).find_map(|turn| attack(&mut connection, turn * 2 + 1).err());
    // What the gateway said before it closed, if the reset has not swept it away.
    connection.socket().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let said = connection.receive_until(|f| f.kind == kind::GOAWAY);
    match (&end, &said) {
        (_, Ok(goaway)) => {
            let code = goaway.error_code().unwrap();
            assert!(CALM_DOWN.contains(&code), "GOAWAY with {code}");
        }
        (Some(_), Err(_)) => {}
        (None, Err(error)) => {
            let open = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
            assert!(!open, "{MANY} turns, and the connection is still open");
        }
    }
    unharmed(target, before);
}

/// Others are served, and memory has not grown.
#[track_caller]
fn unharmed(target: &Target, before: u64) {
    target.serves_others();
    let mut other = Connection::connect(target.gateway.http());
    other.get(1, "h", "/").unwrap();
    assert_eq!(other.response(1).unwrap().0, 200);
    let grown = target.gateway.process().resident().saturating_sub(before);
    assert!(grown < MEMORY, "memory grew by {grown} bytes");
}

fn get(stream: u32) -> Vec<u8> {
    frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, stream, &request_block("GET", "h", "/", &[]))
}

/// CVE-2023-44487.
#[test]
fn rapid_reset() {
    let target = Target::start();
    is_ended(&target, |connection, stream| {
        let cancel = frame(kind::RST_STREAM, flag::NONE, stream, &8_u32.to_be_bytes());
        connection.send(&[get(stream), cancel].concat())
    });
}

/// CVE-2025-8671: the client makes the server reset, with a window update of zero.
#[test]
fn made_you_reset() {
    let target = Target::start();
    is_ended(&target, |connection, stream| {
        let nothing = frame(kind::WINDOW_UPDATE, flag::NONE, stream, &[0; 4]);
        connection.send(&[get(stream), nothing].concat())
    });
}

/// CVE-2024-27316: header fields without end, in CONTINUATION after CONTINUATION.
#[test]
fn continuation_flood() {
    let target = Target::start();
    let mut field = Vec::new();
    literal(&mut field, b"x-flood", &[b'a'; 1000]);
    is_ended(&target, |connection, turn| match turn {
        1 => connection.frame(kind::HEADERS, flag::NONE, 1, &request_block("GET", "h", "/", &[])),
        _ => connection.frame(kind::CONTINUATION, flag::NONE, 1, &field),
    });
}

/// The same with nothing in them.
#[test]
fn empty_continuation_flood() {
    let target = Target::start();
    is_ended(&target, |connection, turn| match turn {
        1 => connection.frame(kind::HEADERS, flag::NONE, 1, &request_block("GET", "h", "/", &[])),
        _ => connection.frame(kind::CONTINUATION, flag::NONE, 1, &[]),
    });
}

/// RUSTSEC-2026-0258: DATA frames without data on an open stream.
#[test]
fn empty_data_flood() {
    let target = Target::start();
    is_ended(&target, |connection, turn| match turn {
        1 => connection.frame(kind::HEADERS, flag::END_HEADERS, 1, &request_block("POST", "h", "/", &[])),
        _ => connection.send(&frame(kind::DATA, flag::NONE, 1, &[]).repeat(10)),
    });
}

/// Frames that must be acknowledged, by a client that reads nothing. Ended, or no longer read: both are bounds.
#[track_caller]
fn is_bounded(kind: u8, payload: &[u8]) {
    let target = Target::start();
    let before = target.gateway.process().resident();
    let mut connection = Connection::connect(target.gateway.http());
    connection.socket().set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let burst = frame(kind, flag::NONE, 0, payload).repeat(100);
    let sent = (0..5_000).take_while(|_| connection.send(&burst).is_ok()).count();
    unharmed(&target, before);
    assert!(sent <= 5_000);
    drop(connection);
}

#[test]
fn settings_flood() {
    is_bounded(kind::SETTINGS, &[0, 3, 0, 0, 0, 100]);
}

#[test]
fn ping_flood() {
    is_bounded(kind::PING, b"floodfld");
}

#[test]
fn priority_flood() {
    let target = Target::start();
    let before = target.gateway.process().resident();
    let mut connection = Connection::connect(target.gateway.http());
    connection.socket().set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    for stream in 0..MANY {
        if connection.frame(kind::PRIORITY, flag::NONE, stream * 2 + 1, &[0, 0, 0, 0, 1]).is_err() {
            break;
        }
    }
    unharmed(&target, before);
}

/// A header list that unpacks to far more than it weighs.
#[test]
fn hpack_bomb() {
    let target = Target::start();
    let before = target.gateway.process().resident();
    let mut connection = Connection::connect(target.gateway.http());
    let mut block = request_block("GET", "h", "/", &[]);
    // One field of 4,000 bytes into the dynamic table (literal with incremental indexing), then 16,000
    // references to it, of one byte each.
    block.extend([0x40, 1, b'x', 0x7f, 0xa1, 0x1e]);
    block.extend([b'a'; 4000]);
    block.extend([0xbe; 12_000]);
    let flags = flag::END_HEADERS | flag::END_STREAM;
    connection.frame(kind::HEADERS, flags, 1, &block).unwrap();
    let refused =
        connection.receive_until(|f| matches!(f.kind, kind::HEADERS | kind::RST_STREAM | kind::GOAWAY));
    if let Ok(frame) = refused {
        assert_ne!(frame.status(), Some(200));
    }
    assert_eq!(target.backend.count(), 0);
    unharmed(&target, before);
}

/// CVE-2026-49975: many answers asked for, none taken, because the window is zero.
#[test]
fn answers_behind_a_zero_window() {
    let target = Target::start();
    let before = target.gateway.process().resident();
    let mut connection = Connection::connect(target.gateway.http());
    // SETTINGS_INITIAL_WINDOW_SIZE = 0.
    connection.frame(kind::SETTINGS, flag::NONE, 0, &[0, 4, 0, 0, 0, 0]).unwrap();
    for stream in 0..1000 {
        if connection.send(&get(stream * 2 + 1)).is_err() {
            break;
        }
    }
    unharmed(&target, before);
}

/// RFC 9113, section 8.1.1: a length that its DATA frames do not keep is malformed.
#[test]
fn a_length_that_the_data_breaks_never_arrives_whole() {
    for (length, data) in [("1", "ab"), ("3", "ab")] {
        let target = Target::start();
        let mut connection = Connection::connect(target.gateway.http());
        let block = request_block("POST", "h", "/", &[("content-length", length)]);
        connection.frame(kind::HEADERS, flag::END_HEADERS, 1, &block).unwrap();
        connection.frame(kind::DATA, flag::END_STREAM, 1, data.as_bytes()).unwrap();
        let answer =
            connection.receive_until(|f| matches!(f.kind, kind::HEADERS | kind::RST_STREAM | kind::GOAWAY));
        if let Ok(frame) = answer {
            assert_ne!(frame.status(), Some(200), "length {length}");
        }
        target.serves_others();
        let others = target.backend.records().into_iter().filter(|r| r.target != "/others").count();
        assert_eq!(others, 0, "length {length}: the backend got a whole request");
    }
}

/// What HTTP/1.1 forbids in a field, HTTP/2 can carry; it must not come out as HTTP/1.1.
#[test]
fn line_breaks_in_http_2_fields_never_reach_the_backend() {
    let fields: &[(&str, &str)] = &[
        ("x-a", "1\r\nx-injected: 1"),
        ("x-a", "1\nx-injected: 1"),
        ("x-a\r\nx-injected", "1"),
        ("x-a: 1\r\nx-injected", "1"),
        ("X-Upper", "1"),
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        (":path", "/second"),
        ("te", "gzip"),
    ];
    for field in fields {
        let target = Target::start();
        let mut connection = Connection::connect(target.gateway.http());
        let block = request_block("GET", "h", "/", &[*field]);
        let flags = flag::END_HEADERS | flag::END_STREAM;
        connection.frame(kind::HEADERS, flags, 1, &block).unwrap();
        let answer =
            connection.receive_until(|f| matches!(f.kind, kind::HEADERS | kind::RST_STREAM | kind::GOAWAY));
        if let Ok(frame) = answer {
            assert_ne!(frame.status(), Some(200), "{field:?}");
        }
        target.serves_others();
        let records = target.backend.records();
        assert!(records.iter().all(|r| r.target == "/others"), "{field:?}: {records:?}");
    }
}
