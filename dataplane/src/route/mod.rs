//! From a request to the rule that answers it.
//!
//! [`HostMap`] finds what is kept under a hostname, from the most specific pattern to the least: first the
//! listener of a bind, then the tables of a listener. [`HostIndex`] is one such table: of all entries of a
//! hostname it finds the first, in Gateway API precedence, whose path, method, headers and query parameters
//! agree with the request. A hostname without such an entry falls through to the next less specific one.
//!
//! The order of the entries is the compiler's; nothing here ranks one above another. [`explain`] says
//! why the others did not match.

mod build;
mod condition;
pub mod explain;
mod host_map;
mod index;
#[cfg(test)]
mod oracle;
mod pattern;
mod query;
#[cfg(test)]
mod tests;

pub use build::{BuildError, Problem};
pub use host_map::HostMap;
pub use index::{Found, HostIndex};

/// What matching looks at in a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// The normalised path without the query; the same text goes upstream.
    pub path: &'a str,
    /// The method.
    pub method: &'a http::Method,
    /// The header fields as received.
    pub headers: &'a http::HeaderMap,
    /// What stands behind the first `?`, still encoded; `None` if there is none.
    pub query: Option<&'a str>,
}
