//! HTTP/2 frame by frame (RFC 9113), for tests that must send what no client library would.

use crate::{DEADLINE, tls::Authority};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// What starts a connection (section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types (section 6).
pub mod kind {
    #![allow(missing_docs, reason = "the names are the specification's")]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Frame flags (section 6).
pub mod flag {
    #![allow(missing_docs, reason = "the names are the specification's")]
    pub const NONE: u8 = 0;
    pub const ACK: u8 = 1;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
}

/// A frame as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream.
    pub stream: u32,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The error code of GOAWAY or RST_STREAM (section 7).
    pub fn error_code(&self) -> Option<u32> {
        let at = match self.kind {
            kind::GOAWAY => 4,
            kind::RST_STREAM => 0,
            _ => return None,
        };
        Some(u32::from_be_bytes(self.payload.get(at..at + 4)?.try_into().ok()?))
    }

    /// The status of a response's HEADERS. Works because the client allows no dynamic table.
    pub fn status(&self) -> Option<u16> {
        if self.kind != kind::HEADERS {
            return None;
        }
        // A size update (001xxxxx) may come first.
        let start = self.payload.iter().position(|byte| byte & 0xe0 != 0x20)?;
        const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
        match self.payload.get(start..)? {
            [indexed @ 0x88..=0x8e, ..] => STATIC.get(usize::from(indexed - 0x88)).copied(),
            // A literal with the name of index 8, in plain digits or in Huffman code.
            [0x08 | 0x18 | 0x48, 3, digits @ ..] => std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok(),
            [0x08 | 0x18 | 0x48, length, code @ ..] if length & 0x80 != 0 => huffman_digits(code),
            _ => None,
        }
    }
}

/// Three digits in HPACK's Huffman code (RFC 7541, appendix B): 0 to 2 have five bits, the others six.
fn huffman_digits(code: &[u8]) -> Option<u16> {
    let bits = code.iter().take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let (mut value, mut at) = (0, 8 * code.len().min(3) as u32);
    for _ in 0..3 {
        let five = bits >> at.checked_sub(5)? & 31;
        let digit = if five < 3 {
            at -= 5;
            five
        } else {
            at = at.checked_sub(6)?;
            (bits >> at & 63).checked_sub(22)?
        };
        value = value * 10 + digit;
    }
    u16::try_from(value).ok()
}

/// A connection of a client.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    stream: S,
}

impl Connection {
    /// Connects with prior knowledge: the preface and SETTINGS without a dynamic header table.
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connect to the gateway");
        stream.set_nodelay(true).expect("nodelay");
        stream.set_read_timeout(Some(DEADLINE)).expect("read timeout");
        Self::start(stream)
    }

    /// The socket.
    pub fn socket(&self) -> &TcpStream {
        &self.stream
    }
}

impl Connection<crate::tls::TlsStream> {
    /// Connects over TLS with ALPN `h2`.
    pub fn connect_tls(port: u16, authority: &Authority, sni: &str) -> io::Result<Self> {
        authority.connect(port, sni, &["h2"]).map(Self::start)
    }
}

impl<S: Read + Write> Connection<S> {
    /// Sends the preface and SETTINGS over a stream that is connected.
    pub fn start(stream: S) -> Self {
        let mut connection = Self { stream };
        connection.send(PREFACE).expect("preface");
        // SETTINGS_HEADER_TABLE_SIZE = 0.
        connection.frame(kind::SETTINGS, flag::NONE, 0, &[0, 1, 0, 0, 0, 0]).expect("SETTINGS");
        connection
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Sends a frame.
    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.send(&frame(kind, flags, stream, payload))
    }

    /// Sends a whole GET.
    pub fn get(&mut self, stream: u32, authority: &str, path: &str) -> io::Result<()> {
        let block = request_block("GET", authority, path, &[]);
        self.frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, stream, &block)
    }

    /// Receives the next frame; SETTINGS and PING are answered as they must be.
    pub fn receive(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload)?;
        if matches!(kind, kind::SETTINGS | kind::PING) && flags & flag::ACK == 0 {
            let echo: &[u8] = if kind == kind::PING { &payload } else { &[] };
            // The other side may be closing already; what it said before still counts.
            let _ = self.frame(kind, flag::ACK, 0, echo);
        }
        Ok(Frame { kind, flags, stream: u32::from_be_bytes(id) & 0x7fff_ffff, payload })
    }

    /// Receives frames until one satisfies `wanted`.
    pub fn receive_until(&mut self, mut wanted: impl FnMut(&Frame) -> bool) -> io::Result<Frame> {
        loop {
            let frame = self.receive()?;
            if wanted(&frame) {
                return Ok(frame);
            }
        }
    }

    /// The status and body of the answer on a stream, which must be the next one to end.
    pub fn response(&mut self, stream: u32) -> io::Result<(u16, Vec<u8>)> {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            let frame = self.receive()?;
            if frame.kind == kind::GOAWAY || (frame.kind == kind::RST_STREAM && frame.stream == stream) {
                return Err(io::Error::other(format!("{frame:?} instead of an answer")));
            }
            if frame.stream != stream {
                continue;
            }
            match frame.kind {
                kind::HEADERS if status == 0 => {
                    status =
                        frame.status().ok_or_else(|| io::Error::other(format!("no status in {frame:?}")))?;
                }
                kind::DATA => body.extend(&frame.payload),
                _ => {}
            }
            if matches!(frame.kind, kind::HEADERS | kind::DATA) && frame.flags & flag::END_STREAM != 0 {
                return Ok((status, body));
            }
        }
    }
}

/// A frame as bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// The header block of a request: pseudo-headers, then `fields`.
pub fn request_block(method: &str, authority: &str, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in
        [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)]
            .iter()
            .chain(fields)
    {
        literal(&mut block, name.as_bytes(), value.as_bytes());
    }
    block
}

/// Appends a literal field without indexing and without Huffman code (RFC 7541, section 6.2.2).
pub fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        length(block, text.len());
        block.extend(text);
    }
}

/// An integer with a seven-bit prefix (RFC 7541, section 5.1).
fn length(block: &mut Vec<u8>, value: usize) {
    if value < 127 {
        return block.push(value as u8);
    }
    block.push(127);
    let mut rest = value - 127;
    while rest >= 128 {
        block.push(128 | (rest % 128) as u8);
        rest /= 128;
    }
    block.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(payload: &[u8]) -> Frame {
        Frame { kind: kind::HEADERS, flags: 4, stream: 1, payload: payload.to_vec() }
    }

    #[test]
    fn the_status_is_read_in_each_of_its_forms() {
        assert_eq!(headers(&[0x88]).status(), Some(200));
        assert_eq!(headers(&[0x20, 0x8d]).status(), Some(404));
        assert_eq!(headers(&[0x08, 3, b'4', b'2', b'1']).status(), Some(421));
        // RFC 7541, C.6.1: "302" is 6402; C.6.2: "307" is 640eff.
        assert_eq!(headers(&[0x48, 0x82, 0x64, 0x02]).status(), Some(302));
        assert_eq!(headers(&[0x48, 0x83, 0x64, 0x0e, 0xff]).status(), Some(307));
    }

    #[test]
    fn lengths_above_the_prefix_are_continued() {
        let mut block = Vec::new();
        length(&mut block, 126);
        length(&mut block, 127 + 300);
        assert_eq!(block, [126, 127, 0xac, 0x02]);
    }
}
