//! What a worker counts for the whole process.

use super::shard::{Count, Sharded};
use crate::error::Code;

/// Statistics of all workers.
#[derive(Debug)]
pub(crate) struct WorkerStats {
    pub(super) shards: Sharded<WorkerShard>,
}

/// What one worker counts.
#[derive(Debug)]
pub(super) struct WorkerShard {
    pub(super) errors: Box<[Count]>,
    pub(super) underscores: Count,
}

impl Default for WorkerShard {
    fn default() -> Self {
        Self { errors: Code::ALL.iter().map(|_| Count::default()).collect(), underscores: Count::default() }
    }
}

impl WorkerStats {
    pub(super) fn new(workers: usize) -> Self {
        Self { shards: Sharded::new(workers) }
    }

    /// A request failed with this code.
    pub(crate) fn error(&self, worker: usize, code: Code) {
        if let Some(count) = self.shards.of(worker).errors.get(code as usize) {
            count.add(1);
        }
    }

    /// Fields of a request were dropped for underscores in their names.
    pub(crate) fn dropped(&self, worker: usize, fields: usize) {
        self.shards.of(worker).underscores.add(fields as u64);
    }

    pub(super) fn underscores(&self) -> u64 {
        self.shards.sum(|shard| &shard.underscores)
    }

    pub(super) fn errors(&self, code: Code) -> u64 {
        static NONE: std::sync::LazyLock<Count> = std::sync::LazyLock::new(Count::default);
        self.shards.sum(|shard| shard.errors.get(code as usize).unwrap_or(&NONE))
    }
}
