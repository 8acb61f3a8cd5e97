//! Random numbers for decisions that no attacker gains from: weights, endpoints, samples, request ids.
//!
//! `fastrand`'s generator of the thread (wyrand, a few nanoseconds a number, nothing shared) is the one that
//! is used everywhere. Left alone it seeds itself from a clock and the thread's number, which two replicas
//! may share; so each worker seeds it once from the operating system.

use std::hash::{BuildHasher as _, RandomState};

/// Seeds this thread's generator from the operating system's randomness. Call once at a thread's start.
pub fn seed_thread() {
    fastrand::seed(system_seed());
}

/// 64 bits that differ between threads, processes and machines: a hash under random keys. The keys come from
/// the operating system once for a process's thread and are then counted up, so no call blocks.
fn system_seed() -> u64 {
    RandomState::new().hash_one(std::thread::current().id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_thread_has_its_own_sequence() {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn(|| {
                    seed_thread();
                    fastrand::u64(..)
                })
            })
            .collect();
        let first: HashSet<u64> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(first.len(), 8);
    }

    #[test]
    fn seeding_again_starts_another_sequence() {
        seed_thread();
        let first = fastrand::u64(..);
        seed_thread();
        assert_ne!(first, fastrand::u64(..));
    }
}
