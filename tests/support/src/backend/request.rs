//! Requests as a backend receives them.

use crate::http1::Client;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// A request, byte for byte and parsed.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The head as it came, with the empty line.
    pub head: String,
    /// The method.
    pub method: String,
    /// The request target as it came.
    pub target: String,
    /// Fields in order; names as they came.
    pub fields: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Trailer fields, names in lower case.
    pub trailers: Vec<(String, String)>,
}

impl Record {
    /// The first field of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All fields of this name, in any case.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect()
    }

    fn parse(head: Vec<u8>) -> Option<Self> {
        let head = String::from_utf8(head).ok()?;
        let (line, fields) = head.split_once("\r\n")?;
        let mut words = line.splitn(3, ' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let fields = fields
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self { method, target, fields, head, ..Self::default() })
    }
}

/// Reads requests from a connection.
pub(super) struct Reader(Client);

impl Reader {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(Client::new(stream))
    }

    /// The next request with its body; `None` when the connection ends or what comes is malformed.
    pub(super) fn next(&mut self, stream: &mut TcpStream) -> Option<Record> {
        let mut record = Record::parse(self.0.read_until(b"\r\n\r\n").ok()?)?;
        if record.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        if record.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.0.read_chunk().ok()? {
                record.body.extend(chunk);
            }
            record.trailers = self.0.read_trailers().ok()?;
        } else if let Some(length) = record.header("content-length") {
            record.body = self.0.read_exact(length.parse().ok()?).ok()?;
        }
        Some(record)
    }
}

/// Reads one request head from a raw connection, and not a byte more; for backends that answer by hand.
pub fn read_head(mut stream: &TcpStream) -> Option<Record> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    Record::parse(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, Reply, http1};

    #[test]
    fn what_arrived_is_kept_byte_for_byte_and_parsed() {
        let backend = Backend::start(|_| Reply::ok("yes").chunked(&[("x-sum", "3")]));
        let mut client = Client::connect(backend.port());
        let response = client.request(
            "POST /a?b HTTP/1.1\r\nHost: h\r\nX-Odd-CASE:  v \r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n",
        );
        assert_eq!((response.status, response.text().as_str()), (200, "yes"));
        assert_eq!(response.trailers, [("x-sum".to_owned(), "3".to_owned())]);
        let record = backend.last();
        assert!(record.head.contains("X-Odd-CASE:  v \r\n"));
        assert_eq!((record.method.as_str(), record.target.as_str()), ("POST", "/a?b"));
        assert_eq!(record.header("x-odd-case"), Some("v"));
        assert_eq!(record.body, b"ok");
        assert_eq!(record.trailers, http1::parse_fields("x-t: 1"));
        assert_eq!(backend.connections(), 1);
    }

    #[test]
    fn a_stopped_backend_refuses_and_its_connections_end() {
        let backend = Backend::named("a");
        let mut client = Client::connect(backend.port());
        assert_eq!(client.get("h", "/").text(), "a");
        backend.stop();
        assert!(client.is_closed());
        assert!(TcpStream::connect(("127.0.0.1", backend.port())).is_err());
        let again = Backend::start_at(backend.port(), |_| Reply::text("b"));
        assert_eq!(Client::connect(again.port()).get("h", "/").text(), "b");
    }
}
