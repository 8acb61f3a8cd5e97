//! Who leads: the decisions, without a clock or a client of their own.
//!
//! As in client-go, another's lease is judged by this replica's own clock: it has run out when it has not changed for
//! its duration. So clocks that differ do no harm.

use k8s_openapi::{
    api::coordination::v1::LeaseSpec, apimachinery::pkg::apis::meta::v1::MicroTime, jiff::Timestamp,
};
use std::time::Duration;
use tokio::time::Instant;

/// Times of the election.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a lease that is not renewed keeps others out.
    pub lease: Duration,
    /// How long a leader that cannot renew goes on. Shorter than `lease`.
    pub deadline: Duration,
    /// The pause between attempts.
    pub retry: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

/// What to do about the lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// There is none: create it so.
    Create(LeaseSpec),
    /// It is ours, or free: write it so, if nobody else has written it since.
    Write(LeaseSpec),
    /// Another holds it.
    Wait,
}

/// One replica's view of the election.
#[derive(Debug)]
pub struct Election {
    identity: String,
    times: Times,
    /// What the lease was when it was last seen to change, and when that was.
    observed: Option<(LeaseSpec, Instant)>,
    /// When this replica last wrote it.
    renewed: Option<Instant>,
}

impl Election {
    /// A replica that has seen nothing yet.
    pub fn new(identity: impl Into<String>, times: Times) -> Self {
        Self { identity: identity.into(), times, observed: None, renewed: None }
    }

    /// What to do, with the lease as it is now.
    pub fn step(&mut self, lease: Option<&LeaseSpec>, now: Instant, wall: Timestamp) -> Step {
        let Some(lease) = lease else {
            self.observed = None;
            return Step::Create(self.claim(None, wall));
        };
        if self.observed.as_ref().is_none_or(|(seen, _)| seen != lease) {
            self.observed = Some((lease.clone(), now));
        }
        let free = lease.holder_identity.as_deref().is_none_or(str::is_empty);
        if free || self.is_mine(lease) || self.has_run_out(lease, now) {
            return Step::Write(self.claim(Some(lease), wall));
        }
        self.renewed = None;
        Step::Wait
    }

    /// The write of the last step has been done, or not.
    pub fn wrote(&mut self, done: bool, now: Instant) {
        if done {
            self.renewed = Some(now);
        }
    }

    /// Whether this replica leads.
    pub fn leads(&self, now: Instant) -> bool {
        self.renewed.is_some_and(|renewed| now.saturating_duration_since(renewed) < self.times.deadline)
    }

    /// The lease without a holder, if it is ours: what a replica that ends leaves behind.
    pub fn release(&mut self, lease: &LeaseSpec, wall: Timestamp) -> Option<LeaseSpec> {
        self.renewed = None;
        self.is_mine(lease).then(|| LeaseSpec {
            holder_identity: None,
            lease_duration_seconds: Some(1),
            renew_time: Some(MicroTime(wall)),
            ..lease.clone()
        })
    }

    fn is_mine(&self, lease: &LeaseSpec) -> bool {
        lease.holder_identity.as_deref() == Some(&self.identity)
    }

    fn has_run_out(&self, lease: &LeaseSpec, now: Instant) -> bool {
        let duration = lease.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let duration = duration.map_or(self.times.lease, Duration::from_secs);
        let since = self.observed.as_ref().map_or(now, |(_, since)| *since);
        now.saturating_duration_since(since) >= duration
    }

    /// The lease as this replica would hold it.
    fn claim(&self, old: Option<&LeaseSpec>, wall: Timestamp) -> LeaseSpec {
        let mine = old.filter(|lease| self.is_mine(lease));
        let transitions = old.and_then(|lease| lease.lease_transitions).unwrap_or(0);
        let changes = i32::from(old.is_some() && mine.is_none());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.times.lease.as_secs()).ok(),
            acquire_time: mine.and_then(|lease| lease.acquire_time.clone()).or(Some(MicroTime(wall))),
            renew_time: Some(MicroTime(wall)),
            lease_transitions: Some(transitions.saturating_add(changes)),
            ..LeaseSpec::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> (Duration, Timestamp) {
        (
            Duration::from_secs(second),
            Timestamp::from_second(1_800_000_000 + i64::try_from(second).unwrap()).unwrap(),
        )
    }

    /// A replica, and a lease that several of them write.
    struct Replica(Election, Instant);

    impl Replica {
        fn new(name: &str, start: Instant) -> Self {
            Self(Election::new(name, Times::default()), start)
        }

        /// One attempt; `lease` is the API server's. Returns whether it leads afterwards.
        fn attempt(&mut self, lease: &mut Option<LeaseSpec>, second: u64) -> bool {
            let (offset, wall) = at(second);
            let now = self.1 + offset;
            if let Step::Create(spec) | Step::Write(spec) = self.0.step(lease.as_ref(), now, wall) {
                *lease = Some(spec);
                self.0.wrote(true, now);
            }
            self.0.leads(now)
        }

        fn leads(&self, second: u64) -> bool {
            self.0.leads(self.1 + at(second).0)
        }
    }

    fn holder(lease: Option<&LeaseSpec>) -> &str {
        lease.unwrap().holder_identity.as_deref().unwrap_or("nobody")
    }

    #[test]
    fn the_first_leads_and_the_second_waits() {
        let start = Instant::now();
        let (mut a, mut b, mut lease) = (Replica::new("a", start), Replica::new("b", start), None);
        assert!(a.attempt(&mut lease, 0));
        assert!(!b.attempt(&mut lease, 1));
        for second in 2..60 {
            assert!(a.attempt(&mut lease, second));
            assert!(!b.attempt(&mut lease, second));
        }
        let lease = lease.unwrap();
        assert_eq!((lease.lease_transitions, lease.lease_duration_seconds), (Some(0), Some(15)));
        assert_eq!(lease.acquire_time.unwrap().0, at(0).1, "it has held it all the time");
    }

    #[test]
    fn a_leader_that_is_cut_off_steps_down_before_another_takes_over() {
        let start = Instant::now();
        let (mut a, mut b, mut lease) = (Replica::new("a", start), Replica::new("b", start), None);
        a.attempt(&mut lease, 0);
        b.attempt(&mut lease, 1);
        assert!(a.leads(9) && !a.leads(10), "after its deadline");
        assert!(!b.attempt(&mut lease, 15), "seen 14 s ago");
        assert!(b.attempt(&mut lease, 16));
        assert_eq!((holder(lease.as_ref()), lease.as_ref().unwrap().lease_transitions), ("b", Some(1)));
        assert!(!a.attempt(&mut lease, 17), "and it does not fight when it is back");
    }

    #[test]
    fn a_lease_is_judged_by_how_long_it_has_not_changed_not_by_its_clock() {
        let start = Instant::now();
        let (mut a, mut b, mut lease) = (Replica::new("a", start), Replica::new("b", start), None);
        a.attempt(&mut lease, 0);
        lease.as_mut().unwrap().renew_time = Some(MicroTime(Timestamp::UNIX_EPOCH));
        assert!(!b.attempt(&mut lease, 3));
        assert!(!b.attempt(&mut lease, 17));
        assert!(b.attempt(&mut lease, 18));
    }

    #[test]
    fn a_lease_that_is_given_back_is_taken_at_once() {
        let start = Instant::now();
        let (mut a, mut b, mut lease) = (Replica::new("a", start), Replica::new("b", start), None);
        a.attempt(&mut lease, 0);
        b.attempt(&mut lease, 1);
        assert_eq!(b.0.release(lease.as_ref().unwrap(), at(2).1), None, "it is not b's to give");
        lease = a.0.release(lease.as_ref().unwrap(), at(2).1);
        assert!(!a.leads(2));
        assert_eq!(holder(lease.as_ref()), "nobody");
        assert!(b.attempt(&mut lease, 3));
    }

    #[test]
    fn a_write_that_another_got_in_before_does_not_count() {
        let start = Instant::now();
        let mut a = Election::new("a", Times::default());
        assert!(matches!(a.step(None, start, at(0).1), Step::Create(_)));
        a.wrote(false, start);
        assert!(!a.leads(start));
    }

    #[test]
    fn its_own_lease_is_taken_up_after_a_restart() {
        let start = Instant::now();
        let (mut a, mut lease) = (Replica::new("a", start), None);
        a.attempt(&mut lease, 0);
        assert!(Replica::new("a", start).attempt(&mut lease, 1));
        assert_eq!(lease.unwrap().lease_transitions, Some(0));
    }
}
