//! Answers that need no rule.

use super::Answered;
use bytes::Bytes;
use http::{HeaderValue, Response, header};

/// `OPTIONS *` asks about the server as a whole (RFC 9110 section 9.3.7).
pub(super) fn asterisk() -> Answered {
    let mut response = Response::new(Bytes::new());
    let allow = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers_mut().insert(header::ALLOW, allow);
    Answered::Here(response)
}
