//! Frames over a stream.

use corten_snapshot::frame::{Decoder, Frame, FrameError, SchemaMismatch, encode};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

/// Bytes read at once; a dataplane says little.
const CHUNK: usize = 8 << 10;

/// Why a dataplane was disconnected.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeerError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the dataplane closed the connection")]
    Closed,
    #[error("the dataplane closed the connection within a frame")]
    Cut,
    #[error("the dataplane did not {what} within {limit:?}")]
    Late { what: &'static str, limit: Duration },
    #[error("the dataplane sent a frame that has no place here")]
    OutOfTurn,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Schema(#[from] SchemaMismatch),
}

#[derive(Debug)]
pub(super) struct Framed {
    stream: UnixStream,
    decoder: Decoder,
    chunk: Box<[u8]>,
    max_frame: usize,
    transfer: Duration,
}

impl Framed {
    pub(super) fn new(stream: UnixStream, max_frame: usize, transfer: Duration) -> Self {
        let chunk = vec![0; CHUNK].into();
        Self { stream, decoder: Decoder::new(max_frame), chunk, max_frame, transfer }
    }

    /// Sends a frame whole. **Not** cancel-safe: a dropped future leaves half a frame behind.
    pub(super) async fn send(&mut self, frame: &Frame) -> Result<(), PeerError> {
        let bytes = encode(frame, self.max_frame)?;
        let late = PeerError::Late { what: "read", limit: self.transfer };
        Ok(timeout(self.transfer, self.stream.write_all(&bytes)).await.map_err(|_| late)??)
    }

    /// Receives a frame. Cancel-safe.
    pub(super) async fn receive(&mut self) -> Result<Frame, PeerError> {
        loop {
            if let Some(frame) = self.decoder.next()? {
                return Ok(frame);
            }
            let length = self.stream.read(&mut self.chunk).await?;
            match self.chunk.get(..length) {
                Some(bytes) if length > 0 => self.decoder.push(bytes),
                _ if self.decoder.is_partial() => return Err(PeerError::Cut),
                _ => return Err(PeerError::Closed),
            }
        }
    }
}
