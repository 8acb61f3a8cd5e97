//! Builds a [`HostIndex`].

use super::{
    condition::{Conditions, HeaderCondition, QueryCondition},
    index::{Candidate, Depths, HostIndex, Node},
    pattern::{Pattern, Regex, regex},
    query::QueryNames,
};
use corten_snapshot::{Entry, Host, PathMatch};
use hashbrown::HashTable;
use http::{HeaderName, Method};
use std::{cmp::Reverse, fmt, ops::Range, sync::Arc};

/// Why the entries of a hostname cannot be indexed. The part is rejected with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct BuildError {
    /// The rule, as `KIND NAMESPACE/NAME rule N`, or the entry if it points to no rule.
    pub place: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An expression that does not compile, or is too large.
    #[error("regular expression for {subject} cannot be used: {reason}")]
    Regex {
        /// `the path`, `header NAME` or `query parameter NAME`.
        subject: String,
        /// From the compiler of expressions.
        reason: String,
    },
    /// No token of RFC 9110 section 5.1.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// No token of RFC 9110 section 9.1.
    #[error("`{0}` is not a method")]
    Method(String),
    /// The entry points behind the last rule.
    #[error("there is no rule {0}")]
    Rule(u32),
    /// More than 2³² entries, or bytes of paths.
    #[error("too many entries")]
    TooMany,
}

impl HostIndex {
    /// Builds the index.
    ///
    /// # Errors
    /// The first entry that cannot be used. Nothing is left out silently: an index without one entry would
    /// send its requests to another rule.
    pub fn build(host: &Host) -> Result<Self, BuildError> {
        let mut builder = Builder::default();
        for (number, entry) in host.entries.iter().enumerate() {
            builder
                .add(host, number, entry)
                .map_err(|problem| BuildError { place: place(host, number), problem })?;
        }
        builder.finish(is_sorted(&host.entries)).ok_or_else(|| BuildError {
            place: format!("hostname {}", host.hostname),
            problem: Problem::TooMany,
        })
    }
}

/// Names the rule of an entry for a message.
pub(super) fn place(host: &Host, entry: usize) -> String {
    let rule = host.entries.get(entry).and_then(|entry| host.rules.get(entry.rule as usize));
    match rule {
        Some(rule) => {
            let route = &rule.route;
            format!("{} {}/{} rule {}", route.kind, route.namespace, route.name, rule.index)
        }
        None => format!("entry {entry} of hostname {}", host.hostname),
    }
}

/// A prefix without its trailing slashes, which are ignored (Gateway API `PathMatchPathPrefix`).
pub(super) fn trimmed(prefix: &str) -> &str {
    prefix.trim_end_matches('/')
}

/// Whether entries come as exact paths, then expressions, then prefixes from long to short.
fn is_sorted(entries: &[Entry]) -> bool {
    entries.is_sorted_by_key(|entry| match &entry.path {
        PathMatch::Exact(_) => (0, Reverse(0)),
        PathMatch::Regex(_) => (1, Reverse(0)),
        PathMatch::Prefix(prefix) => (2, Reverse(trimmed(prefix).len())),
    })
}

#[derive(Default)]
struct Builder<'h> {
    /// Paths with their candidates; `false` for an exact one, so that these come first when sorted.
    paths: Vec<(&'h str, bool, Candidate)>,
    regexes: Vec<(Arc<Regex>, Candidate)>,
    conditions: Vec<Conditions>,
    query_names: QueryNames,
}

impl<'h> Builder<'h> {
    fn add(&mut self, host: &Host, number: usize, entry: &'h Entry) -> Result<(), Problem> {
        if entry.rule as usize >= host.rules.len() {
            return Err(Problem::Rule(entry.rule));
        }
        let conditions = self.conditions(entry)?;
        let number = u32::try_from(number).map_err(|_| Problem::TooMany)?;
        let candidate = Candidate { entry: number, rule: entry.rule, conditions };
        match &entry.path {
            PathMatch::Exact(path) => self.paths.push((path, false, candidate)),
            PathMatch::Prefix(prefix) => self.paths.push((trimmed(prefix), true, candidate)),
            PathMatch::Regex(text) => {
                let regex = regex(text).map_err(|reason| bad_regex("the path", reason))?;
                self.regexes.push((regex, candidate));
            }
        }
        Ok(())
    }

    /// The number of the entry's conditions.
    fn conditions(&mut self, entry: &Entry) -> Result<u32, Problem> {
        if entry.method.is_none() && entry.headers.is_empty() && entry.query.is_empty() {
            return Ok(Candidate::UNCONDITIONAL);
        }
        let bad_method = |text: &String| Problem::Method(text.clone());
        let method = entry.method.as_ref().map(|text| text.parse::<Method>().map_err(|_| bad_method(text)));
        let headers = entry.headers.iter().map(|header| {
            let name = header.name.parse::<HeaderName>();
            let name = name.map_err(|_| Problem::HeaderName(header.name.clone()))?;
            let pattern = Pattern::build(&header.pattern);
            let pattern = pattern.map_err(|reason| bad_regex(format_args!("header {name}"), reason))?;
            Ok(HeaderCondition { name, pattern })
        });
        let headers = headers.collect::<Result<_, _>>()?;
        let query = entry.query.iter().map(|query| {
            let subject = format_args!("query parameter {}", query.name);
            let pattern = Pattern::build(&query.pattern).map_err(|reason| bad_regex(subject, reason))?;
            Ok(QueryCondition { slot: self.query_names.slot(&query.name), pattern })
        });
        let query = query.collect::<Result<_, _>>()?;
        let number = u32::try_from(self.conditions.len()).map_err(|_| Problem::TooMany)?;
        self.conditions.push(Conditions { method: method.transpose()?, headers, query });
        Ok(number)
    }

    fn finish(mut self, sorted: bool) -> Option<HostIndex> {
        // Stable in the entries of a path: their numbers are the last part of the key.
        self.paths.sort_unstable_by_key(|(text, is_prefix, candidate)| (*text, *is_prefix, candidate.entry));
        let mut index = HostIndex {
            table: HashTable::new(),
            nodes: Box::default(),
            text: Box::default(),
            candidates: self.paths.iter().map(|(_, _, candidate)| *candidate).collect(),
            root: 0..0,
            regexes: self.regexes.into(),
            conditions: self.conditions.into(),
            query_names: self.query_names,
            depths: Depths::default(),
            sorted,
        };
        let (mut nodes, mut text) = (Vec::new(), String::new());
        let mut next = 0;
        for run in self.paths.chunk_by(|a, b| a.0 == b.0) {
            let Some((path, ..)) = run.first() else { continue };
            let exact = u32::try_from(next).ok()?;
            next += run.len();
            let end = u32::try_from(next).ok()?;
            let prefix = exact + u32::try_from(run.partition_point(|(_, is_prefix, _)| !is_prefix)).ok()?;
            // Not a node, so that a look-up of depth 1 is not needed for its sake.
            if path.is_empty() {
                index.root = prefix..end;
                if exact == prefix {
                    continue;
                }
            }
            nodes.push(Node { text: append(&mut text, path)?, exact, prefix, end });
        }
        index.nodes = nodes.into();
        index.text = text.into();
        index.fill_table()?;
        Some(index)
    }
}

impl HostIndex {
    fn fill_table(&mut self) -> Option<()> {
        let mut depths = Depths::default();
        let mut hashed = Vec::with_capacity(self.nodes.len());
        for number in 0..u32::try_from(self.nodes.len()).ok()? {
            hashed.push((depths.add(self.node_text(number)?), number));
        }
        let mut table = HashTable::with_capacity(hashed.len());
        for (hash, number) in &hashed {
            // With room for all the table never grows, so the hash of what is in it is never asked for.
            table.insert_unique(*hash, *number, |other| {
                hashed.get(*other as usize).map_or(0, |(hash, _)| *hash)
            });
        }
        (self.depths, self.table) = (depths, table);
        Some(())
    }
}

fn append(text: &mut String, path: &str) -> Option<Range<u32>> {
    let start = u32::try_from(text.len()).ok()?;
    text.push_str(path);
    Some(start..u32::try_from(text.len()).ok()?)
}

fn bad_regex(subject: impl fmt::Display, reason: String) -> Problem {
    Problem::Regex { subject: subject.to_string(), reason }
}
