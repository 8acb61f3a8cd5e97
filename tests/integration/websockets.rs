//! WebSockets and other upgrades. See tests/suites/websockets for a peer that was written elsewhere.

use corten_test_support::{
    Backend, Gateway, Reply, backend,
    websocket::{self, WebSocket, opcode},
    yaml,
};
use std::io::{Read, Write};

#[test]
fn frames_pass_both_ways() {
    let backend = websocket::echo_backend();
    let gateway = Gateway::to(&backend);
    let mut socket = WebSocket::connect(gateway.http(), "h", "/chat?room=1");
    for length in [0, 1, 125, 126, 65_536, 1 << 20] {
        socket.echo(&"x".repeat(length)).unwrap();
    }
    socket.send(opcode::PING, b"p").unwrap();
    assert_eq!(socket.receive().unwrap(), (opcode::PONG, b"p".to_vec()));
    socket.close().unwrap();
    let record = backend.last();
    assert_eq!(record.target, "/chat?room=1");
    assert_eq!(record.header("x-forwarded-for"), Some("127.0.0.1"));
}

/// `appProtocol: kubernetes.io/ws` says no more than what works anyway.
#[test]
fn a_service_that_says_websocket() {
    let backend = websocket::echo_backend();
    let gateway = Gateway::builder()
        .file("service-app.yaml", &yaml::service_of("app", &[backend.port()], "kubernetes.io/ws"))
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .start();
    WebSocket::connect(gateway.http(), "h", "/").echo("hello").unwrap();
}

#[test]
fn a_refusal_keeps_its_status_and_the_connection() {
    let backend = Backend::start(|_| Reply::status(401).body("who are you"));
    let gateway = Gateway::to(&backend);
    let (mut client, response) = websocket::upgrade(gateway.http(), "h", "/");
    assert_eq!((response.status, response.text().as_str()), (401, "who are you"));
    assert_eq!(client.get("h", "/").status, 401);
}

/// An upgrade to anything, with bytes of both sides right behind the head.
#[test]
fn any_protocol_can_be_switched_to() {
    let backend = Backend::raw(|mut stream, shared| {
        let Some(record) = backend::read_head(&stream) else { return };
        shared.record(record);
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: custom/1\r\n\r\nfirst";
        stream.write_all(answer).unwrap();
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            stream.write_all(&buffer[..count]).unwrap();
        }
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: custom/1\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.header("upgrade")), (101, Some("custom/1")));
    assert_eq!(client.read_exact(5).unwrap(), b"first");
    client.send("second");
    assert_eq!(client.read_exact(6).unwrap(), b"second");
    assert_eq!(backend.last().headers("upgrade"), ["custom/1"]);
}

/// When one side ends, the other hears of it.
#[test]
fn the_end_of_one_side_reaches_the_other() {
    let backend = Backend::raw(|mut stream, _| {
        let _ = backend::read_head(&stream);
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nbye")
            .unwrap();
    });
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    assert_eq!(client.response().status, 101);
    assert_eq!(client.read_to_end().unwrap(), b"bye");
}
