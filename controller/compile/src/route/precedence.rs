//! Precedence of matches, as HTTPRoute specifies it.

use corten_snapshot::{Entry, PathMatch};
use std::cmp::Reverse;

/// How specific a match is; the smaller one wins. Exact paths come before regular expressions (which the specification
/// leaves to the implementation), these before prefixes; then longer prefixes, a method, more headers, more query
/// parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Specificity {
    path: PathClass,
    prefix: Reverse<usize>,
    without_method: bool,
    headers: Reverse<usize>,
    query: Reverse<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PathClass {
    Exact,
    Regex,
    Prefix,
}

impl Specificity {
    /// That of an entry.
    pub(crate) fn of(entry: &Entry) -> Self {
        let (path, prefix) = match &entry.path {
            PathMatch::Exact(_) => (PathClass::Exact, 0),
            PathMatch::Regex(_) => (PathClass::Regex, 0),
            PathMatch::Prefix(prefix) => (PathClass::Prefix, prefix.chars().count()),
        };
        Self {
            path,
            prefix: Reverse(prefix),
            without_method: entry.method.is_none(),
            headers: Reverse(entry.headers.len()),
            query: Reverse(entry.query.len()),
        }
    }
}

/// The place of an entry on its hostname: by specificity, then the older route, then `namespace/name`, then the order of
/// rules and matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) specificity: Specificity,
    /// Place of the route among all, by age and name.
    pub(crate) route: u32,
    pub(crate) rule: u32,
    pub(crate) position: u32,
}

#[cfg(test)]
mod tests;
