//! The task of one connection: drives hyper and obeys the worker.

use super::io::ClientIo;
use crate::{
    connection::{Command, Connection},
    observe::Closed,
    proxy::Service,
};
use corten_snapshot::ListenerSettings;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Serves HTTP/1.1 on `io` until the connection ends, and says why it did.
pub(crate) async fn http1<S>(io: ClientIo<S>, settings: &ListenerSettings, service: Service) -> Closed
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = service.connection().clone();
    let mut builder = http1::Builder::new();
    let header_bytes = usize::try_from(settings.limits.header_bytes).unwrap_or(usize::MAX);
    // The buffer bounds the memory that a client can take. It must hold a whole header.
    builder.max_buf_size(header_bytes.saturating_add(16 * 1024).max(32 * 1024));
    builder.max_header_size(header_bytes);
    builder.header_read_timeout(None);
    // Another number than hyper's own of 100 costs an allocation a request.
    if settings.limits.header_count > 100 {
        builder.max_headers(usize::try_from(settings.limits.header_count).unwrap_or(usize::MAX));
    }
    let serving = builder.serve_connection(TokioIo::new(io), service).with_upgrades();
    Driven::new(serving, connection).await
}

/// Serves HTTP/2 on `io` until the connection ends, and says why it did.
pub(crate) async fn http2<S>(io: ClientIo<S>, settings: &ListenerSettings, service: Service) -> Closed
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = service.connection().clone();
    connection.becomes_multiplexed();
    let serving = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.http2.max_concurrent_streams)
        .initial_stream_window_size(settings.http2.stream_window)
        .initial_connection_window_size(settings.http2.connection_window)
        .max_header_list_size(settings.limits.header_bytes)
        .max_send_buf_size(256 * 1024)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(256)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(15))
        .serve_connection(TokioIo::new(io), service);
    Driven::new(serving, connection).await
}

/// A hyper connection that can be told to finish.
trait Finish: Future<Output = hyper::Result<()>> {
    fn finish(self: Pin<&mut Self>);
}

impl<S> Finish for http1::UpgradeableConnection<TokioIo<ClientIo<S>>, Service>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S> Finish for http2::Connection<TokioIo<ClientIo<S>>, Service, TokioExecutor>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Drives a connection; between its steps it looks whether it has been told anything.
struct Driven<C> {
    serving: Pin<Box<C>>,
    connection: Arc<Connection>,
    registered: bool,
    finishing: bool,
}

impl<C> Driven<C> {
    fn new(serving: C, connection: Arc<Connection>) -> Self {
        Self { serving: Box::pin(serving), connection, registered: false, finishing: false }
    }
}

impl<C: Finish> Future for Driven<C> {
    type Output = Closed;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        let this = self.get_mut();
        if !this.registered {
            // The waker of a spawned task stays the same, so once is enough.
            this.connection.register(cx.waker());
            this.registered = true;
        }
        match this.connection.command() {
            Command::Serve => {}
            Command::Abort => return Poll::Ready(Closed::Timeout),
            Command::Finish if this.finishing => {}
            Command::Finish => {
                this.finishing = true;
                this.serving.as_mut().finish();
            }
        }
        this.serving.as_mut().poll(cx).map(|ended| {
            if let Err(error) = ended {
                tracing::debug!(%error, "client connection ended");
                if error.is_parse() {
                    return Closed::Malformed;
                }
            }
            match this.connection.command() {
                Command::Serve => Closed::Ended,
                _ if this.connection.idled() => Closed::Timeout,
                _ => Closed::Drain,
            }
        })
    }
}
