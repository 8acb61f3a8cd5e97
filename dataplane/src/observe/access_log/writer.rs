//! The thread that writes.

use super::{LogPlan, Record};
use parking_lot::Mutex;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// Bytes that a worker may be ahead of the writer; what comes beyond is dropped.
const ROOM: usize = 1024 * 1024;
/// From this size on the writer is woken at once instead of at its next turn.
const EAGER: usize = 64 * 1024;
/// How long a line may wait.
const TURN: Duration = Duration::from_millis(100);

/// Where workers leave their lines.
#[derive(Debug)]
pub(crate) struct AccessLog {
    buffers: Box<[Mutex<Vec<u8>>]>,
    dropped: AtomicU64,
    stop: AtomicBool,
    /// The writer waits for the next line.
    asleep: AtomicBool,
    writer: Mutex<Option<(Thread, JoinHandle<()>)>>,
}

impl AccessLog {
    /// Starts the thread that writes to `out`, for this many workers.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub(crate) fn start(workers: usize, out: Box<dyn Write + Send>) -> io::Result<Arc<Self>> {
        let log = Arc::new(Self {
            buffers: (0..workers.max(1)).map(|_| Mutex::default()).collect(),
            dropped: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            writer: Mutex::new(None),
        });
        let writing = log.clone();
        let handle =
            thread::Builder::new().name("access-log".to_owned()).spawn(move || writing.write_out(out))?;
        *log.writer.lock() = Some((handle.thread().clone(), handle));
        Ok(log)
    }

    /// Leaves a line. Never waits for the reader of the log.
    pub(crate) fn log(&self, worker: usize, plan: &LogPlan, record: &Record<'_>) {
        let Some(buffer) = self.buffers.get(worker).or_else(|| self.buffers.first()) else { return };
        let mut buffer = buffer.lock();
        let before = buffer.len();
        plan.write(&mut buffer, record);
        if buffer.len() > ROOM {
            buffer.truncate(before);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        let eager = before < EAGER && buffer.len() >= EAGER;
        drop(buffer);
        let wakes = self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst);
        if (eager || wakes)
            && let Some((thread, _)) = &*self.writer.lock()
        {
            thread.unpark();
        }
    }

    /// Lines that were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what is left and ends the thread. Waits for the log's reader; call it last.
    pub(crate) fn close(&self) {
        self.stop.store(true, Ordering::SeqCst);
        let writer = self.writer.lock().take();
        if let Some((thread, handle)) = writer {
            thread.unpark();
            if handle.join().is_err() {
                tracing::error!("the thread of the access log had failed");
            }
        }
    }

    fn write_out(&self, mut out: Box<dyn Write + Send>) {
        let mut taken = Vec::new();
        let mut failed = false;
        loop {
            let last = self.stop.load(Ordering::SeqCst);
            let any = self.take_over(&mut *out, &mut taken, &mut failed);
            if last {
                return;
            }
            if any {
                thread::park_timeout(TURN);
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            // A line that came before the flag was up has woken nobody.
            if self.buffers.iter().all(|buffer| buffer.lock().is_empty()) && !self.stop.load(Ordering::SeqCst)
            {
                thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
        }
    }

    /// Writes what all workers have left. Whether there was any.
    fn take_over(&self, out: &mut dyn Write, taken: &mut Vec<u8>, failed: &mut bool) -> bool {
        let mut any = false;
        for buffer in &self.buffers {
            // The empty one is given in exchange, so that both keep their memory.
            std::mem::swap(taken, &mut *buffer.lock());
            if !taken.is_empty() {
                any = true;
                let written = out.write_all(taken).and_then(|()| out.flush());
                self.report(written, taken, failed);
                taken.clear();
            }
        }
        any
    }

    /// Lines that could not be written are dropped too. Said once, until it works again.
    fn report(&self, written: io::Result<()>, taken: &[u8], failed: &mut bool) {
        if let Err(error) = &written {
            let lines = taken.iter().filter(|byte| **byte == b'\n').count();
            self.dropped.fetch_add(lines as u64, Ordering::Relaxed);
            if !*failed {
                tracing::warn!(%error, "the access log cannot be written");
            }
        }
        *failed = written.is_err();
    }
}
