//! When to try again.

use std::time::Duration;
use tokio::time::Instant;

/// Pauses that double from the first to the longest, each shortened by up to half at random.
#[derive(Debug)]
pub(super) struct Retry {
    first: Duration,
    longest: Duration,
    failures: u32,
    until: Option<Instant>,
}

impl Retry {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0, until: None }
    }

    /// When the pause ends; `None`: there is none.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Notes a failure and says how many there were in a row.
    pub(super) fn failed(&mut self) -> u32 {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failed_for(doubled.min(self.longest));
        self.failures
    }

    /// Notes a failure after which trying soon makes no sense.
    pub(super) fn failed_for(&mut self, pause: Duration) {
        self.failures = self.failures.saturating_add(1);
        self.until = Some(Instant::now() + jittered(pause, fastrand::f64()));
    }

    /// The next failure is the first again.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.until = None;
    }
}

/// `pause`, shortened by `share` (0 to 1) of its half.
fn jittered(pause: Duration, share: f64) -> Duration {
    pause - (pause / 2).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    fn pause(retry: &Retry) -> Duration {
        retry.until().unwrap() - Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_the_longest() {
        let mut retry = Retry::new(FIRST, LONGEST);
        for (count, millis) in (1..).zip([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]) {
            assert_eq!(retry.failed(), count);
            let full = Duration::from_millis(millis);
            assert!((full / 2..=full).contains(&pause(&retry)), "{count}: {:?}", pause(&retry));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_many_failures_nothing_overflows() {
        let mut retry = Retry::new(FIRST, LONGEST);
        for _ in 0..100 {
            retry.failed();
        }
        assert!(pause(&retry) <= LONGEST && pause(&retry) >= LONGEST / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_of_different_peers_differ() {
        let pause_of_one = || {
            let mut retry = Retry::new(LONGEST, LONGEST);
            retry.failed();
            pause(&retry)
        };
        let pauses: std::collections::HashSet<_> = (0..20).map(|_| pause_of_one()).collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn success_begins_anew() {
        let mut retry = Retry::new(FIRST, LONGEST);
        retry.failed();
        retry.failed();
        retry.succeeded();
        assert_eq!(retry.until(), None);
        assert_eq!(retry.failed(), 1);
        assert!(pause(&retry) <= FIRST);
    }

    #[test]
    fn jitter_takes_off_at_most_half() {
        assert_eq!(jittered(LONGEST, 0.0), LONGEST);
        assert_eq!(jittered(LONGEST, 1.0), LONGEST / 2);
    }
}
