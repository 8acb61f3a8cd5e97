//! HTTP/2 connections.

use super::{reason, stream::Streams};
use crate::{connection::Command, listen::io::ClientIo, observe::Closed, proxy::Service};
use corten_snapshot::ListenerSettings;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Serves HTTP/2 on `io` until the connection ends, and says why it did.
pub(in crate::listen) fn http2<S>(
    io: ClientIo<S>,
    settings: &ListenerSettings,
    service: Service,
) -> Pin<Box<dyn Future<Output = Closed> + Send>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = service.connection().clone();
    let streams = Streams::new(connection.clone(), service.worker().clone());
    connection.becomes_multiplexed();
    let mut serving = Box::pin(
        http2::Builder::new(streams)
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
            .serve_connection(TokioIo::new(io), service),
    );
    let (mut registered, mut finishing) = (false, false);
    Box::pin(poll_fn(move |cx| {
        if !registered {
            // The waker of a spawned task stays the same, so once is enough.
            connection.register(cx.waker());
            registered = true;
        }
        match connection.command() {
            Command::Abort => return Poll::Ready(Closed::Timeout),
            Command::Finish if !finishing => {
                finishing = true;
                serving.as_mut().graceful_shutdown();
            }
            Command::Serve | Command::Finish => {}
        }
        serving.as_mut().poll(cx).map(|ended| reason(ended, &connection))
    }))
}
