//! What a worker knows of a client's connection while hyper drives it: whether it is idle, since when,
//! and whether it is to end.
//!
//! hyper has no idle, stalled-write or half-read-header timeout that is free per request. Here each
//! connection keeps a few counters that are stored without a clock read, and one task of the worker
//! looks at all connections a few times a second ([`crate::worker::Worker::sweep`]).

use crate::listen::Stall;
use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    sync::{Arc, Weak},
    task::Waker,
    time::Duration,
};

/// What the connection's task shall do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    /// Go on.
    Serve = 0,
    /// Finish the requests in flight, take no more.
    Finish = 1,
    /// Stop at once.
    Abort = 2,
}

/// Times in milliseconds of the worker's coarse clock; 0 is "never".
#[derive(Debug, Default)]
pub(crate) struct Connection {
    requests: AtomicU32,
    in_flight: AtomicU32,
    idle_since: AtomicU64,
    reading_since: AtomicU64,
    blocked_since: AtomicU64,
    command: AtomicU8,
    tunnel: AtomicBool,
    multiplexed: AtomicBool,
    idled: AtomicBool,
    ambiguous: AtomicBool,
    park: AtomicBool,
    /// The rest, by its beginning, in which the connection was asked to park.
    parked_rest: AtomicU64,
    parking: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Streams that have waited for the client's window.
    stalls: Mutex<Vec<Weak<Stall>>>,
    any_stall: AtomicBool,
    blocked: AtomicBool,
    slot: usize,
    idle: u64,
    header: u64,
    write: u64,
}

/// A connection at rest for this long lets go of its buffers.
const PARK_AFTER: u64 = 1000;
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Connection {
    /// `slot` is the bind's.
    pub(crate) fn new(slot: usize, timeouts: &corten_snapshot::ClientTimeouts, now: u64) -> Self {
        Self {
            slot,
            idle_since: AtomicU64::new(now),
            idle: millis(timeouts.idle),
            header: millis(timeouts.header),
            write: millis(timeouts.write),
            ..Self::default()
        }
    }

    /// A request's head is there. Returns how many requests the connection has had.
    pub(crate) fn request_begins(&self) -> u32 {
        self.in_flight.fetch_add(1, Relaxed);
        self.reading_since.store(0, Relaxed);
        self.requests.fetch_add(1, Relaxed) + 1
    }

    /// How many requests the connection has had. `None`: one of them is not over.
    pub(crate) fn all_over(&self) -> Option<u32> {
        (self.in_flight.load(Relaxed) == 0).then(|| self.requests.load(Relaxed))
    }

    /// Whether the connection has had a request.
    pub(crate) fn has_served(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    /// A response is written to its end, or given up.
    pub(crate) fn request_ends(&self, now: u64) {
        if self.in_flight.fetch_sub(1, Relaxed) == 1 {
            self.idle_since.store(now, Relaxed);
        }
    }

    /// Bytes came from the client.
    pub(crate) fn read(&self, now: u64) {
        if self.in_flight.load(Relaxed) == 0 && self.reading_since.load(Relaxed) == 0 {
            self.reading_since.store(now.max(1), Relaxed);
        }
    }

    /// A write to the client made progress (`true`), or has to wait.
    pub(crate) fn wrote(&self, progress: bool, now: u64) {
        if progress {
            self.blocked_since.store(0, Relaxed);
        } else if self.blocked_since.load(Relaxed) == 0 {
            self.blocked_since.store(now.max(1), Relaxed);
        }
    }

    /// A request on the connection has two lengths.
    pub(crate) fn becomes_ambiguous(&self) {
        self.ambiguous.store(true, Relaxed);
    }

    /// Whether a request may have had two lengths.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous.load(Relaxed)
    }

    /// The connection is a tunnel now: no HTTP timeout applies.
    pub(crate) fn becomes_tunnel(&self) {
        self.tunnel.store(true, Relaxed);
    }

    /// The connection speaks HTTP/2: what is read between requests need not be a request's header.
    pub(crate) fn becomes_multiplexed(&self) {
        self.multiplexed.store(true, Relaxed);
        self.reading_since.store(0, Relaxed);
    }

    pub(crate) fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Relaxed)
    }

    /// The bind that it came in on.
    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    /// What the connection has been told.
    pub(crate) fn command(&self) -> Command {
        match self.command.load(Relaxed) {
            0 => Command::Serve,
            1 => Command::Finish,
            _ => Command::Abort,
        }
    }

    /// Tells the connection's task. A stronger command is never taken back.
    pub(crate) fn tell(&self, command: Command) {
        if self.command.fetch_max(command as u8, Relaxed) < command as u8
            && let Some(waker) = &*self.waker.lock()
        {
            waker.wake_by_ref();
        }
    }

    /// The sweep found the connection at rest: its task may let go of buffers.
    pub(crate) fn ask_to_park(&self) {
        self.park.store(true, Relaxed);
        if let Some(waker) = &*self.waker.lock() {
            waker.wake_by_ref();
        }
    }

    /// Whether the connection was asked to park and is still at rest. Asked once, answered once.
    pub(crate) fn takes_park(&self) -> bool {
        self.park.load(Relaxed) && self.park.swap(false, Relaxed) && self.at_rest()
    }

    /// No request, no part of one, and nothing that waits to be written.
    fn at_rest(&self) -> bool {
        self.in_flight.load(Relaxed) == 0
            && self.reading_since.load(Relaxed) == 0
            && self.blocked_since.load(Relaxed) == 0
    }

    /// While this is set hyper's shutdown of the connection must not reach the socket.
    pub(crate) fn set_parking(&self, parking: bool) {
        self.parking.store(parking, Relaxed);
    }

    /// See [`Self::set_parking`].
    pub(crate) fn is_parking(&self) -> bool {
        self.parking.load(Relaxed)
    }

    /// Whether the connection has served a request and has rested for a while since: then, and only once
    /// for each rest, it is worth parking.
    pub(crate) fn should_park(&self, now: u64) -> bool {
        let since = self.idle_since.load(Relaxed);
        self.requests.load(Relaxed) > 0
            && now.saturating_sub(since) >= PARK_AFTER
            && self.at_rest()
            && !self.is_multiplexed()
            && !self.tunnel.load(Relaxed)
            && self.parked_rest.swap(since, Relaxed) != since
    }

    /// The sweep found the connection idle for too long.
    pub(crate) fn idle_out(&self) {
        self.idled.store(true, Relaxed);
        self.tell(Command::Finish);
    }

    /// Whether it was told to finish for being idle.
    pub(crate) fn idled(&self) -> bool {
        self.idled.load(Relaxed)
    }

    /// Keeps the waker of the connection's task.
    pub(crate) fn register(&self, waker: &Waker) {
        let mut kept = self.waker.lock();
        if kept.as_ref().is_none_or(|kept| !kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }

    /// A stream waits for the client's window: [`Self::end_stalled`] will look at it.
    pub(crate) fn watch(&self) -> Arc<Stall> {
        let stall = Arc::new(Stall::default());
        self.stalls.lock().push(Arc::downgrade(&stall));
        self.any_stall.store(true, Relaxed);
        stall
    }

    /// Ends the streams that have waited for longer than a write may.
    pub(crate) fn end_stalled(&self, now: u64) {
        if !self.any_stall.load(Relaxed) {
            return;
        }
        let mut stalls = self.stalls.lock();
        stalls.retain(|stall| match stall.upgrade() {
            Some(stall) if self.write > 0 => {
                stall.end_if_due(now, self.write);
                true
            }
            stall => stall.is_some(),
        });
        self.any_stall.store(!stalls.is_empty(), Relaxed);
    }

    /// Whether it is ended because the client did not take what was written.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }

    /// What is due at `now`.
    pub(crate) fn due(&self, now: u64) -> Command {
        if self.tunnel.load(Relaxed) {
            return Command::Serve;
        }
        let over = |since: u64, most: u64| most > 0 && now.saturating_sub(since) >= most;
        let blocked = self.blocked_since.load(Relaxed);
        if blocked != 0 && over(blocked, self.write) {
            self.blocked.store(true, Relaxed);
            return Command::Abort;
        }
        if self.in_flight.load(Relaxed) > 0 {
            return Command::Serve;
        }
        let reading = self.reading_since.load(Relaxed);
        if reading != 0 && !self.multiplexed.load(Relaxed) {
            return if over(reading, self.header) { Command::Abort } else { Command::Serve };
        }
        // A connection that was asked to finish and lingers for as long again, such as one that drips the
        // header of an HTTP/2 stream, is cut.
        let idle_since = self.idle_since.load(Relaxed);
        match self.command() {
            Command::Serve if over(idle_since, self.idle) => Command::Finish,
            Command::Finish if over(idle_since, self.idle.saturating_mul(2)) => Command::Abort,
            _ => Command::Serve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::ClientTimeouts;

    fn connection() -> Connection {
        let timeouts = ClientTimeouts {
            idle: Duration::from_millis(100),
            header: Duration::from_millis(20),
            write: Duration::from_millis(50),
            ..ClientTimeouts::default()
        };
        Connection::new(0, &timeouts, 1000)
    }

    #[test]
    fn an_idle_connection_is_finished_after_the_idle_timeout() {
        let connection = connection();
        assert_eq!(connection.due(1099), Command::Serve);
        assert_eq!(connection.due(1100), Command::Finish);
    }

    #[test]
    fn a_half_read_header_is_aborted_after_the_header_timeout_however_it_drips() {
        let connection = connection();
        connection.read(1010);
        connection.read(1025);
        assert_eq!(connection.due(1029), Command::Serve);
        assert_eq!(connection.due(1030), Command::Abort, "later bytes must not extend the deadline");
    }

    #[test]
    fn a_request_in_flight_is_not_idle_and_its_end_starts_the_clock_anew() {
        let connection = connection();
        connection.read(1010);
        assert_eq!(connection.request_begins(), 1);
        assert_eq!(connection.due(5000), Command::Serve);
        connection.request_ends(5000);
        assert_eq!(connection.due(5099), Command::Serve);
        assert_eq!(connection.due(5100), Command::Finish);
    }

    #[test]
    fn a_stalled_write_is_aborted_also_in_flight() {
        let connection = connection();
        connection.request_begins();
        connection.wrote(false, 2000);
        connection.wrote(false, 2040);
        assert_eq!(connection.due(2049), Command::Serve);
        assert_eq!(connection.due(2050), Command::Abort);
        connection.wrote(true, 2050);
        assert_eq!(connection.due(2051), Command::Serve);
    }

    #[test]
    fn an_http2_connection_that_is_told_to_finish_and_lingers_is_cut() {
        let connection = connection();
        connection.becomes_multiplexed();
        connection.read(1050);
        assert_eq!(connection.due(1100), Command::Finish, "frames between requests are no half-read header");
        connection.tell(Command::Finish);
        assert_eq!(connection.due(1199), Command::Serve);
        assert_eq!(connection.due(1200), Command::Abort);
    }

    #[test]
    fn a_connection_at_rest_parks_once_for_each_rest() {
        let connection = connection();
        assert!(!connection.should_park(2500), "before its first request it has no buffers yet");
        connection.request_begins();
        assert!(!connection.should_park(2500));
        connection.request_ends(1000);
        assert!(!connection.should_park(1999) && connection.should_park(2000));
        assert!(!connection.should_park(2200), "not again in the same rest");
        connection.ask_to_park();
        assert!(connection.takes_park() && !connection.takes_park());
        connection.ask_to_park();
        connection.read(2100);
        assert!(!connection.takes_park() && !connection.should_park(2100), "a request has begun to arrive");
    }

    #[test]
    fn a_tunnel_has_no_http_timeouts() {
        let connection = connection();
        connection.becomes_tunnel();
        connection.wrote(false, 1000);
        assert_eq!(connection.due(100_000), Command::Serve);
    }

    #[test]
    fn a_stronger_command_is_never_taken_back() {
        let connection = connection();
        connection.tell(Command::Abort);
        connection.tell(Command::Finish);
        assert_eq!(connection.command(), Command::Abort);
    }
}
