//! In what an entry differs from a request.

use crate::route::{
    RequestView,
    build::trimmed,
    condition::header_value,
    pattern::{Pattern, regex},
    query::{LazyQuery, QueryNames, decoded},
};
use corten_snapshot::{Entry, PathMatch, ValueMatch, ValuePattern};
use std::fmt;

/// One thing that an entry asks for and the request does not have. `Display` gives a sentence's worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Another path.
    Path {
        /// The request's, normalised.
        actual: String,
        /// The entry's.
        wanted: PathMatch,
    },
    /// Another method.
    Method {
        /// The request's.
        actual: String,
        /// The entry's.
        wanted: String,
    },
    /// Another value of a header, or none.
    Header {
        /// Lower-case.
        name: String,
        /// The combined value, as far as it is UTF-8; `None`: absent.
        actual: Option<String>,
        /// The entry's.
        wanted: ValuePattern,
    },
    /// Another first value of a query parameter, or none.
    Query {
        /// Decoded.
        name: String,
        /// The decoded value, as far as it is UTF-8; `None`: absent.
        actual: Option<String>,
        /// The entry's.
        wanted: ValuePattern,
    },
    /// An expression of the entry cannot be compiled, so that its part was rejected.
    Unusable {
        /// Why.
        reason: String,
    },
}

/// All differences, in the order path, method, headers, query.
pub(super) fn differences(entry: &Entry, request: &RequestView<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    found.extend(path(&entry.path, request.path));
    if let Some(wanted) = entry.method.as_ref().filter(|method| *method != request.method.as_str()) {
        found.push(Difference::Method { actual: request.method.to_string(), wanted: wanted.clone() });
    }
    found.extend(entry.headers.iter().filter_map(|condition| header(condition, request)));
    found.extend(entry.query.iter().filter_map(|condition| query(condition, request)));
    found
}

fn path(wanted: &PathMatch, actual: &str) -> Option<Difference> {
    let agrees = match wanted {
        PathMatch::Exact(path) => path == actual,
        PathMatch::Prefix(prefix) => {
            let rest = actual.strip_prefix(trimmed(prefix));
            rest.is_some_and(|rest| trimmed(prefix).is_empty() || rest.is_empty() || rest.starts_with('/'))
        }
        PathMatch::Regex(text) => match regex(text) {
            Ok(regex) => regex.is_match(actual.as_bytes()),
            Err(reason) => return Some(Difference::Unusable { reason }),
        },
    };
    (!agrees).then(|| Difference::Path { actual: actual.to_owned(), wanted: wanted.clone() })
}

fn header(wanted: &ValueMatch, request: &RequestView<'_>) -> Option<Difference> {
    let name = wanted.name.parse::<http::HeaderName>().ok();
    let value = name.as_ref().and_then(|name| header_value(request.headers, name));
    value_differs(&wanted.pattern, value.as_deref(), |actual, pattern| Difference::Header {
        name: wanted.name.clone(),
        actual,
        wanted: pattern,
    })
}

fn query(wanted: &ValueMatch, request: &RequestView<'_>) -> Option<Difference> {
    let mut names = QueryNames::default();
    let slot = names.slot(&wanted.name);
    let value =
        LazyQuery::new(request.query).first(&names, slot).map(|raw| decoded(raw).collect::<Vec<u8>>());
    value_differs(&wanted.pattern, value.as_deref(), |actual, pattern| Difference::Query {
        name: wanted.name.clone(),
        actual,
        wanted: pattern,
    })
}

fn value_differs(
    wanted: &ValuePattern,
    actual: Option<&[u8]>,
    difference: impl FnOnce(Option<String>, ValuePattern) -> Difference,
) -> Option<Difference> {
    let agrees = match Pattern::build(wanted) {
        Ok(pattern) => actual.is_some_and(|value| pattern.agrees(value)),
        Err(reason) => return Some(Difference::Unusable { reason }),
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    (!agrees).then(|| difference(actual.map(text), wanted.clone()))
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { actual, wanted } => {
                write!(f, "path is {actual:?}, ")?;
                match wanted {
                    PathMatch::Exact(path) => write!(f, "wanted exactly {path:?}"),
                    PathMatch::Prefix(prefix) => write!(f, "wanted the prefix {prefix:?}"),
                    PathMatch::Regex(regex) => write!(f, "wanted a match of the expression {regex:?}"),
                }
            }
            Self::Method { actual, wanted } => write!(f, "method is {actual}, wanted {wanted}"),
            Self::Header { name, actual, wanted } => value(f, "header", name, actual.as_deref(), wanted),
            Self::Query { name, actual, wanted } => {
                value(f, "query parameter", name, actual.as_deref(), wanted)
            }
            Self::Unusable { reason } => write!(f, "an expression cannot be used: {reason}"),
        }
    }
}

fn value(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    name: &str,
    actual: Option<&str>,
    wanted: &ValuePattern,
) -> fmt::Result {
    match actual {
        Some(actual) => write!(f, "{kind} {name} is {actual:?}, ")?,
        None => write!(f, "{kind} {name} is absent, ")?,
    }
    match wanted {
        ValuePattern::Exact(text) => write!(f, "wanted {text:?}"),
        ValuePattern::Regex(regex) => write!(f, "wanted a match of the expression {regex:?}"),
    }
}
