//! Bodies are streamed, both ways, at the pace of whoever takes them.

use corten_test_support::{Backend, Client, Gateway, backend, eventually, wait::pause};
use std::{
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

fn event(text: &str) -> String {
    format!("{:x}\r\ndata: {text}\n\n\r\n", text.len() + 8)
}

/// Each event is there before the next is sent.
#[test]
fn events_arrive_one_by_one() {
    let next = Arc::new(AtomicU64::new(0));
    let allowed = Arc::clone(&next);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = backend::read_head(&stream);
        stream.write_all(HEAD).unwrap();
        for number in 1..=20 {
            eventually("the client to ask on", || allowed.load(Ordering::SeqCst) >= number);
            stream.write_all(event(&number.to_string()).as_bytes()).unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
    assert_eq!(client.read_head().unwrap().header("content-type"), Some("text/event-stream"));
    for number in 1..=20 {
        next.store(number, Ordering::SeqCst);
        let chunk = client.read_chunk().unwrap().unwrap();
        assert_eq!(chunk, format!("data: {number}\n\n").into_bytes());
    }
    assert_eq!(client.read_chunk().unwrap(), None);
}

/// Each piece of a request body is at the backend before the next is sent.
#[test]
fn uploads_arrive_piece_by_piece() {
    let seen = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&seen);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = backend::read_head(&stream);
        let mut client = Client::new(stream.try_clone().unwrap());
        while let Ok(Some(chunk)) = client.read_chunk() {
            counter.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for number in 1..=20 {
        client.send("4\r\npart\r\n");
        eventually("the piece at the backend", || seen.load(Ordering::SeqCst) == number * 4);
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.response().status, 200);
}

/// Where a counter stands once it no longer moves.
fn standstill(counter: &AtomicU64) -> u64 {
    let mut last = u64::MAX;
    corten_test_support::wait_for("a standstill", corten_test_support::DEADLINE, || {
        let now = counter.load(Ordering::SeqCst);
        let same = now == last && now > 0;
        last = now;
        pause(Duration::from_millis(300));
        same.then_some(now)
    })
}

const MUCH: u64 = 64 << 20;

/// Clients that do not read hold the backend back, and what is kept of each in the gateway is little.
#[test]
fn slow_readers_hold_the_backend_back() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = backend::read_head(&stream);
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {MUCH}\r\n\r\n").as_bytes()).unwrap();
        for _ in 0..MUCH / 65536 {
            if stream.write_all(&[b'x'; 65536]).is_err() {
                return;
            }
            counter.fetch_add(65536, Ordering::SeqCst);
        }
    });
    let gateway = Gateway::to(&backend);
    let stall = || {
        let mut client = gateway.client();
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        client
    };
    let mut first = stall();
    let one = standstill(&sent);
    assert!(one < 32 << 20, "{one} bytes were taken from the backend");
    // The first has grown what the allocator keeps for all.
    let before = gateway.process().resident();
    let others: Vec<_> = (0..8).map(|_| stall()).collect();
    eventually("the others to begin", || backend.connections() == 9);
    standstill(&sent);
    let each = gateway.process().resident().saturating_sub(before) / 8;
    assert!(each < 2 << 20, "the gateway keeps {each} bytes for each");
    assert_eq!(first.response().body.len() as u64, MUCH);
    drop(others);
}

/// A backend that does not read holds the client back.
#[test]
fn a_slow_backend_holds_the_client_back() {
    let go = Arc::new(AtomicBool::new(false));
    let may_read = Arc::clone(&go);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = backend::read_head(&stream);
        eventually("to be let go", || may_read.load(Ordering::SeqCst));
        let mut left = MUCH;
        let mut buffer = vec![0; 65536];
        // The first bytes may have come with the head.
        while left > 1 << 20 {
            left -= stream.read(&mut buffer).unwrap() as u64;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone");
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {MUCH}\r\n\r\n"));
    let sent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..MUCH / 65536 {
                client.send([b'x'; 65536]);
                sent.fetch_add(65536, Ordering::SeqCst);
            }
        });
        let stalled = standstill(&sent);
        assert!(stalled < 32 << 20, "{stalled} bytes were taken from the client");
        go.store(true, Ordering::SeqCst);
    });
    assert_eq!(client.response().text(), "done");
}

/// A client that goes away ends the work that the backend does for it.
#[test]
fn a_client_that_goes_away_is_noticed_by_the_backend() {
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    let backend = Backend::raw(move |mut stream, _| {
        let _ = backend::read_head(&stream);
        stream.write_all(HEAD).unwrap();
        for number in 0..2000 {
            if stream.write_all(event(&number.to_string()).as_bytes()).is_err() {
                flag.store(true, Ordering::SeqCst);
                return;
            }
            pause(Duration::from_millis(10));
        }
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client.read_head().unwrap();
    client.read_chunk().unwrap();
    drop(client);
    eventually("the backend to notice", || ended.load(Ordering::SeqCst));
}

/// A body that a client leaves half sent is never a whole one at the backend.
#[test]
fn half_an_upload_is_never_whole() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nonly this");
    eventually("the upload at the backend", || backend.connections() == 1);
    drop(client);
    for _ in 0..5 {
        assert_eq!(gateway.get("h", "/other").status, 200);
    }
    assert!(backend.records().iter().all(|r| r.target == "/other"));
}
