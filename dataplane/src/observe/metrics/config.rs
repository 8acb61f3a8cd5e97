//! The configuration in force.

use corten_snapshot::ContentHash;
use std::time::{Duration, SystemTime};

/// What the last applied snapshot was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    pub(super) revision: u64,
    pub(super) hash: ContentHash,
    pub(super) build: Duration,
    pub(super) rejected: usize,
    pub(super) at: SystemTime,
}

impl Applied {
    /// The hash as a number that a float holds exactly, so that replicas can be compared.
    pub(super) fn hash_number(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "52 bits fit into a float")]
        let number = (self.hash.short() >> 12) as f64;
        number
    }
}
