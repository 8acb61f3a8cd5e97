//! The streams of HTTP/2 connections, watched for clients that do not take their answers.
//!
//! hyper waits for a client's window without end, and does not ask for more of a body meanwhile: nothing inside the
//! body can end that. So each stream is a future of ours around hyper's. Dropping hyper's resets the stream (CANCEL)
//! and leaves the connection to the others.

use crate::{body::handed, connection::Connection, worker::Worker};
use hyper::rt::Executor;
use parking_lot::Mutex;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

/// Runs the streams of one connection.
#[derive(Clone)]
pub(super) struct Streams {
    connection: Arc<Connection>,
    worker: Arc<Worker>,
}

impl Streams {
    pub(super) fn new(connection: Arc<Connection>, worker: Arc<Worker>) -> Self {
        Self { connection, worker }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        tokio::spawn(Watched { stream: Some(stream), streams: self.clone(), handed: false, stall: None });
    }
}

pin_project! {
    struct Watched<F> {
        #[pin]
        stream: Option<F>,
        streams: Streams,
        // Whether the body's last word was a piece of it.
        handed: bool,
        stall: Option<Arc<Stall>>,
    }
}

impl<F: Future<Output = ()>> Future for Watched<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.stall.as_ref().is_some_and(|stall| stall.over.load(Relaxed)) {
            handed::while_stalled(|| this.stream.set(None));
            return Poll::Ready(());
        }
        let Some(stream) = this.stream.as_mut().as_pin_mut() else { return Poll::Ready(()) };
        handed::set(*this.handed);
        let polled = stream.poll(cx);
        let (last, any) = handed::get();
        *this.handed = last;
        if polled.is_ready() {
            return polled;
        }
        if !last {
            if let Some(stall) = &this.stall {
                stall.since.store(0, Relaxed);
            }
        } else if any {
            // A new piece of the body waits for the client's window: hyper has not asked for the next.
            let stall = this.stall.get_or_insert_with(|| this.streams.connection.watch());
            stall.begin(this.streams.worker.coarse_now(), cx.waker());
        }
        Poll::Pending
    }
}

/// A stream that has waited for its client at least once.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    /// Since when, by the worker's coarse clock; 0: it does not wait now.
    since: AtomicU64,
    over: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Stall {
    fn begin(&self, now: u64, waker: &Waker) {
        self.since.store(now.max(1), Relaxed);
        // The waker of a spawned task stays the same, so once is enough.
        self.waker.lock().get_or_insert_with(|| waker.clone());
    }

    /// Ends the stream if it has waited for `most` milliseconds.
    pub(crate) fn end_if_due(&self, now: u64, most: u64) {
        let since = self.since.load(Relaxed);
        if since != 0 && now.saturating_sub(since) >= most && !self.over.swap(true, Relaxed) {
            let waker = self.waker.lock().clone();
            waker.iter().for_each(Waker::wake_by_ref);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::ClientTimeouts;
    use std::time::Duration;

    fn connection(write: u64) -> Connection {
        let timeouts = ClientTimeouts { write: Duration::from_millis(write), ..ClientTimeouts::default() };
        Connection::new(0, &timeouts, 1)
    }

    #[test]
    fn a_stream_that_waits_is_over_after_the_write_timeout_counted_from_its_last_piece() {
        let connection = connection(50);
        let stall = connection.watch();
        connection.end_stalled(1000);
        assert!(!stall.over.load(Relaxed), "it has not waited yet");
        stall.begin(1000, Waker::noop());
        stall.begin(1030, Waker::noop());
        connection.end_stalled(1079);
        assert!(!stall.over.load(Relaxed));
        connection.end_stalled(1080);
        assert!(stall.over.load(Relaxed));
    }

    #[test]
    fn without_a_write_timeout_a_stream_waits_for_ever() {
        let connection = connection(0);
        let stall = connection.watch();
        stall.begin(1, Waker::noop());
        connection.end_stalled(u64::MAX);
        assert!(!stall.over.load(Relaxed));
    }

    #[test]
    fn a_stream_that_ended_is_forgotten() {
        let connection = connection(50);
        let weak = Arc::downgrade(&connection.watch());
        connection.end_stalled(1);
        assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0), "nothing is kept of it");
    }
}
