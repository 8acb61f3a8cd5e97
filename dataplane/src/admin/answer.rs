//! What each path answers.

use super::View;
use crate::observe::Observer;
use bytes::Bytes;
use http::header;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use std::net::IpAddr;

const JSON: &str = "application/json";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const ELSEWHERE: &str =
    "Only from loopback: ask on the machine itself; in a cluster, kubectl port-forward leads there.\n";
const TEXT: &str = "text/plain; charset=utf-8";

/// The response for a path to a client at `peer`. HEAD is answered as GET; hyper leaves the body out.
///
/// `/snapshot` is for those on the same machine (or in the same pod: `kubectl port-forward`): it shows what every route and
/// policy says, which is nobody's business who only scrapes metrics.
pub(super) fn answer(
    (method, path): (&Method, &str),
    peer: IpAddr,
    observer: &Observer,
    view: &dyn View,
) -> Response<Full<Bytes>> {
    if !matches!(path, "/metrics" | "/healthz" | "/readyz" | "/snapshot") {
        let known = "Not found. There are /metrics, /healthz, /readyz and /snapshot.\n";
        return respond(StatusCode::NOT_FOUND, TEXT, known);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, TEXT, "Only GET and HEAD.\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/snapshot" if !peer.to_canonical().is_loopback() => respond(StatusCode::FORBIDDEN, TEXT, ELSEWHERE),
        "/metrics" => match observer.metrics() {
            Ok(text) => respond(StatusCode::OK, METRICS, text),
            Err(error) => respond(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
        },
        "/healthz" => reasons(&view.not_live()),
        "/readyz" => reasons(&view.not_ready()),
        _ => respond(StatusCode::OK, JSON, format!("{:#}\n", view.snapshot())),
    }
}

/// 200 without reasons against it, else 503 with one a line.
fn reasons(against: &[String]) -> Response<Full<Bytes>> {
    if against.is_empty() {
        return respond(StatusCode::OK, TEXT, "ok\n");
    }
    let mut text = against.join("\n");
    text.push('\n');
    respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
}

fn respond(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
