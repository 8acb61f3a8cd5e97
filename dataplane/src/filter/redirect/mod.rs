//! RequestRedirect: the gateway answers with a `Location`.

#[cfg(test)]
mod tests;

use super::{BuildError, Facts, hostname, path::PathEdit};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::LOCATION};
use std::fmt::Write as _;

/// A redirect, ready to answer. What is `None` is taken from the request.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// Whether the scheme is `https`.
    https: Option<bool>,
    hostname: Option<Box<str>>,
    port: Option<u16>,
    path: Option<PathEdit>,
    status: StatusCode,
}

impl Redirect {
    /// Builds the filter.
    ///
    /// # Errors
    /// A scheme, hostname or status that a redirect cannot have.
    pub fn build(redirect: &corten_snapshot::Redirect) -> Result<Self, BuildError> {
        let https = match redirect.scheme.as_deref() {
            None => None,
            Some("http") => Some(false),
            Some("https") => Some(true),
            Some(other) => return Err(BuildError::Scheme(other.to_owned())),
        };
        let status = match redirect.status {
            301 | 302 | 303 | 307 | 308 => StatusCode::from_u16(redirect.status).ok(),
            _ => None,
        };
        Ok(Self {
            https,
            hostname: redirect.hostname.as_deref().map(hostname).transpose()?.map(Box::from),
            port: redirect.port,
            path: redirect.path.as_ref().map(PathEdit::build),
            status: status.ok_or(BuildError::Status(redirect.status))?,
        })
    }

    /// The answer. Text of the request that cannot stand in a header gives a 400; the server refuses such
    /// requests before.
    pub fn respond(&self, facts: &Facts<'_>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        match HeaderValue::from_maybe_shared(Bytes::from(self.location(facts))) {
            Ok(location) => {
                *response.status_mut() = self.status;
                response.headers_mut().insert(LOCATION, location);
            }
            Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
        }
        response
    }

    fn location(&self, facts: &Facts<'_>) -> String {
        let host = self.hostname.as_deref().unwrap_or(facts.host);
        let (head, tail) = match &self.path {
            Some(edit) => edit.apply(facts.path, facts.prefix_len),
            None => (facts.path, ""),
        };
        let query = facts.query.map_or(0, str::len);
        let mut out = String::with_capacity(host.len() + head.len() + tail.len() + query + 16);
        if host.is_empty() {
            // HTTP/1.0 without `Host`: a reference relative to whatever the client called us (RFC 3986
            // section 4.2). Two slashes would begin a host, so `/.` is put before them.
            if head.starts_with("//") || (head.is_empty() && tail.starts_with("//")) {
                out.push_str("/.");
            }
        } else {
            self.authority(facts, host, &mut out);
        }
        out.push_str(head);
        out.push_str(tail);
        if let Some(query) = facts.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }

    /// Scheme, host, and port unless it is the scheme's well-known one.
    fn authority(&self, facts: &Facts<'_>, host: &str, out: &mut String) {
        let https = self.https.unwrap_or(facts.https);
        let well_known = if https { 443 } else { 80 };
        let port = match (self.port, self.https) {
            (Some(port), _) => port,
            (None, Some(_)) => well_known,
            (None, None) => facts.port,
        };
        out.push_str(if https { "https://" } else { "http://" });
        out.push_str(host);
        if port != well_known {
            // Writing to a string does not fail.
            let _ = write!(out, ":{port}");
        }
    }
}
