//! Waiting for a condition, with a deadline.

use crate::DEADLINE;
use std::time::Duration;
use tokio::time::Instant;

/// Asks `probe` again and again until it answers `Some`. Panics with `what` after `deadline`.
pub fn wait_for<T>(what: &str, deadline: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < end, "waited {deadline:?} in vain for {what}");
        pause(Duration::from_millis(2));
    }
}

/// [`wait_for`] a condition to hold, within [`DEADLINE`].
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, DEADLINE, || condition().then_some(()));
}

/// Lets time pass: between two polls, or where a test plays a slow peer. Never to hope that
/// something has happened meanwhile.
pub fn pause(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_comes_true_ends_the_wait() {
        let mut asked = 0;
        let value = wait_for("the third time", DEADLINE, || {
            asked += 1;
            (asked == 3).then_some("there")
        });
        assert_eq!((value, asked), ("there", 3));
    }

    #[test]
    #[should_panic(expected = "in vain for what never comes")]
    fn a_condition_that_never_comes_true_panics_with_its_name() {
        wait_for::<()>("what never comes", Duration::from_millis(5), || None);
    }
}
