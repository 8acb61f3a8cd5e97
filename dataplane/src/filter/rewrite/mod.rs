//! URLRewrite: host and path of the request that goes upstream.

#[cfg(test)]
mod tests;

use super::{BuildError, Facts, hostname, path::PathEdit};
use bytes::{BufMut as _, BytesMut};
use http::{
    HeaderValue,
    uri::{InvalidUri, PathAndQuery},
};

/// A rewrite. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    host: Option<HeaderValue>,
    path: Option<PathEdit>,
    /// `path`, ready to send with a request that has no query, if it replaces the whole path.
    fixed: Option<PathAndQuery>,
}

impl Rewrite {
    /// Builds the filter.
    ///
    /// # Errors
    /// A bad hostname.
    pub fn build(rewrite: &corten_snapshot::Rewrite) -> Result<Self, BuildError> {
        let host = rewrite.hostname.as_deref().map(hostname).transpose()?;
        let bad_host = |text: &str| BuildError::Hostname(text.to_owned());
        let host = host.map(|text| HeaderValue::from_str(text).map_err(|_| bad_host(text))).transpose()?;
        let path = rewrite.path.as_ref().map(PathEdit::build);
        let fixed = match &path {
            Some(PathEdit::Full(text)) => PathAndQuery::try_from(&**text).ok(),
            _ => None,
        };
        Ok(Self { host, path, fixed })
    }

    /// Takes over what `later` changes: of two rewrites of the same thing the later one counts.
    pub(super) fn then(&mut self, later: Self) {
        if later.host.is_some() {
            self.host = later.host;
        }
        if later.path.is_some() {
            (self.path, self.fixed) = (later.path, later.fixed);
        }
    }

    /// Sets the host, as a RequestHeaderModifier that sets `host` does.
    pub(super) fn set_host(&mut self, host: HeaderValue) {
        self.host = Some(host);
    }

    /// Whether it changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.host.is_none() && self.path.is_none()
    }

    /// The new `Host`, if it is rewritten.
    pub fn host(&self) -> Option<&HeaderValue> {
        self.host.as_ref()
    }

    /// The new path with the request's query, if the path is rewritten.
    ///
    /// # Errors
    /// The result is longer than a request target can be (65,534 bytes), or the facts hold what no URI may.
    pub fn target(&self, facts: &Facts<'_>) -> Result<Option<PathAndQuery>, InvalidUri> {
        let Some(edit) = &self.path else { return Ok(None) };
        if let (Some(fixed), None) = (&self.fixed, facts.query) {
            return Ok(Some(fixed.clone()));
        }
        let (head, tail) = edit.apply(facts.path, facts.prefix_len);
        let query = facts.query.map_or(0, |query| query.len() + 1);
        let mut text = BytesMut::with_capacity(head.len() + tail.len() + query);
        text.put_slice(head.as_bytes());
        text.put_slice(tail.as_bytes());
        if let Some(query) = facts.query {
            text.put_u8(b'?');
            text.put_slice(query.as_bytes());
        }
        PathAndQuery::from_maybe_shared(text.freeze()).map(Some)
    }
}
