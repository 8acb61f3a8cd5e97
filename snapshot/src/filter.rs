//! Filters of HTTPRoute, as data.

use crate::Target;
use serde::{Deserialize, Serialize};

/// One filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Filter {
    /// Edits the request's headers.
    RequestHeaders(HeaderEdit),
    /// Edits the response's headers.
    ResponseHeaders(HeaderEdit),
    /// Answers with a redirect.
    Redirect(Redirect),
    /// Rewrites host and path.
    Rewrite(Rewrite),
    /// Sends a copy elsewhere; the answer is dropped.
    Mirror(Mirror),
    /// Cross-origin resource sharing (the Fetch standard; GEP-1767).
    Cors(Cors),
}

/// A header and its value. The name is lower-case and valid (RFC 9110 section 5.1), the value has no control
/// characters (section 5.5): the compiler has checked both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderPair {
    /// Lower-case.
    pub name: String,
    /// As written.
    pub value: String,
}

/// Edits: `set`, then `add`, then `remove`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderEdit {
    /// Overwrites.
    pub set: Vec<HeaderPair>,
    /// Appends.
    pub add: Vec<HeaderPair>,
    /// Lower-case names.
    pub remove: Vec<String>,
}

/// A redirect. What is `None` is taken from the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// Host of the `Location`.
    pub hostname: Option<String>,
    /// Port of the `Location`. `None`: the scheme's well-known port if a scheme is given, else the
    /// listener's; well-known ports are not written.
    pub port: Option<u16>,
    /// Path of the `Location`.
    pub path: Option<PathModifier>,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// A rewrite before forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// The new `Host`.
    pub hostname: Option<String>,
    /// The new path.
    pub path: Option<PathModifier>,
}

/// How a path is changed. The query string is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathModifier {
    /// Replaces all of it.
    ReplaceFullPath(String),
    /// Replaces the prefix that the entry matched. Only on rules whose matches are prefixes.
    ReplacePrefixMatch(String),
}

/// Sends `numerator` of `denominator` requests also to `target`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirror {
    /// Where the copies go; an invalid one gets none.
    pub target: Target,
    /// 0 to `denominator`.
    pub numerator: u32,
    /// At least 1.
    pub denominator: u32,
}

/// Cross-origin resource sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// Origins that may read answers.
    pub allow_origins: Vec<OriginMatch>,
    /// Methods, upper-case; `*` alone: all.
    pub allow_methods: Vec<String>,
    /// Header names; `*` alone: all.
    pub allow_headers: Vec<String>,
    /// Header names that scripts may read; `*` alone: all.
    pub expose_headers: Vec<String>,
    /// Whether credentials are allowed; then `*` is never written, the request's own value is.
    pub allow_credentials: bool,
    /// Seconds that a preflight answer may be kept.
    pub max_age: u32,
}

/// One allowed origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginMatch {
    /// `*`.
    Any,
    /// `scheme://host[:port]`, lower-case, byte for byte.
    Exact(String),
    /// `scheme://*.suffix[:port]`: one or more labels stand for the star.
    Wildcard {
        /// `scheme://`.
        scheme: String,
        /// `.suffix[:port]`.
        suffix: String,
    },
}
