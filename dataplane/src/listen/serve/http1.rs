//! HTTP/1.1 connections, which are parked while they rest.
//!
//! hyper holds some 20 KiB for each connection, needed or not. A connection that has rested for a second is
//! taken out of hyper and waits with nothing but its socket; the next byte gives it a new hyper connection.

use super::{GRACE, reason, told};
use crate::{
    connection::{Command, Connection},
    listen::io::ClientIo,
    observe::Closed,
    proxy::Service,
    session::Session,
};
use corten_snapshot::ListenerSettings;
use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Sleep,
};

/// Serves HTTP/1.1 on `io` until the connection ends, and says why it did.
pub(in crate::listen) fn http1<S>(
    io: ClientIo<S>,
    settings: Arc<ListenerSettings>,
    session: Arc<Session>,
) -> Pin<Box<dyn Future<Output = Closed> + Send>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut task = Task {
        phase: Phase::Parked(io),
        settings,
        session,
        registered: false,
        finishing: false,
        grace: None,
    };
    Box::pin(poll_fn(move |cx| task.poll(cx)))
}

struct Task<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    phase: Phase<S>,
    settings: Arc<ListenerSettings>,
    session: Arc<Session>,
    registered: bool,
    finishing: bool,
    /// How long a connection that has been told to finish may still bring its first request.
    grace: Option<Pin<Box<Sleep>>>,
}

enum Phase<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    /// Between requests, without buffers; also at the start.
    Parked(ClientIo<S>),
    Serving(Box<Serving<S>>),
    Over,
}

type Serving<S> = UpgradeableConnection<TokioIo<ClientIo<S>>, Service>;

impl<S> Task<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Closed> {
        if !self.registered {
            // The waker of a spawned task stays the same, so once is enough.
            self.session.connection.register(cx.waker());
            self.registered = true;
        }
        loop {
            match &mut self.phase {
                Phase::Over => return Poll::Ready(Closed::Ended),
                Phase::Parked(io) => match (io.poll_next(cx), told(&self.session.connection)) {
                    (Poll::Ready(Ok(())), _) => self.unpark(),
                    (Poll::Ready(Err(_)), _) => return Poll::Ready(Closed::Ended),
                    (Poll::Pending, Some(closed)) if self.may_finish(closed, cx) => {
                        return Poll::Ready(closed);
                    }
                    (Poll::Pending, _) => return Poll::Pending,
                },
                Phase::Serving(serving) => {
                    match self.session.connection.command() {
                        Command::Abort => return Poll::Ready(Closed::Timeout),
                        Command::Finish if !self.finishing => {
                            self.finishing = true;
                            // What has arrived is still read: only then is the connection idle.
                            if let Poll::Ready(ended) = Pin::new(&mut **serving).poll(cx) {
                                return Poll::Ready(reason(ended, &self.session.connection));
                            }
                            Pin::new(&mut **serving).graceful_shutdown();
                        }
                        Command::Finish => {}
                        Command::Serve if self.session.connection.takes_park() => {
                            std::task::ready!(self.poll_park(cx));
                            continue;
                        }
                        Command::Serve => {}
                    }
                    let ended = std::task::ready!(Pin::new(&mut **serving).poll(cx));
                    return Poll::Ready(reason(ended, &self.session.connection));
                }
            }
        }
    }

    /// Whether a connection between requests may close for this reason.
    fn may_finish(&mut self, closed: Closed, cx: &mut Context<'_>) -> bool {
        if closed != Closed::Drain || self.session.connection.has_served() {
            return true;
        }
        let grace = self.grace.get_or_insert_with(|| Box::pin(tokio::time::sleep(GRACE)));
        grace.as_mut().poll(cx).is_ready()
    }

    /// The first byte of a request is there: hyper takes over.
    fn unpark(&mut self) {
        if let Phase::Parked(io) = std::mem::replace(&mut self.phase, Phase::Over) {
            let service = Service::new(self.session.clone());
            let serving = builder(&self.settings).serve_connection(TokioIo::new(io), service);
            self.phase = Phase::Serving(Box::new(serving.with_upgrades()));
        }
    }

    /// Ends hyper's part without ending the connection. `Pending`: hyper was not at rest after all; the
    /// request that it is at is the connection's last.
    fn poll_park(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Phase::Serving(serving) = &mut self.phase else { return Poll::Ready(()) };
        let connection: &Connection = &self.session.connection;
        connection.set_parking(true);
        let mut serving = Pin::new(&mut **serving);
        serving.as_mut().graceful_shutdown();
        let ended = serving.poll(cx);
        connection.set_parking(false);
        let ended = std::task::ready!(ended);
        let Phase::Serving(serving) = std::mem::replace(&mut self.phase, Phase::Over) else {
            return Poll::Ready(());
        };
        if let (Ok(()), Some(parts)) = (ended, serving.into_parts()) {
            let mut io = parts.io.into_inner();
            io.put_back(&parts.read_buf);
            self.phase = Phase::Parked(io);
        }
        Poll::Ready(())
    }
}

fn builder(settings: &ListenerSettings) -> Builder {
    let mut builder = Builder::new();
    let header_bytes = usize::try_from(settings.limits.header_bytes).unwrap_or(usize::MAX);
    // The buffer bounds the memory that a client can take. It must hold a whole header.
    builder.max_buf_size(header_bytes.saturating_add(16 * 1024).max(32 * 1024));
    builder.max_header_size(header_bytes);
    // Ours are in `connection.rs`.
    builder.header_read_timeout(None);
    // Another number than hyper's own of 100 costs an allocation a request.
    if settings.limits.header_count > 100 {
        builder.max_headers(usize::try_from(settings.limits.header_count).unwrap_or(usize::MAX));
    }
    builder
}
