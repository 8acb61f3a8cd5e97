//! The form of a request that an upstream's protocol wants.

use super::Transport;
use corten_snapshot::UpstreamProtocol;
use http::{
    HeaderMap, HeaderValue, Uri, Version, header,
    request::Parts,
    uri::{self, Authority, PathAndQuery, Scheme},
};

/// Gives the request the target and version that the protocol wants; `parts` names the host in `Host`.
///
/// # Errors
/// Those of texts that cannot be a URI; the checks before leave none.
pub(crate) fn address(
    parts: &mut Parts,
    target: PathAndQuery,
    transport: &Transport,
) -> Result<(), http::Error> {
    match transport.protocol {
        UpstreamProtocol::Http1 => {
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
            let mut uri = uri::Parts::default();
            uri.scheme = Some(if transport.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP });
            uri.authority = host.map(|host| Authority::try_from(host.as_bytes())).transpose()?;
            uri.path_and_query = Some(target);
            parts.uri = Uri::from_parts(uri)?;
        }
    }
    Ok(())
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
