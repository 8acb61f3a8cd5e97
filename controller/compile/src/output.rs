//! What comes out.

use crate::{note::Note, status::Statuses};
use corten_snapshot::Snapshot;

/// The result of a compilation. Snapshot, statuses and notes come from one pass, so they cannot disagree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// For the dataplane.
    pub snapshot: Snapshot,
    /// What our controller wants the objects to show. Only entries of our own.
    pub statuses: Statuses,
    /// Everything that a user should know, sorted by object and field.
    pub notes: Vec<Note>,
}
