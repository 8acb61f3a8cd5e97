//! What hyper makes of malformed HTTP/2 requests before [`super::head`] sees them, over real sockets, with
//! frames made by hand.

use super::head;
use crate::error::{RequestFacts, response};
use corten_snapshot::Limits;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{convert::Infallible, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields as HPACK literals without indexing and without Huffman coding (RFC 7541 section 6.2.2).
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            out.push(u8::try_from(text.len()).unwrap());
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Err(error) = head(&request, &Limits::default()) {
        return Ok(response(&error, RequestFacts::default()).map(Full::new));
    }
    Ok(match request.into_body().collect().await {
        Ok(_) => Response::new(Full::default()),
        Err(_) => Response::builder().status(499).body(Full::default()).unwrap(),
    })
}

/// How the server answers on stream 1.
#[derive(Debug, PartialEq)]
enum Answer {
    /// A response.
    Status(u16),
    /// RST_STREAM with this code.
    Reset(u32),
    /// GOAWAY with this code.
    GoAway(u32),
}

/// The status in the first bytes of a header block that hyper made: indexed (RFC 7541 appendix A, 8 to 14) or a
/// literal with the indexed name `:status`.
fn status(block: &[u8]) -> u16 {
    match block {
        [0x88, ..] => 200,
        [0x8c, ..] => 400,
        [0x8d, ..] => 404,
        [0x08 | 0x48, _, rest @ ..] => match rest {
            [0x85 | b'4', ..] => String::from_utf8_lossy(&rest[..3]).parse().unwrap_or(0),
            _ => 0,
        },
        _ => 0,
    }
}

/// Sends `frames` on a connection of its own, and reads until the server says something of stream 1.
async fn exchange(frames: &[Vec<u8>]) -> Answer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    let server = tokio::spawn(server);
    let talk = async {
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        client.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        client.write_all(&frames.concat()).await.unwrap();
        loop {
            let mut header = [0; 9];
            client.read_exact(&mut header).await.unwrap();
            let mut payload = vec![0; usize::from(header[1]) << 8 | usize::from(header[2])];
            client.read_exact(&mut payload).await.unwrap();
            let number = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match (header[3], header[8]) {
                (HEADERS, 1) => return Answer::Status(status(&payload)),
                (RST_STREAM, 1) => return Answer::Reset(number(0)),
                (GOAWAY, _) => return Answer::GoAway(number(4)),
                _ => {}
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), talk).await.expect("an answer");
    server.abort();
    answer
}

/// A request with these fields and no body.
fn request(fields: &[(&str, &str)]) -> Vec<Vec<u8>> {
    vec![frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(fields))]
}

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", "/")];

fn get(more: &[(&'static str, &'static str)]) -> Vec<Vec<u8>> {
    request(&[&GET, more].concat())
}

const PROTOCOL_ERROR: Answer = Answer::Reset(1);

#[tokio::test]
async fn an_ordinary_request_is_answered() {
    assert_eq!(exchange(&get(&[("te", "trailers")])).await, Answer::Status(200));
    let body = [
        frame(HEADERS, END_HEADERS, 1, &block(&[&GET[..], &[("content-length", "2")]].concat())),
        frame(DATA, END_STREAM, 1, b"ab"),
    ];
    assert_eq!(exchange(&body).await, Answer::Status(200));
}

#[tokio::test]
async fn malformed_requests_are_reset_by_hyper() {
    let without = |name: &str| request(&GET.into_iter().filter(|(n, _)| *n != name).collect::<Vec<_>>());
    for (name, frames) in [
        ("Connection", get(&[("connection", "close")])),
        ("Transfer-Encoding", get(&[("transfer-encoding", "chunked")])),
        ("Upgrade", get(&[("upgrade", "websocket")])),
        ("Keep-Alive", get(&[("keep-alive", "1")])),
        ("Proxy-Connection", get(&[("proxy-connection", "close")])),
        ("TE that is not trailers", get(&[("te", "gzip")])),
        ("two paths", get(&[(":path", "/b")])),
        ("pseudo-header behind a field", request(&[&GET[..3], &[("x", "1"), (":path", "/")]].concat())),
        ("status in a request", get(&[(":status", "200")])),
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("no path", without(":path")),
        ("empty path", request(&[&GET[..3], &[(":path", "")]].concat())),
        ("space in the path", request(&[&GET[..3], &[(":path", "/a b")]].concat())),
        ("line end in the path", request(&[&GET[..3], &[(":path", "/ HTTP/1.1\r\nx: y")]].concat())),
        ("line end in the authority", request(&[GET[0], GET[1], (":authority", "a\r\nx: y"), GET[3]])),
        ("lengths differ", get(&[("content-length", "0"), ("content-length", "1")])),
        ("length without a body", get(&[("content-length", "5")])),
        ("signed length", get(&[("content-length", "+0")])),
        ("list of lengths", get(&[("content-length", "0, 0")])),
    ] {
        assert_eq!(exchange(&frames).await, PROTOCOL_ERROR, "{name}");
    }
}

#[tokio::test]
async fn bodies_that_do_not_have_their_length_are_reset() {
    for (length, data) in [("1", "ab"), ("3", "ab")] {
        let head = block(&[&GET[..], &[("content-length", length)]].concat());
        let frames = [frame(HEADERS, END_HEADERS, 1, &head), frame(DATA, END_STREAM, 1, data.as_bytes())];
        assert_eq!(exchange(&frames).await, PROTOCOL_ERROR, "length {length} for {data}");
    }
}

#[tokio::test]
async fn what_hyper_lets_through_is_refused_by_the_check() {
    for (name, frames) in [
        ("Host contradicts", get(&[("host", "b.example")])),
        ("two Hosts", get(&[("host", "a.example"), ("host", "a.example")])),
        ("equal lengths", get(&[("content-length", "0"), ("content-length", "0")])),
        ("user information", request(&[GET[0], GET[1], (":authority", "u@a.example"), GET[3]])),
        ("no authority", request(&[GET[0], GET[1], GET[3]])),
        ("imitation", get(&[("x_forwarded_for", "1")])),
        ("asterisk", request(&[&GET[..3], &[(":path", "*")]].concat())),
        ("other scheme", request(&[GET[0], (":scheme", "ftp"), GET[2], GET[3]])),
    ] {
        assert_eq!(exchange(&frames).await, Answer::Status(400), "{name}");
    }
}

#[tokio::test]
async fn names_and_values_that_are_no_fields_end_the_stream_or_the_connection() {
    for (name, frames) in [
        ("capitals in a name", get(&[("X-A", "1")])),
        ("space in a name", get(&[("x a", "1")])),
        ("colon in a name", get(&[("x:a", "1")])),
        ("empty name", get(&[("", "1")])),
        ("line end in a value", get(&[("x", "1\r\ny: 2")])),
        ("NUL in a value", get(&[("x", "1\0")])),
    ] {
        let answer = exchange(&frames).await;
        assert!(matches!(answer, Answer::Reset(_) | Answer::GoAway(_)), "{name}: {answer:?}");
    }
}
