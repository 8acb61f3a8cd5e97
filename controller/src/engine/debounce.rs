//! Waiting for a pause between changes.

use std::time::Duration;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

/// When a change is worth a compilation: after it has been quiet for a while, but not later than a limit.
#[derive(Clone, Copy, Debug)]
pub struct Debounce {
    /// How long nothing more may change.
    pub quiet: Duration,
    /// How long a change waits at most.
    pub limit: Duration,
}

impl Default for Debounce {
    fn default() -> Self {
        Self { quiet: Duration::from_millis(10), limit: Duration::from_millis(100) }
    }
}

impl Debounce {
    /// Waits for a change and then for the pause. All changes up to the return are seen. `false`: there will be none.
    pub async fn wait(&self, changes: &mut watch::Receiver<u64>) -> bool {
        if changes.changed().await.is_err() {
            return false;
        }
        let limit = Instant::now() + self.limit;
        loop {
            let pause = (Instant::now() + self.quiet).min(limit);
            match time::timeout_at(pause, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_change_waits_for_the_pause_only() {
        let (sender, mut changes) = watch::channel(0);
        sender.send_modify(|count| *count += 1);
        let start = Instant::now();
        assert!(Debounce::default().wait(&mut changes).await);
        assert_eq!(start.elapsed(), ms(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_of_changes_waits_for_the_limit_and_no_longer() {
        let (sender, mut changes) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                sender.send_modify(|count| *count += 1);
                time::sleep(ms(3)).await;
            }
        });
        let start = Instant::now();
        assert!(Debounce::default().wait(&mut changes).await);
        assert_eq!(start.elapsed(), ms(100));
    }

    #[tokio::test(start_paused = true)]
    async fn changes_during_the_pause_do_not_come_again() {
        let (sender, mut changes) = watch::channel(0);
        sender.send_modify(|count| *count += 1);
        let late = sender.clone();
        tokio::spawn(async move {
            time::sleep(ms(5)).await;
            late.send_modify(|count| *count += 1);
        });
        assert!(Debounce::default().wait(&mut changes).await);
        assert!(!changes.has_changed().unwrap());
        drop(sender);
        assert!(!Debounce::default().wait(&mut changes).await, "nobody is left to change anything");
    }
}
