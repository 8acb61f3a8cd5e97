//! The form of a request that an upstream's protocol wants.

use super::Transport;
use corten_snapshot::UpstreamProtocol;
use http::{
    HeaderMap, HeaderValue, Request, Uri, Version, header,
    request::Parts,
    uri::{self, Authority, PathAndQuery, Scheme},
};

/// Gives the request the target and version that the protocol wants; `parts` names the host in `Host`. Where the
/// endpoint picks the protocol the form is that of HTTP/1.1 until it has.
///
/// # Errors
/// Those of texts that cannot be a URI; the checks before leave none.
pub(crate) fn address(
    parts: &mut Parts,
    target: PathAndQuery,
    transport: &Transport,
) -> Result<(), http::Error> {
    match transport.protocol {
        UpstreamProtocol::Http1 | UpstreamProtocol::Negotiated => {
            let to_http1 = parts.version >= Version::HTTP_2;
            parts.version = Version::HTTP_11;
            if to_http1 {
                join_cookies(&mut parts.headers);
            }
            parts.uri = Uri::from(target);
        }
        UpstreamProtocol::Http2 => {
            parts.version = Version::HTTP_2;
            let host = parts.headers.remove(header::HOST);
            let scheme = if transport.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
            parts.uri = absolute(scheme, host.as_ref(), Some(target))?;
        }
    }
    Ok(())
}

fn absolute(
    scheme: Scheme,
    host: Option<&HeaderValue>,
    target: Option<PathAndQuery>,
) -> Result<Uri, http::Error> {
    let mut uri = uri::Parts::default();
    uri.scheme = Some(scheme);
    uri.authority = host.map(|host| Authority::try_from(host.as_bytes())).transpose()?;
    uri.path_and_query = target;
    Ok(Uri::from_parts(uri)?)
}

/// What a request in the form of HTTP/1.1 was before it got the form of HTTP/2.
pub(super) struct Http1Form {
    uri: Uri,
    host: Option<HeaderValue>,
}

/// Gives a request in the form of HTTP/1.1 that of HTTP/2 over TLS.
///
/// # Errors
/// Those of texts that cannot be a URI; the checks before leave none.
pub(super) fn to_http2<B>(request: &mut Request<B>) -> Result<Http1Form, http::Error> {
    let host = request.headers_mut().remove(header::HOST);
    let uri = absolute(Scheme::HTTPS, host.as_ref(), request.uri().path_and_query().cloned())?;
    *request.version_mut() = Version::HTTP_2;
    Ok(Http1Form { uri: std::mem::replace(request.uri_mut(), uri), host })
}

/// Gives a request its form of HTTP/1.1 back.
pub(super) fn to_http1<B>(request: &mut Request<B>, form: Http1Form) {
    *request.uri_mut() = form.uri;
    *request.version_mut() = Version::HTTP_11;
    if let Some(host) = form.host {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// RFC 9113 section 8.2.3: what HTTP/2 splits into several fields is one field in HTTP/1.1.
fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(header::COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(header::COOKIE, joined);
    }
}
