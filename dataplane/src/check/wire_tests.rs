//! What hyper makes of malformed bytes before [`super::head`] sees a request, over real sockets.

use super::{Facts, Framing, head};
use crate::error::{Code, Error, RequestFacts, response};
use corten_snapshot::Limits;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::{convert::Infallible, io, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A connection whose bytes are looked through on their way to hyper.
struct Watched {
    stream: TcpStream,
    framing: Framing,
    found: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if this.framing.feed(&buf.filled()[before..]) {
            this.found.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Checks the head, reads the body, and answers with what arrived. `found`: a length beside a coding.
async fn answer(request: Request<Incoming>, found: bool) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut checked = head(&request, &Limits::default());
    if found && checked.as_ref().is_ok_and(|head| head.facts.contains(Facts::TRANSFER_ENCODING)) {
        checked = Err(Error::new(Code::BadFraming));
    }
    let text = match checked {
        Err(error) => {
            let facts = RequestFacts { http1: true, ..RequestFacts::default() };
            return Ok(response(&error, facts).map(Full::new));
        }
        Ok(head) => format!(
            "target={} sized={} coded={}",
            request.uri(),
            head.facts.contains(Facts::CONTENT_LENGTH),
            head.facts.contains(Facts::TRANSFER_ENCODING),
        ),
    };
    let body = request.into_body().collect().await;
    let text = match body {
        Ok(body) => format!("{text} body={:?}", String::from_utf8_lossy(&body.to_bytes())),
        Err(error) => format!("{text} broken={error}"),
    };
    Ok(Response::new(Full::new(text.into())))
}

/// Sends `raw` on a connection of its own and returns all that comes back until the server closes.
async fn until_closed(raw: &[u8]) -> String {
    exchange(raw, false).await
}

/// The same; `watched`: with [`Framing`] before hyper.
async fn exchange(raw: &[u8], watched: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let found = Arc::new(AtomicBool::new(false));
    let socket = Watched { stream, framing: Framing::default(), found: found.clone() };
    let service = service_fn(|request| answer(request, watched && found.load(Ordering::Relaxed)));
    let server = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    let client = async {
        client.write_all(raw).await.unwrap();
        let mut text = Vec::new();
        client.read_to_end(&mut text).await.unwrap();
        String::from_utf8_lossy(&text).into_owned()
    };
    let both = async { tokio::join!(server, client).1 };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("the server does not close")
}

/// What it is, what is sent, and the status.
const REFUSED: &[(&str, &str, u16)] = &[
    ("lengths differ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    ("list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na", 400),
    ("signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400),
    ("hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na", 400),
    ("huge length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ("coding not last", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
    (
        "coding before chunked",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunked twice",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    (
        "vertical tab in the coding",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "space before the colon",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("HTTP/1.0 chunked", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400),
    ("folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n", 400),
    ("bare carriage return in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\r: 1\r\n\r\n", 400),
    ("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n", 400),
    ("space in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", 400),
    ("header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
    ("empty header name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400),
    ("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("control in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("unknown version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n", 400),
    ("no version", "GET /\r\nHost: a\r\n\r\n", 400),
    ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("Host contradicts", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("authority alone", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400),
    ("relative target", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    ("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ("imitation", "GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1\r\n\r\n", 400),
    ("nominated Authorization", "GET / HTTP/1.1\r\nHost: a\r\nConnection: authorization\r\n\r\n", 400),
];

#[tokio::test]
async fn refused_with_a_status_and_closed() {
    for (name, raw, want) in REFUSED {
        let text = until_closed(raw.as_bytes()).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {want} ")), "{name}: {text}");
        assert!(text.to_ascii_lowercase().contains("connection: close"), "{name}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{name}: answered once: {text}");
    }
}

#[tokio::test]
async fn more_header_fields_than_hyper_keeps_is_431() {
    let fields: String = (0..101).map(|n| format!("x{n}: 1\r\n")).collect();
    let text = until_closed(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
}

#[tokio::test]
async fn chunked_bodies_that_are_malformed_are_broken() {
    for (name, chunks) in [
        ("no size", "\r\n\r\n"),
        ("size is no number", "x\r\n\r\n"),
        ("size too large", "fffffffffffffffff\r\n"),
        ("signed size", "+1\r\na\r\n0\r\n\r\n"),
        ("size with a prefix", "0x1\r\na\r\n0\r\n\r\n"),
        ("bare line feed after the size", "1\na\r\n0\r\n\r\n"),
        ("line feed in an extension", "1;a\nb\r\na\r\n0\r\n\r\n"),
        ("no line end after the data", "1\r\nab\r\n0\r\n\r\n"),
    ] {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        let text = until_closed(format!("{head}{chunks}").as_bytes()).await;
        assert!(text.contains("broken="), "{name}: {text}");
    }
}

const LENGTH_AND_CODING: [(&str, &str); 3] = [
    ("length first", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
    ("coding first", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
    ("malformed length behind", "Transfer-Encoding: chunked\r\nContent-Length: x\r\n"),
];

fn smuggling(fields: &str) -> String {
    let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n1\r\na\r\n0\r\n\r\n{next}")
}

/// hyper reads such a body by its chunks, drops `Content-Length` and closes afterwards, so that `head` sees
/// an ordinary chunked request. This test says so, and fails when hyper changes.
#[tokio::test]
async fn hyper_hides_a_length_beside_a_coding() {
    for (name, fields) in LENGTH_AND_CODING {
        let text = exchange(smuggling(fields).as_bytes(), false).await;
        assert!(text.contains("sized=false coded=true body=\"a\""), "{name}: {text}");
        assert!(!text.contains("/next"), "{name}: what follows is not read: {text}");
    }
}

#[tokio::test]
async fn a_length_beside_a_coding_is_refused() {
    for (name, fields) in LENGTH_AND_CODING {
        let text = exchange(smuggling(fields).as_bytes(), true).await;
        assert!(text.starts_with("HTTP/1.1 400 "), "{name}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{name}: what follows is not read: {text}");
    }
    let fine = smuggling("Transfer-Encoding: chunked\r\n").replace("/next HTTP/1.1", "/next HTTP/1.0");
    let text = exchange(fine.as_bytes(), true).await;
    assert_eq!(text.matches(" 200 OK").count(), 2, "an ordinary chunked request and its successor: {text}");
}

/// A fragment never reaches us: the target ends where it begins.
#[tokio::test]
async fn hyper_cuts_off_a_fragment() {
    let text = until_closed(b"GET /a#/../b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(text.contains("target=/a "), "{text}");
}
