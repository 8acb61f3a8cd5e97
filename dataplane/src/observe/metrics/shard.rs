//! Counters that every worker has for itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter with one writer. It is no read-modify-write, which would cost twenty times as much; two threads
/// that write the same one lose counts.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// Adds `n`.
    pub(super) fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    /// The count so far.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Two cache lines, since some processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line<T>(T);

/// One `T` for each worker.
#[derive(Debug)]
pub(super) struct Sharded<T> {
    first: Line<T>,
    rest: Box<[Line<T>]>,
}

impl<T: Default> Sharded<T> {
    /// For this many workers, at least one.
    pub(super) fn new(workers: usize) -> Self {
        let rest = (1..workers).map(|_| Line::default()).collect();
        Self { first: Line::default(), rest }
    }
}

impl<T> Sharded<T> {
    /// The part of the worker with this number, from 0. Only its thread may write.
    pub(super) fn of(&self, worker: usize) -> &T {
        let line = worker.checked_sub(1).and_then(|index| self.rest.get(index));
        &line.unwrap_or(&self.first).0
    }

    /// A sum over all workers.
    pub(super) fn sum(&self, count: impl Fn(&T) -> &Count) -> u64 {
        let all = std::iter::once(&self.first).chain(&self.rest);
        all.fold(0, |sum, line| sum.wrapping_add(count(&line.0).get()))
    }
}
