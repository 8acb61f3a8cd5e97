//! Filters of a rule or of a backendRef, ready to run.
//!
//! The stages, in order; a rule's come before its backendRef's:
//!
//! | stage | what happens |
//! |---|---|
//! | [`Stage::CORS`] | a preflight is answered |
//! | [`Stage::REDIRECT`] | the request is answered with a `Location` |
//! | [`Stage::REQUEST_HEADERS`] | headers of the request are edited |
//! | [`Stage::REWRITE`] | host and path are rewritten |
//! | [`Stage::MIRROR`] | copies of the request, as it goes upstream after the rule's filters, are sent elsewhere |
//! | [`Stage::RESPONSE_HEADERS`] | headers of the response are edited; after them come the CORS headers |
//!
//! Edits of headers follow the order of the YAML. Redirects and rewrites all see the path and the prefix of
//! the original request, whatever came before them; of two rewrites of the same thing the last counts.

pub mod cors;
mod error;
pub mod header_edit;
pub mod mirror;
mod path;
mod plan;
pub mod redirect;
pub mod rewrite;
mod stage;
pub mod weight;

pub use cors::Cors;
pub use error::BuildError;
pub use header_edit::HeaderEdits;
pub use mirror::Mirror;
pub use plan::FilterPlan;
pub use redirect::Redirect;
pub use rewrite::Rewrite;
pub use stage::Stage;
pub use weight::WeightedPick;

/// What redirects and rewrites know of a request.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whether the client used `https`.
    pub https: bool,
    /// The host of the request without port; brackets stay around an IPv6 address. Empty: none was given.
    pub host: &'a str,
    /// The port that the listener declares.
    pub port: u16,
    /// The normalised path.
    pub path: &'a str,
    /// What stands behind the first `?`.
    pub query: Option<&'a str>,
    /// The length of the prefix that matched: [`crate::route::Found::prefix_len`].
    pub prefix_len: usize,
}

/// Checks that a configured hostname has only what a host may have, so that it cannot end the host of a URL.
fn hostname(text: &str) -> Result<&str, BuildError> {
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_host_byte) {
        return Err(BuildError::Hostname(text.to_owned()));
    }
    Ok(text)
}
