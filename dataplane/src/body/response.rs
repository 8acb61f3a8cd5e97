//! What is written to a client, and when it has been.

use super::handed;
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
                handed::note(!bytes.is_empty());
                return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))));
            }
            Source::Upstream(body) => body,
        };
        let polled = Pin::new(body).poll_frame(cx);
        handed::note(polled.is_ready());
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) => match (frame.data_ref(), &mut this.exchange) {
                (Some(data), Some(exchange)) => exchange.sent(data.len()),
                // hyper does not ask again after trailers.
                (None, Some(_)) if frame.is_trailers() => this.end(Outcome::Complete),
                _ => {}
            },
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
    /// hyper drops a body once it has taken its last byte, over HTTP/2 once the client has given room for it. One that
    /// is dropped before was not wanted any more: the client is gone. The rest of an exchange is done in
    /// [`Exchange::finish`], here as at a regular end.
    fn drop(&mut self) {
        let outcome = match &self.source {
            _ if handed::is_stalled() => Outcome::Stalled,
            Source::Memory(_) => Outcome::Complete,
            Source::Upstream(body) if body.is_end_stream() => Outcome::Complete,
            Source::Upstream(_) => Outcome::ClientGone,
        };
        self.end(outcome);
    }
}
