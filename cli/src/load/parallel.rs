//! Reading with all cores, where there is much to read.

use std::{num::NonZeroUsize, thread};

/// Fewer items than this for each thread are not worth one.
const LEAST: usize = 64;

/// `work` of each item, in the order of the items.
pub(super) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let worthwhile = items.len() / LEAST;
    // How many cores there are is read from the control group's files, each time: not for the documents of each file.
    let cores = if worthwhile < 2 { 1 } else { thread::available_parallelism().map_or(1, NonZeroUsize::get) };
    let threads = cores.min(worthwhile);
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let share = items.len().div_ceil(threads);
    let mut shares = Vec::with_capacity(threads);
    let mut items = items.into_iter();
    while items.len() > 0 {
        shares.push(items.by_ref().take(share).collect::<Vec<T>>());
    }
    thread::scope(|scope| {
        let work = &work;
        let start = |share: Vec<T>| scope.spawn(move || share.into_iter().map(work).collect::<Vec<R>>());
        let threads: Vec<_> = shares.into_iter().map(start).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<R>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_order_is_kept() {
        for count in [0, 1, 100, 1_000, 1_001] {
            let doubled = map((0..count).collect(), |n: usize| n * 2);
            assert_eq!(doubled, (0..count).map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn little_work_stays_on_the_thread() {
        let threads: HashSet<_> = map(vec![(); LEAST], |()| thread::current().id()).into_iter().collect();
        assert_eq!(threads, HashSet::from([thread::current().id()]));
    }

    #[test]
    #[should_panic(expected = "of item 500")]
    fn a_panic_is_passed_on() {
        map((0..1_000).collect(), |n: usize| assert!(n != 500, "of item {n}"));
    }
}
