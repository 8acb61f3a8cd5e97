//! Which objects are to be written, and when: each at most once at a time, and not too often.
//!
//! A single change is written at once. In a burst the pauses between the writes of one object grow, so that 1,000 routes
//! that attach to a Gateway one by one cost a few dozen writes of it.

use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// The first pause between two writes of an object.
const FIRST: Duration = Duration::from_millis(100);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(1);
/// After so long without a write an object is written at once again.
const QUIET: Duration = Duration::from_secs(3);
/// The longest pause after failures.
const LONGEST_FAILURE: Duration = Duration::from_secs(30);

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Done.
    Written,
    /// Somebody else was first: look again, and at once.
    Conflict,
    /// The object is gone.
    Gone,
    /// It failed.
    Failed,
    /// There was nothing to write after all.
    Unneeded,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    wanted: bool,
    busy: bool,
    /// The pause after the last write.
    pause: Duration,
    /// When it may be written again.
    due: Instant,
}

/// The queue, for keys of any kind.
#[derive(Debug)]
pub(super) struct Queue<K> {
    slots: BTreeMap<K, Slot>,
    busy: usize,
    concurrent: usize,
}

impl<K: Ord + Clone> Queue<K> {
    /// An empty queue with so many writes at a time.
    pub(super) fn new(concurrent: usize) -> Self {
        Self { slots: BTreeMap::new(), busy: 0, concurrent }
    }

    /// The object is to be written, or need not be.
    pub(super) fn want(&mut self, key: &K, wanted: bool, now: Instant) {
        match self.slots.get_mut(key) {
            Some(slot) => slot.wanted = wanted,
            None if wanted => {
                let slot = Slot { wanted, busy: false, pause: Duration::ZERO, due: now };
                self.slots.insert(key.clone(), slot);
            }
            None => {}
        }
    }

    /// Nothing is to be written any more.
    pub(super) fn clear(&mut self) {
        self.slots.values_mut().for_each(|slot| slot.wanted = false);
    }

    /// The objects to write now. Each is busy until [`Queue::done`].
    pub(super) fn take(&mut self, now: Instant) -> Vec<K> {
        self.slots.retain(|_, slot| slot.wanted || slot.busy || slot.due + QUIET > now);
        let free = self.concurrent.saturating_sub(self.busy);
        let due = self.slots.iter_mut().filter(|(_, slot)| slot.wanted && !slot.busy && slot.due <= now);
        let taken: Vec<K> = due
            .take(free)
            .map(|(key, slot)| {
                (slot.wanted, slot.busy) = (false, true);
                key.clone()
            })
            .collect();
        self.busy += taken.len();
        taken
    }

    /// A write has ended.
    pub(super) fn done(&mut self, key: &K, outcome: Outcome, now: Instant) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        self.busy = self.busy.saturating_sub(usize::from(slot.busy));
        slot.busy = false;
        match outcome {
            Outcome::Written => {
                let in_a_burst = slot.pause > Duration::ZERO && slot.due + QUIET > now;
                slot.pause = if in_a_burst { (slot.pause * 2).min(LONGEST) } else { FIRST };
                slot.due = now + slot.pause;
            }
            Outcome::Conflict => slot.due = now,
            Outcome::Failed => {
                slot.wanted = true;
                slot.pause = (slot.pause * 2).clamp(5 * FIRST, LONGEST_FAILURE);
                slot.due = now + slot.pause;
            }
            Outcome::Gone => drop(self.slots.remove(key)),
            Outcome::Unneeded => {}
        }
    }

    /// When there is something to write next, if there is something that is not busy and a place for it.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.busy >= self.concurrent {
            return None;
        }
        self.slots.values().filter(|slot| slot.wanted && !slot.busy).map(|slot| slot.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_single_change_is_written_at_once() {
        let (mut queue, now) = (Queue::new(4), Instant::now());
        queue.want(&"a", true, now);
        assert_eq!(queue.next(), Some(now));
        assert_eq!(queue.take(now), ["a"]);
        assert_eq!((queue.take(now), queue.next()), (vec![], None));
        queue.done(&"a", Outcome::Written, now);
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn an_object_is_written_by_one_at_a_time() {
        let (mut queue, now) = (Queue::new(4), Instant::now());
        queue.want(&"a", true, now);
        queue.take(now);
        queue.want(&"a", true, now + ms(1));
        assert_eq!(queue.take(now + ms(1)), [""; 0]);
        queue.done(&"a", Outcome::Written, now + ms(2));
        assert_eq!(queue.take(now + ms(3)), [""; 0], "not so soon after");
        assert_eq!(queue.next(), Some(now + ms(102)));
        assert_eq!(queue.take(now + ms(102)), ["a"]);
    }

    #[test]
    fn a_thousand_changes_cost_a_few_dozen_writes_and_the_last_is_not_late() {
        let (mut queue, start) = (Queue::new(4), Instant::now());
        let (mut writes, mut last, mut written) = (0, start, 0);
        // One change every 20 ms for 20 seconds.
        for tick in 0..4_000_u64 {
            let now = start + ms(tick * 10);
            if tick % 2 == 0 && tick < 2_000 {
                queue.want(&"gateway", true, now);
                last = now;
            }
            for key in queue.take(now) {
                writes += 1;
                written = tick;
                queue.done(&key, Outcome::Written, now);
            }
        }
        assert!((10..50).contains(&writes), "{writes}");
        assert!(start + ms(written * 10) - last <= ms(1_000));
    }

    #[test]
    fn a_few_at_a_time() {
        let (mut queue, now) = (Queue::new(2), Instant::now());
        ["a", "b", "c"].iter().for_each(|key| queue.want(key, true, now));
        assert_eq!(queue.take(now), ["a", "b"]);
        assert_eq!(queue.next(), None, "there is no place");
        queue.done(&"a", Outcome::Written, now);
        assert_eq!(queue.take(now), ["c"]);
    }

    #[test]
    fn failures_are_tried_again_ever_more_slowly_and_conflicts_at_once() {
        let (mut queue, mut now) = (Queue::new(2), Instant::now());
        queue.want(&"a", true, now);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert_eq!(queue.take(now), ["a"]);
            queue.done(&"a", Outcome::Failed, now);
            let next = queue.next().unwrap();
            pauses.push((next - now).as_millis());
            now = next;
        }
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        queue.take(now);
        queue.done(&"a", Outcome::Conflict, now);
        assert_eq!(queue.next(), None, "whoever looks again will say whether it is to be written");
        queue.want(&"a", true, now);
        assert_eq!(queue.take(now), ["a"]);
    }

    #[test]
    fn what_is_gone_or_not_wanted_any_more_is_not_written() {
        let (mut queue, now) = (Queue::new(2), Instant::now());
        queue.want(&"a", true, now);
        queue.want(&"b", true, now);
        queue.want(&"b", false, now);
        assert_eq!(queue.take(now), ["a"]);
        queue.done(&"a", Outcome::Gone, now);
        assert_eq!(queue.next(), None);
        queue.want(&"c", true, now);
        queue.clear();
        assert_eq!(queue.take(now + QUIET * 2), [""; 0]);
        assert!(queue.slots.is_empty(), "and forgotten");
    }
}
