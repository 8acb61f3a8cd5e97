//! The client's side of a connection: bytes that were read ahead, and notes for the timeouts.

use super::refusal::{self, Refusal};
use crate::{check::Framing, connection::Connection, worker::Worker};
use bytes::{Buf, Bytes};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The start of every HTTP/2 connection (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A client's stream.
pub(crate) struct ClientIo<S> {
    stream: S,
    /// Bytes that were read before hyper asked for them.
    ahead: Bytes,
    /// For HTTP/1: looks at what hyper will not show.
    framing: Option<Framing>,
    /// How many requests there had been when all was written that was to be written of them.
    answered: u32,
    refusal: Option<Box<Refusal>>,
    connection: Arc<Connection>,
    worker: Arc<Worker>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> ClientIo<S> {
    pub(crate) fn new(stream: S, connection: Arc<Connection>, worker: Arc<Worker>) -> Self {
        Self { stream, ahead: Bytes::new(), framing: None, answered: 0, refusal: None, connection, worker }
    }

    /// Reads as far as is needed to tell HTTP/2 by prior knowledge from HTTP/1, and keeps what it read.
    ///
    /// # Errors
    /// The stream's; `UnexpectedEof` if it ends before a byte.
    pub(crate) async fn speaks_http2(&mut self) -> io::Result<bool> {
        use tokio::io::AsyncReadExt;
        let mut bytes = [0; PREFACE.len()];
        let mut length = 0;
        let answer = loop {
            match self.stream.read(bytes.get_mut(length..).unwrap_or_default()).await? {
                0 if length == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 => break false,
                count => length += count,
            }
            if length == PREFACE.len() || !PREFACE.starts_with(bytes.get(..length).unwrap_or_default()) {
                break bytes == PREFACE;
            }
        };
        let read = bytes.get(..length).unwrap_or_default();
        self.connection.read(self.worker.coarse_now());
        if !answer {
            self.speaks_http1();
            self.inspect(read);
        }
        self.ahead = Bytes::copy_from_slice(read);
        Ok(answer)
    }

    /// Waits for the client's next bytes without a buffer, and keeps the first of them.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; PREFACE.len()];
        let mut buf = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.connection.read(self.worker.coarse_now());
        self.inspect(buf.filled());
        self.ahead = Bytes::copy_from_slice(buf.filled());
        Poll::Ready(Ok(()))
    }

    /// Puts back what hyper had read and not used: a copy, since even an empty rest would hold on to hyper's buffer.
    pub(crate) fn put_back(&mut self, bytes: &[u8]) {
        self.ahead = Bytes::copy_from_slice(bytes);
    }

    /// The connection speaks HTTP/1: from now on its framing is watched.
    pub(crate) fn speaks_http1(&mut self) {
        self.framing = Some(Framing::default());
    }

    fn inspect(&mut self, bytes: &[u8]) {
        if let Some(framing) = &mut self.framing
            && framing.feed(bytes)
        {
            self.connection.becomes_ambiguous();
        }
    }

    fn take_ahead(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let count = self.ahead.len().min(buf.remaining());
        if count > 0 {
            buf.put_slice(&self.ahead.split_to(count));
        }
        if self.ahead.is_empty() {
            self.ahead = Bytes::new();
        }
        count > 0
    }

    /// Whether what is written now is hyper's own: a service has been asked nothing since all was written.
    fn is_hypers_own(&self) -> bool {
        self.framing.is_some() && self.connection.all_over() == Some(self.answered)
    }

    /// Notes a refusal, if `written` is one.
    fn refuse(&mut self, written: &[u8]) -> bool {
        let Some(refusal) = refusal::of(written) else { return false };
        self.worker.stats.error(self.worker.id, refusal.code);
        tracing::debug!(id = ?refusal.id, code = refusal.code.as_str(), "what came is no request");
        self.refusal = Some(Box::new(refusal));
        true
    }

    /// Writes the refusal. To hyper it is as long as its own.
    fn poll_refusal(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while let Some(refusal) = &mut self.refusal {
            if refusal.rest.is_empty() {
                self.refusal = None;
                break;
            }
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &refusal.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => refusal.rest.advance(count),
            }
        }
        Poll::Ready(Ok(length))
    }

    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.connection.wrote(written.is_ready(), self.worker.coarse_now());
        written
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for ClientIo<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.take_ahead(buf) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Some(new @ [_, ..]) = buf.filled().get(before..) {
            this.connection.read(this.worker.coarse_now());
            this.inspect(new);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientIo<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let refused = this.refusal.is_some() || this.is_hypers_own() && this.refuse(buf);
        let written = if refused {
            this.poll_refusal(cx, buf.len())
        } else {
            Pin::new(&mut this.stream).poll_write(cx, buf)
        };
        this.note(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if (this.refusal.is_some() || this.is_hypers_own())
            && let Some(first) = bufs.iter().find(|buf| !buf.is_empty())
        {
            return Pin::new(this).poll_write(cx, first);
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        // hyper flushes only when its buffer is empty.
        if flushed.is_ready()
            && let Some(requests) = this.connection.all_over()
        {
            this.answered = requests;
        }
        this.note(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_parking() {
            return Poll::Ready(Ok(()));
        }
        let closed = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.note(closed)
    }
}
