use super::*;
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

/// A server that answers one connection with `response`.
fn server(response: &'static str) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut chunk = [0; 512];
        while !bytes.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut chunk).unwrap();
            bytes.extend_from_slice(&chunk[..count]);
        }
        let head = String::from_utf8(bytes).unwrap();
        assert!(head.starts_with("GET /readyz?full HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{head}");
        stream.write_all(response.as_bytes()).unwrap();
    });
    url(&format!("http://127.0.0.1:{port}/readyz?full")).unwrap()
}

fn probed(urls: Vec<Uri>) -> Exit {
    probe(&Arguments { urls, timeout: 5 })
}

#[test]
fn an_answer_of_2xx_is_success() {
    let ok = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(
        probed(vec![server(ok), server("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nready")]),
        Exit::Success
    );
}

#[test]
fn one_bad_answer_is_a_failure() {
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let not = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\ndraining";
    assert_eq!(probed(vec![server(not), server(ok)]), Exit::Failure);
    assert_eq!(probed(vec![server("nonsense\r\n\r\n")]), Exit::Failure);
    assert_eq!(probed(vec![server("")]), Exit::Failure, "closed without an answer");
}

#[test]
fn nobody_there_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(probed(vec![url(&format!("http://127.0.0.1:{port}/")).unwrap()]), Exit::Failure);
}

#[test]
fn silence_is_a_failure_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = url(&format!("http://127.0.0.1:{port}/")).unwrap();
    assert_eq!(probe(&Arguments { urls: vec![silent], timeout: 1 }), Exit::Failure);
}

#[test]
fn only_http_addresses_are_taken() {
    assert!(url("http://[::1]:9901/readyz").is_ok() && url("http://a.test").is_ok());
    for wrong in ["https://a.test/", "a.test", "/readyz", "ftp://a.test/", "http://", ""] {
        assert!(url(wrong).is_err(), "{wrong}");
    }
}
