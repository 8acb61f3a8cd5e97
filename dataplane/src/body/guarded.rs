//! A client's request body under the listener's limits.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, Sleep},
};

/// Why a request body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is larger than the listener allows.
    TooLarge,
    /// The client paused for longer than the listener allows.
    Stalled,
    /// The client went away or broke the framing.
    Broken,
    /// It was longer than what is kept for another try.
    NotReplayable,
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "request body too large",
            Self::Stalled => "request body stalled",
            Self::Broken => "request body broken off",
            Self::NotReplayable => "request body too long to be sent again",
        })
    }
}

impl std::error::Error for BodyFault {}

/// A client's body: counts, limits, and ends a stalled one. The timer exists only while the client
/// lets us wait, so a body that is there at once costs none.
pub(crate) struct Guarded {
    incoming: Incoming,
    received: Arc<AtomicU64>,
    limit: u64,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    copies: Vec<mpsc::Sender<Frame<Bytes>>>,
}

impl Guarded {
    /// Guards `incoming`: at most `limit` bytes, and no pause longer than `pause` (zero: any).
    /// `received` counts the bytes for the access log.
    pub(crate) fn new(
        incoming: Incoming,
        limit: Option<u64>,
        pause: Duration,
        received: Arc<AtomicU64>,
    ) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { incoming, received, limit, pause, waiting: None, copies: Vec::new() }
    }

    /// Sends each frame also to `copy`, until that cannot keep up.
    pub(crate) fn copy_to(&mut self, copy: mpsc::Sender<Frame<Bytes>>) {
        self.copies.push(copy);
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.waiting = None;
                Poll::Ready(Some(self.take(frame)))
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(BodyFault::Broken))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.poll_pause(cx),
        }
    }

    fn take(&mut self, mut frame: Frame<Bytes>) -> Result<Frame<Bytes>, BodyFault> {
        if let Some(trailers) = frame.trailers_mut() {
            crate::headers::strip_trailers(trailers);
        }
        if let Some(data) = frame.data_ref() {
            let length = data.len() as u64;
            let before = self.received.fetch_add(length, Ordering::Relaxed);
            if before.saturating_add(length) > self.limit {
                return Err(BodyFault::TooLarge);
            }
            // A mirror must never hold the request up: one that is full is left behind.
            self.copies.retain(|copy| copy.try_send(Frame::data(data.clone())).is_ok());
        }
        Ok(frame)
    }

    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        if self.pause.is_zero() {
            return Poll::Pending;
        }
        let deadline = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + self.pause)));
        deadline.as_mut().poll(cx).map(|()| Some(Err(BodyFault::Stalled)))
    }
}
