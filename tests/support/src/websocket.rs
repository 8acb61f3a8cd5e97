//! A small WebSocket peer (RFC 6455): enough to see that a tunnel stays open and in order.

use crate::{Backend, Client, Response, backend};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// The key of RFC 6455, section 1.3, and the answer that belongs to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Kinds of frames (section 5.2).
pub mod opcode {
    /// Text.
    pub const TEXT: u8 = 1;
    /// Close.
    pub const CLOSE: u8 = 8;
    /// Ping.
    pub const PING: u8 = 9;
    /// Pong.
    pub const PONG: u8 = 10;
}

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: TcpStream,
    client: bool,
}

impl WebSocket {
    /// Opens one through a listener; panics unless the answer is 101 with the right key.
    pub fn connect(port: u16, host: &str, path: &str) -> Self {
        let (client, response) = upgrade(port, host, path);
        assert_eq!(response.status, 101, "{}", response.text());
        assert_eq!(response.header("sec-websocket-accept"), Some(ACCEPT));
        let (stream, early) = client.into_parts();
        assert!(early.is_empty(), "bytes before the first frame: {early:?}");
        Self { stream, client: true }
    }

    /// Sends a frame.
    pub fn send(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let mut frame = vec![0x80 | opcode];
        let mask_bit = if self.client { 0x80 } else { 0 };
        match payload.len() {
            length @ 0..126 => frame.push(mask_bit | length as u8),
            length @ 126..65536 => {
                frame.push(mask_bit | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(mask_bit | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        if self.client {
            frame.extend(mask);
            frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            frame.extend(payload);
        }
        self.stream.write_all(&frame)
    }

    /// Receives a frame: its opcode and payload.
    pub fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let [first, second] = self.array()?;
        let length = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes(self.array()?)),
            127 => u64::from_be_bytes(self.array()?),
            length => u64::from(length),
        };
        let mask: [u8; 4] = if second & 0x80 == 0 { [0; 4] } else { self.array()? };
        let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.stream.read_exact(&mut payload)?;
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Ok((first & 0x0f, payload))
    }

    /// Sends a text and expects it back.
    pub fn echo(&mut self, text: &str) -> io::Result<()> {
        self.send(opcode::TEXT, text.as_bytes())?;
        let answer = self.receive()?;
        if answer == (opcode::TEXT, text.as_bytes().to_vec()) {
            return Ok(());
        }
        Err(io::Error::other(format!("sent {text:?}, received {answer:?}")))
    }

    /// The closing handshake (section 7.1.2) from the client's side.
    pub fn close(mut self) -> io::Result<()> {
        self.send(opcode::CLOSE, &1000_u16.to_be_bytes())?;
        let answer = self.receive()?;
        if answer.0 == opcode::CLOSE {
            Ok(())
        } else {
            Err(io::Error::other(format!("{answer:?} for close")))
        }
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Asks for a WebSocket; the connection and the answer.
pub fn upgrade(port: u16, host: &str, path: &str) -> (Client, Response) {
    let mut client = Client::connect(port);
    let response = client.request(&format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    ));
    (client, response)
}

/// A backend that sends every frame back.
pub fn echo_backend() -> Backend {
    Backend::raw(|stream, shared| {
        let Some(record) = backend::read_head(&stream) else { return };
        let asked = record.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
        shared.record(record);
        let mut socket = WebSocket { stream, client: false };
        if !asked {
            let _ = socket.stream.write_all(b"HTTP/1.1 426 No\r\ncontent-length: 0\r\n\r\n");
            return;
        }
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {ACCEPT}\r\n\r\n"
        );
        let mut result = socket.stream.write_all(answer.as_bytes());
        while result.is_ok() {
            let Ok((opcode, payload)) = socket.receive() else { return };
            let kind = if opcode == opcode::PING { opcode::PONG } else { opcode };
            result = socket.send(kind, &payload);
            if opcode == opcode::CLOSE {
                return;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_come_back() {
        let backend = echo_backend();
        let mut socket = WebSocket::connect(backend.port(), "h", "/");
        for length in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
            socket.echo(&"x".repeat(length)).unwrap();
        }
        socket.send(opcode::PING, b"p").unwrap();
        assert_eq!(socket.receive().unwrap(), (opcode::PONG, b"p".to_vec()));
        socket.close().unwrap();
    }
}
