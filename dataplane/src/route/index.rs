//! The entries of one hostname, found by path.
//!
//! Every exact path and every prefix is a node of one hash table. The hash of a path is taken segment by
//! segment, so that one pass over the request's path yields the hash of each of its prefixes; they are then
//! looked up from the longest to the shortest. Only depths at which the table holds something are looked
//! up, so the work is bounded by the configuration and not by the request.

use super::{
    RequestView,
    condition::Conditions,
    pattern::Regex,
    query::{LazyQuery, QueryNames},
};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::{hash::Hasher as _, ops::Range, sync::Arc};

/// An index over the entries of a [`corten_snapshot::Host`].
#[derive(Clone, Debug)]
pub struct HostIndex {
    /// Node numbers by the hash of their text.
    pub(super) table: HashTable<u32>,
    pub(super) nodes: Box<[Node]>,
    /// The paths of all nodes, one behind the other.
    pub(super) text: Box<str>,
    /// For each node its exact entries, then its prefix entries, each in order of precedence.
    pub(super) candidates: Box<[Candidate]>,
    /// Those for the empty prefix, which every path has.
    pub(super) root: Range<u32>,
    /// In order of precedence.
    pub(super) regexes: Box<[(Arc<Regex>, Candidate)]>,
    pub(super) conditions: Box<[Conditions]>,
    pub(super) query_names: QueryNames,
    pub(super) depths: Depths,
    /// Exact paths come before expressions, and those before prefixes from long to short, as the compiler
    /// sorts them: then the first agreement is the answer.
    pub(super) sorted: bool,
}

/// A path that entries name.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// In [`HostIndex::text`].
    pub(super) text: Range<u32>,
    /// First in [`HostIndex::candidates`] of those that ask for exactly this path.
    pub(super) exact: u32,
    /// First of those that ask for this prefix.
    pub(super) prefix: u32,
    /// Behind the last.
    pub(super) end: u32,
}

/// An entry whose path is known to agree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) entry: u32,
    pub(super) rule: u32,
    /// In [`HostIndex::conditions`], or [`Self::UNCONDITIONAL`].
    pub(super) conditions: u32,
}

impl Candidate {
    pub(super) const UNCONDITIONAL: u32 = u32::MAX;
}

/// The entry that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Index into [`corten_snapshot::Host::entries`].
    pub entry: u32,
    /// Index into [`corten_snapshot::Host::rules`].
    pub rule: u32,
    /// Bytes at the start of the request's path that the entry's prefix took in; 0 for the empty prefix,
    /// and for entries that are no prefix.
    pub prefix_len: u32,
}

impl HostIndex {
    /// The first entry, in the order of [`corten_snapshot::Host::entries`], that agrees with the request.
    pub fn find(&self, request: &RequestView<'_>) -> Option<Found> {
        let mut search = Search { index: self, request, query: LazyQuery::new(request.query), best: None };
        search.run();
        search.best
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.candidates.len() + self.regexes.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn node(&self, path: &str, cut: &Cut) -> Option<&Node> {
        let text = path.get(..cut.len)?;
        let same = |number: &u32| self.node_text(*number) == Some(text);
        self.table.find(cut.hash, same).and_then(|number| self.nodes.get(*number as usize))
    }

    pub(super) fn node_text(&self, number: u32) -> Option<&str> {
        let range = &self.nodes.get(number as usize)?.text;
        self.text.get(range.start as usize..range.end as usize)
    }
}

/// One look-up: tries candidates in the order of precedence.
struct Search<'i, 'r> {
    index: &'i HostIndex,
    request: &'i RequestView<'r>,
    query: LazyQuery<'r>,
    best: Option<Found>,
}

impl Search<'_, '_> {
    fn run(&mut self) {
        let (index, path) = (self.index, self.request.path);
        let cuts = index.depths.cuts(path);
        let (whole, shorter) = match cuts.split_last() {
            Some((last, shorter)) if last.len == path.len() => (index.node(path, last), shorter),
            _ => (None, &*cuts),
        };
        if let Some(node) = whole
            && self.any_of(node.exact..node.prefix, 0)
        {
            return;
        }
        for (regex, candidate) in &index.regexes {
            if self.is_open(candidate) && regex.is_match(path.as_bytes()) && self.try_candidate(candidate, 0)
            {
                return;
            }
        }
        if let Some(node) = whole
            && self.any_of(node.prefix..node.end, path.len())
        {
            return;
        }
        for cut in shorter.iter().rev() {
            if let Some(node) = index.node(path, cut)
                && self.any_of(node.prefix..node.end, cut.len)
            {
                return;
            }
        }
        self.any_of(index.root.clone(), 0);
    }

    /// Tries candidates in order; `true` ends the search.
    fn any_of(&mut self, range: Range<u32>, prefix_len: usize) -> bool {
        let candidates = self.index.candidates.get(range.start as usize..range.end as usize);
        candidates.unwrap_or_default().iter().any(|candidate| self.try_candidate(candidate, prefix_len))
    }

    /// Whether the candidate could still be better than what has been found.
    fn is_open(&self, candidate: &Candidate) -> bool {
        self.best.is_none_or(|best| candidate.entry < best.entry)
    }

    /// `true` ends the search: nothing better can follow.
    fn try_candidate(&mut self, candidate: &Candidate, prefix_len: usize) -> bool {
        if self.is_open(candidate) && self.agrees(candidate.conditions) {
            let prefix_len = u32::try_from(prefix_len).unwrap_or(u32::MAX);
            self.best = Some(Found { entry: candidate.entry, rule: candidate.rule, prefix_len });
            return self.index.sorted;
        }
        false
    }

    fn agrees(&mut self, conditions: u32) -> bool {
        if conditions == Candidate::UNCONDITIONAL {
            return true;
        }
        let conditions = self.index.conditions.get(conditions as usize);
        let names = &self.index.query_names;
        conditions.is_some_and(|conditions| conditions.agree(self.request, names, &mut self.query))
    }
}

/// The depths, in path segments, at which a table holds a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Depths {
    /// Bit `n` for depth `n`; the last bit for all from there on.
    mask: u64,
    deepest: u32,
}

/// A prefix of a path that ends where a segment ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Bytes.
    pub(super) len: usize,
    pub(super) hash: u64,
}

impl Depths {
    fn bit(depth: u32) -> u64 {
        1 << depth.min(63)
    }

    /// Notes that there is a node with this text; gives its hash.
    pub(super) fn add(&mut self, text: &str) -> u64 {
        let mut last = (0, 0);
        for_each_cut(text, u32::MAX, |depth, cut| last = (depth, cut.hash));
        let (depth, hash) = last;
        self.mask |= Self::bit(depth);
        self.deepest = self.deepest.max(depth);
        hash
    }

    /// The cuts of `path` at which there may be a node, from short to long.
    fn cuts(self, path: &str) -> SmallVec<[Cut; 12]> {
        let mut cuts = SmallVec::new();
        for_each_cut(path, self.deepest, |depth, cut| {
            if self.mask & Self::bit(depth) != 0 {
                cuts.push(cut);
            }
        });
        cuts
    }
}

/// Calls `each` with the depth and the cut behind each of the first `deepest` segments of `path`. A
/// segment begins with its slash, so `/a/b` has two: `/a` and `/b`.
fn for_each_cut(path: &str, deepest: u32, mut each: impl FnMut(u32, Cut)) {
    let bytes = path.as_bytes();
    let slashes = bytes.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let mut hasher = FxHasher::default();
    let mut start = 0;
    for (depth, end) in (1..=deepest).zip(slashes.chain(std::iter::once(bytes.len()))) {
        hasher.write(bytes.get(start..end).unwrap_or_default());
        each(depth, Cut { len: end, hash: hasher.finish() });
        start = end;
    }
}
