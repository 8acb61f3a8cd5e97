//! Why a request is answered by the rule that answers it, and why not by the others.
//!
//! For people, off the way of requests: every entry of a hostname is looked at, on the snapshot's own data.
//! What agrees is decided by the same code as in the index.

mod difference;
#[cfg(test)]
mod tests;

pub use difference::Difference;

use super::{Found, RequestView, build::trimmed};
use corten_snapshot::{Entry, Host, PathMatch};
use difference::differences;
use std::cmp::Reverse;

/// What the entries of one hostname say to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The entry that answers. `None`: the hostname gives way to the next less specific one.
    pub answer: Option<Found>,
    /// The nearest of the other entries, the nearest first.
    pub near: Vec<Near>,
}

/// An entry that does not answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// Index into [`Host::entries`].
    pub entry: u32,
    /// Index into [`Host::rules`].
    pub rule: u32,
    /// In what it differs from the request. Empty: it agrees, but the entry that answers comes before it in
    /// Gateway API precedence.
    pub differences: Vec<Difference>,
}

/// Looks at all entries of `host`; tells at most `limit` that do not answer.
///
/// Near is, in this order: an entry whose path agrees; one whose path begins with more of the request's
/// segments; one with fewer differences; one that comes earlier.
pub fn explain(host: &Host, request: &RequestView<'_>, limit: usize) -> Explanation {
    let mut answer = None;
    let mut near = Vec::new();
    for (number, entry) in (0_u32..).zip(&host.entries) {
        let differences = differences(entry, request);
        if differences.is_empty() && answer.is_none() {
            answer = Some(found(number, entry));
        } else {
            near.push((
                distance(entry, request, &differences),
                Near { entry: number, rule: entry.rule, differences },
            ));
        }
    }
    near.sort_by_key(|(distance, near)| (*distance, near.entry));
    Explanation { answer, near: near.into_iter().take(limit).map(|(_, near)| near).collect() }
}

fn found(number: u32, entry: &Entry) -> Found {
    let prefix_len = match &entry.path {
        PathMatch::Prefix(prefix) => u32::try_from(trimmed(prefix).len()).unwrap_or(u32::MAX),
        PathMatch::Exact(_) | PathMatch::Regex(_) => 0,
    };
    Found { entry: number, rule: entry.rule, prefix_len }
}

/// Smaller is nearer.
fn distance(entry: &Entry, request: &RequestView<'_>, differences: &[Difference]) -> (Reverse<usize>, usize) {
    let path_differs = differences.iter().any(|difference| matches!(difference, Difference::Path { .. }));
    let shared = match &entry.path {
        _ if !path_differs => usize::MAX,
        PathMatch::Exact(path) | PathMatch::Prefix(path) => {
            path.split('/').zip(request.path.split('/')).take_while(|(a, b)| a == b).count()
        }
        PathMatch::Regex(_) => 0,
    };
    (Reverse(shared), differences.len())
}
