//! An error as a response: `application/problem+json` (RFC 9457), or a gRPC status.

use super::{Code, Error};
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// What the response depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestFacts<'a> {
    /// The request's id, as sent upstream.
    pub(crate) request_id: Option<&'a HeaderValue>,
    /// The request's `Content-Type` is `application/grpc` or one of its subtypes.
    pub(crate) grpc: bool,
    /// The method is HEAD.
    pub(crate) head: bool,
    /// HTTP/1: a connection that ends says so in a header.
    pub(crate) http1: bool,
}

/// The response for `error`. Nothing of the inside of the gateway is in it.
pub(crate) fn response(error: &Error, facts: RequestFacts<'_>) -> Response<Bytes> {
    let mut response = if facts.grpc { grpc(error) } else { problem(error, facts) };
    let headers = response.headers_mut();
    if facts.http1 && error.closes() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if error.code() == Code::Overloaded {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if error.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    response
}

/// A problem document. `instance` is the request's id, by which the log can be searched.
fn problem(error: &Error, facts: RequestFacts<'_>) -> Response<Bytes> {
    let status = error.status();
    let mut response = Response::new(if facts.head { Bytes::new() } else { document(error, facts).into() });
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// All texts are ours and need no escaping, but the id, of which only the harmless are written.
fn document(error: &Error, facts: RequestFacts<'_>) -> String {
    let status = error.status();
    let title = status.canonical_reason().unwrap_or("Error");
    let detail = error.detail_text();
    let id = facts.request_id.and_then(|id| id.to_str().ok()).filter(|id| is_plain(id));
    let mut out = String::with_capacity(192);
    out.push_str(r#"{"type":"about:blank","title":""#);
    out.push_str(title);
    out.push_str(r#"","status":"#);
    out.push_str(status.as_str());
    out.push_str(r#","detail":""#);
    out.push_str(detail);
    if let Some(id) = id {
        out.push_str(r#"","instance":""#);
        out.push_str(id);
    }
    out.push_str("\"}\n");
    out
}

fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// Trailers-Only of gRPC over HTTP/2: the status is 200, the error is in the header.
fn grpc(error: &Error) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(GRPC_STATUS, HeaderValue::from_static(grpc_status(error.status())));
    headers.insert(GRPC_MESSAGE, HeaderValue::from_static(error.detail_text()));
    response
}

/// gRPC's own mapping (`doc/http-grpc-status-mapping.md` in its repository).
fn grpc_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "13",                   // INTERNAL
        401 => "16",                   // UNAUTHENTICATED
        403 => "7",                    // PERMISSION_DENIED
        404 => "12",                   // UNIMPLEMENTED
        429 | 502 | 503 | 504 => "14", // UNAVAILABLE
        _ => "2",                      // UNKNOWN
    }
}
