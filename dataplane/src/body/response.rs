//! What is written to a client, and when it has been.

use crate::exchange::{Exchange, Outcome};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// The body of a response. The exchange that it belongs to ends with it.
pub(crate) struct ResponseBody {
    source: Source,
    exchange: Option<Exchange>,
}

enum Source {
    /// From memory; empty when it has been written.
    Memory(Bytes),
    Upstream(Incoming),
}

impl ResponseBody {
    /// A body from memory.
    pub(crate) fn memory(body: Bytes, exchange: Exchange) -> Self {
        Self { source: Source::Memory(body), exchange: Some(exchange) }
    }

    /// An upstream's body. One without content ends its exchange at once: hyper will not ask for it.
    pub(crate) fn upstream(body: Incoming, exchange: Exchange) -> Self {
        if body.is_end_stream() {
            exchange.finish(Outcome::Complete);
            return Self { source: Source::Memory(Bytes::new()), exchange: None };
        }
        Self { source: Source::Upstream(body), exchange: Some(exchange) }
    }

    /// No body, and nothing that ends with it: the exchange goes on as a tunnel.
    pub(crate) fn empty() -> Self {
        Self { source: Source::Memory(Bytes::new()), exchange: None }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(exchange) = self.exchange.take() {
            exchange.finish(outcome);
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let body = match &mut this.source {
            Source::Memory(bytes) => {
                let bytes = std::mem::take(bytes);
                if let Some(exchange) = &mut this.exchange {
                    exchange.sent(bytes.len());
                }
                this.end(Outcome::Complete);
                return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))));
            }
            Source::Upstream(body) => body,
        };
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        let ended = body.is_end_stream();
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(exchange), Some(data)) = (&mut this.exchange, frame.data_ref()) {
                    exchange.sent(data.len());
                }
                // After the last byte of a known length hyper does not ask again.
                if ended {
                    this.end(Outcome::Complete);
                }
            }
            Some(Err(_)) => this.end(Outcome::Incomplete),
            None => this.end(Outcome::Complete),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Memory(bytes) => bytes.is_empty(),
            Source::Upstream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Memory(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Upstream(body) => body.size_hint(),
        }
    }
}

impl Drop for ResponseBody {
    /// A body that is dropped before its end was not wanted any more: the client is gone. The rest of an
    /// exchange is done in [`Exchange::finish`], here as at a regular end.
    fn drop(&mut self) {
        let outcome = match &self.source {
            Source::Memory(_) => Outcome::Complete,
            Source::Upstream(body) if body.is_end_stream() => Outcome::Complete,
            Source::Upstream(_) => Outcome::ClientGone,
        };
        self.end(outcome);
    }
}
