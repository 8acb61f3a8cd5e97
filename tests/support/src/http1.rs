//! A raw HTTP/1.1 client: it sends the bytes that the test says, and reads answers strictly.

use crate::{
    DEADLINE,
    tls::{Authority, TlsStream},
};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// An answer as it came.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The head as it came, without the empty line.
    pub head: String,
    /// Fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Trailer fields after a chunked body, names in lower case.
    pub trailers: Vec<(String, String)>,
    /// Status codes of the interim answers before it.
    pub interim: Vec<u16>,
}

impl Response {
    /// The first field of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {:?}", self.text()))
    }
}

/// A connection of a client.
#[derive(Debug)]
pub struct Client<S = TcpStream> {
    stream: S,
    pending: Vec<u8>,
}

impl Client {
    /// Connects to a port of loopback.
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connect to the gateway");
        stream.set_nodelay(true).expect("nodelay");
        stream.set_read_timeout(Some(DEADLINE)).expect("read timeout");
        Self::new(stream)
    }

    /// The socket.
    pub fn socket(&self) -> &TcpStream {
        &self.stream
    }
}

impl Client<TlsStream> {
    /// Connects over TLS, HTTP/1.1 by ALPN.
    pub fn connect_tls(port: u16, authority: &Authority, sni: &str) -> io::Result<Self> {
        authority.connect(port, sni, &["http/1.1"]).map(Self::new)
    }

    /// The socket below TLS.
    pub fn tls(&self) -> &TlsStream {
        &self.stream
    }
}

impl<S: Read + Write> Client<S> {
    /// Over a stream that is connected.
    pub fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new() }
    }

    /// Sends bytes; an error means that the other side has closed.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.try_send(bytes).expect("send");
        self
    }

    /// `GET path` and its answer.
    pub fn get(&mut self, host: &str, path: &str) -> Response {
        self.request(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }

    /// Sends a whole request and reads its answer.
    pub fn request(&mut self, text: &str) -> Response {
        self.send(text);
        let head_only = text.starts_with("HEAD ");
        self.read_response(head_only).unwrap_or_else(|e| panic!("no answer to {text:?}: {e}"))
    }

    /// Reads the answer to a request that was sent.
    pub fn response(&mut self) -> Response {
        self.read_response(false).expect("an answer")
    }

    /// Reads the next final answer (or 101), interim ones before it noted.
    pub fn read_response(&mut self, head_only: bool) -> io::Result<Response> {
        let mut interim = Vec::new();
        loop {
            let mut response = self.read_head()?;
            if (100..200).contains(&response.status) && response.status != 101 {
                interim.push(response.status);
                continue;
            }
            response.interim = interim;
            self.read_body(&mut response, head_only)?;
            return Ok(response);
        }
    }

    /// Reads the head of the next answer of any kind, and nothing of its body.
    pub fn read_head(&mut self) -> io::Result<Response> {
        let head = self.read_until(b"\r\n\r\n")?;
        let head = String::from_utf8(head[..head.len() - 4].to_vec()).map_err(io::Error::other)?;
        let (line, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("status line {line:?}")))?;
        Ok(Response { status, headers: parse_fields(fields), head, ..Response::default() })
    }

    fn read_body(&mut self, response: &mut Response, head_only: bool) -> io::Result<()> {
        if head_only || matches!(response.status, 101 | 204 | 304) {
            return Ok(());
        }
        if response.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.read_chunk()? {
                response.body.extend(chunk);
            }
            response.trailers = self.read_trailers()?;
        } else if let Some(length) = response.header("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            response.body = self.read_exact(length)?;
        } else {
            response.body = self.read_to_end()?;
        }
        Ok(())
    }

    /// Reads one chunk of a chunked body; `None` is the last one, whose trailers follow.
    pub fn read_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = self.read_until(b"\r\n")?;
        let size = std::str::from_utf8(&line[..line.len() - 2]).map_err(io::Error::other)?;
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            return Ok(None);
        }
        let mut chunk = self.read_exact(size + 2)?;
        if chunk.split_off(size) != b"\r\n" {
            return Err(io::Error::other("chunk without its CRLF"));
        }
        Ok(Some(chunk))
    }

    /// Reads trailer fields up to and with the empty line.
    pub fn read_trailers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut text = String::new();
        loop {
            let line = self.read_until(b"\r\n")?;
            if line == b"\r\n" {
                return Ok(parse_fields(text.trim_end()));
            }
            text.push_str(std::str::from_utf8(&line).map_err(io::Error::other)?);
        }
    }

    /// Reads exactly so many bytes.
    pub fn read_exact(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.pending.len() < count {
            self.fill()?;
        }
        let rest = self.pending.split_off(count);
        Ok(std::mem::replace(&mut self.pending, rest))
    }

    /// Reads up to and with `end`.
    pub fn read_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.pending.windows(end.len()).position(|window| window == end) {
                return self.read_exact(at + end.len());
            }
            self.fill()?;
        }
    }

    /// Reads until the other side closes.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(std::mem::take(&mut self.pending));
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.pending.extend_from_slice(&buffer[..count]);
                Ok(())
            }
        }
    }

    /// Whether the other side closes without sending anything more. Waits as long as the stream's
    /// read timeout.
    pub fn is_closed(&mut self) -> bool {
        if !self.pending.is_empty() {
            return false;
        }
        match self.fill() {
            Ok(()) => false,
            Err(e) => !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// The stream, for a test that goes on in another protocol, with what was read too early.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.pending)
    }
}

impl Client {
    /// How long reads wait from now on.
    pub fn set_patience(&self, time: Duration) {
        self.stream.set_read_timeout(Some(time)).expect("read timeout");
    }
}

/// Parses `name: value` lines; names become lower case.
pub(crate) fn parse_fields(text: &str) -> Vec<(String, String)> {
    text.split("\r\n")
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect()
}
