//! One connection to the controller.

use super::{Held, SocketConfig};
use corten_snapshot::frame::{Decoder, Frame, FrameError, Hello, SchemaMismatch, encode};
use std::{fmt, io, pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::{Instant, timeout, timeout_at},
};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the controller closed the connection")]
    Closed,
    #[error("the controller closed the connection within a frame")]
    Cut,
    #[error("the controller said nothing for {0:?}")]
    Silent(Duration),
    #[error("the peer runs as user {0}, not as this process or root")]
    Stranger(u32),
    #[error("the controller sent a frame that has no place here")]
    OutOfTurn,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Schema(#[from] SchemaMismatch),
}

/// A connection that is being made.
pub(super) struct Connecting(Pin<Box<dyn Future<Output = Result<Connection, ConnectionError>> + Send>>);

impl Connecting {
    pub(super) fn start(config: SocketConfig, held: Held) -> Self {
        Self(Box::pin(async move { Connection::open(&config, held).await }))
    }

    /// Waits for the connection; once it has resolved, this value is used up.
    pub(super) async fn finish(&mut self) -> Result<Connection, ConnectionError> {
        self.0.as_mut().await
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connecting")
    }
}

/// A connection whose state survives futures that are dropped half way.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    chunk: Box<[u8]>,
    /// Encoded and not yet sent.
    out: Vec<u8>,
    max_frame: usize,
    silence: Duration,
    /// When something was received, or received things were worked off: a consumer that was busy has not
    /// listened.
    heard: Instant,
    greeted: bool,
    /// Whether it has delivered an update, so that an answer is expected.
    pub(super) asked: bool,
}

impl Connection {
    /// Connects, and says what is held.
    async fn open(config: &SocketConfig, held: Held) -> Result<Self, ConnectionError> {
        let stream = UnixStream::connect(&config.path).await?;
        let peer = stream.peer_cred()?.uid();
        if peer != own_uid()? && peer != 0 {
            return Err(ConnectionError::Stranger(peer));
        }
        let mut connection = Self {
            stream,
            decoder: Decoder::new(config.max_frame),
            chunk: vec![0; CHUNK].into(),
            out: Vec::new(),
            max_frame: config.max_frame,
            silence: config.silence,
            heard: Instant::now(),
            greeted: false,
            asked: false,
        };
        connection.send(&Frame::Hello(Hello::new(held.hash, held.revision)))?;
        Ok(connection)
    }

    /// Takes the controller's greeting.
    pub(super) fn greeted(&mut self, hello: &Hello) -> Result<(), ConnectionError> {
        hello.check_schema()?;
        if self.greeted {
            return Err(ConnectionError::OutOfTurn);
        }
        self.greeted = true;
        Ok(())
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Puts a frame behind those that wait to be sent.
    pub(super) fn send(&mut self, frame: &Frame) -> Result<(), ConnectionError> {
        self.out.extend_from_slice(&encode(frame, self.max_frame)?);
        Ok(())
    }

    /// Sends what waits to be sent.
    pub(super) async fn flush(&mut self) -> Result<(), ConnectionError> {
        let silence = self.silence;
        timeout(silence, self.write_all()).await.map_err(|_| ConnectionError::Silent(silence))??;
        Ok(())
    }

    async fn write_all(&mut self) -> Result<(), ConnectionError> {
        while !self.out.is_empty() {
            // `write` is all or nothing when its future is dropped; `write_all` is not.
            let written = self.stream.write(&self.out).await?;
            self.out.drain(..written);
        }
        Ok(())
    }

    /// Begins to wait for the controller anew, after work on what it sent.
    pub(super) fn listen(&mut self) {
        self.heard = Instant::now();
    }

    /// Sends what waits, then receives the next frame.
    pub(super) async fn receive(&mut self) -> Result<Frame, ConnectionError> {
        self.flush().await?;
        loop {
            if let Some(frame) = self.decoder.next()? {
                return Ok(frame);
            }
            let deadline = self.heard + self.silence;
            let read = timeout_at(deadline, self.stream.read(&mut self.chunk)).await;
            let length = read.map_err(|_| ConnectionError::Silent(self.silence))??;
            self.heard = Instant::now();
            match self.chunk.get(..length) {
                Some(bytes) if length > 0 => self.decoder.push(bytes),
                _ if self.decoder.is_partial() => return Err(ConnectionError::Cut),
                _ => return Err(ConnectionError::Closed),
            }
        }
    }
}

/// The user that this process runs as: what the kernel says about a socket of its own.
fn own_uid() -> io::Result<u32> {
    let (socket, _other) = UnixStream::pair()?;
    Ok(socket.peer_cred()?.uid())
}
