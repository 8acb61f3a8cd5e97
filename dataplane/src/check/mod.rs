//! What is checked of a request's head before anything else sees it.
//!
//! hyper has parsed it and refused what is no HTTP; here goes what is HTTP and still not safe to hand on:
//! ambiguous hosts and lengths, targets that do not belong to their method, header fields that a backend
//! could take for the gateway's own. What hyper answers itself is in `wire_tests.rs`.

mod connection;
mod facts;
mod framing;
#[cfg(test)]
mod framing_tests;
mod host;
mod size;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wire_h2_tests;
#[cfg(test)]
mod wire_tests;

pub(crate) use facts::{Facts, is_asserted};
pub(crate) use framing::Framing;
pub(crate) use host::HostName;

use crate::error::{Code, Error};
use connection::{names_h2c, nominate};
use corten_snapshot::Limits;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version, uri::Scheme};
use size::Size;

/// What a head says that later steps need.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// `None` only for HTTP/1.0 without `Host`.
    pub(crate) host: Option<HostName>,
    /// What is in the header section.
    pub(crate) facts: Facts,
    /// How large it is.
    pub(crate) size: Size,
    /// The target is `*` (OPTIONS only): the gateway as a whole is meant.
    pub(crate) asterisk: bool,
}

/// Checks the head of `request` against what HTTP says and the limits of its connection. One pass over its header fields, nothing allocated but for a host with
/// upper-case letters or in `:authority`.
///
/// # Errors
/// A status from 400 to 431; the connection is closed after each.
pub(crate) fn head<B>(request: &Request<B>, limits: &Limits) -> Result<Head, Error> {
    let mut size = Size { fields: request.headers().len(), ..Size::default() };
    let asterisk = target(request.method(), request.uri(), request.version(), &mut size)?;
    size.within(limits)?;
    let (facts, host) = fields(request.headers(), request.version(), &mut size)?;
    size.within(limits)?;
    let host = host_of(request.uri(), host, request.version(), facts)?;
    Ok(Head { host, facts, size, asterisk })
}

/// RFC 9112 section 3.2: which form of target goes with which method. `true` for `*`.
fn target(method: &Method, uri: &Uri, version: Version, size: &mut Size) -> Result<bool, Error> {
    if matches!(*method, Method::CONNECT | Method::TRACE) {
        return Err(Code::MethodRefused.into());
    }
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    size.target = path.len() + authority;
    match uri.scheme() {
        Some(scheme) if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS => {
            return Err(Error::new(Code::BadTarget).detail("The scheme of the request target is not served."));
        }
        None if authority > 0 && version < Version::HTTP_2 => {
            return Err(Error::new(Code::BadTarget).detail("Only CONNECT names an authority alone."));
        }
        _ => {}
    }
    match path.as_bytes() {
        [b'/', ..] => Ok(false),
        b"*" if *method == Method::OPTIONS => Ok(true),
        _ => Err(Code::BadTarget.into()),
    }
}

/// The one pass over the header fields. Returns the last `Host` too.
fn fields<'h>(
    headers: &'h HeaderMap,
    version: Version,
    size: &mut Size,
) -> Result<(Facts, Option<&'h HeaderValue>), Error> {
    let mut facts = Facts::default();
    let mut bytes = 0;
    let mut host = None;
    for (name, value) in headers {
        let name = name.as_str();
        // Each field also has a colon, a space and a line end.
        bytes += name.len() + value.len() + 4;
        let field = Facts::field(name)?;
        facts.see(field);
        if field == Facts::HOST {
            host = Some(value);
        }
        if field.intersects(Facts::INSPECTED) {
            inspect(field, value, &mut facts)?;
        }
    }
    size.bytes = bytes;
    framing(facts, version)?;
    let upgrade = Facts::UPGRADE | Facts::CONNECTION_UPGRADE;
    let plain = !facts.intersects(Facts::TRANSFER_ENCODING | Facts::CONTENT | Facts::UPGRADE_REFUSED);
    if facts.contains(upgrade) && plain && !facts.twice(Facts::UPGRADE) && version == Version::HTTP_11 {
        facts.see(Facts::UPGRADE_ASKED);
    }
    Ok((facts, host))
}

/// Looks into a value that means something here.
fn inspect(field: Facts, value: &HeaderValue, facts: &mut Facts) -> Result<(), Error> {
    let value = value.as_bytes();
    match field {
        Facts::TRANSFER_ENCODING if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
            return Err(
                Error::new(Code::BadFraming).detail("Only the transfer coding chunked is understood.")
            );
        }
        Facts::CONTENT_LENGTH => {
            if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Err(Code::BadFraming.into());
            }
            if value.iter().any(|digit| *digit != b'0') {
                facts.see(Facts::CONTENT);
            }
        }
        Facts::CONNECTION => nominate(value, facts)?,
        Facts::UPGRADE if names_h2c(value)? => facts.see(Facts::UPGRADE_REFUSED),
        Facts::EXPECT if !value.eq_ignore_ascii_case(b"100-continue") => {
            return Err(Code::ExpectationFailed.into());
        }
        Facts::CONTENT_TYPE if is_grpc(value) => facts.see(Facts::GRPC),
        _ => {}
    }
    Ok(())
}

/// RFC 9112 section 6.3, stricter: what can be read in two ways is refused, never guessed.
fn framing(facts: Facts, version: Version) -> Result<(), Error> {
    let coded = facts.contains(Facts::TRANSFER_ENCODING);
    let sized = facts.contains(Facts::CONTENT_LENGTH);
    if facts.twice(Facts::TRANSFER_ENCODING) || facts.twice(Facts::CONTENT_LENGTH) || (coded && sized) {
        return Err(Code::BadFraming.into());
    }
    if coded && version != Version::HTTP_11 {
        return Err(Error::new(Code::BadFraming).detail("Transfer-Encoding belongs to HTTP/1.1 only."));
    }
    let connection_specific =
        Facts::CONNECTION | Facts::UPGRADE | Facts::KEEP_ALIVE | Facts::PROXY_CONNECTION;
    if version >= Version::HTTP_2 && facts.intersects(connection_specific) {
        return Err(Error::new(Code::BadHeader).detail("HTTP/2 has no connection-specific header fields."));
    }
    Ok(())
}

/// `application/grpc` and its subtypes (`+proto`), but not `application/grpc-web`.
pub(crate) fn is_grpc(value: &[u8]) -> bool {
    let Some((head, rest)) = value.split_at_checked(16) else { return false };
    head.eq_ignore_ascii_case(b"application/grpc") && matches!(rest, [] | [b'+' | b';' | b' ', ..])
}

/// The one host of the request (RFC 9112 section 3.2, RFC 9113 section 8.3.1).
fn host_of(
    uri: &Uri,
    header: Option<&HeaderValue>,
    version: Version,
    facts: Facts,
) -> Result<Option<HostName>, Error> {
    if facts.twice(Facts::HOST) {
        return Err(Error::new(Code::BadHost).detail("There is more than one Host."));
    }
    let bad = || Error::from(Code::BadHost);
    let header = match header {
        Some(value) => Some(HostName::parse(value).ok_or_else(bad)?),
        None => None,
    };
    let Some(authority) = uri.authority() else {
        return match header {
            None if version != Version::HTTP_10 => Err(Error::new(Code::BadHost).detail("There is no Host.")),
            header => Ok(header),
        };
    };
    let text = HeaderValue::from_str(authority.as_str()).map_err(|_| bad())?;
    let named = HostName::parse(&text).ok_or_else(bad)?;
    match header {
        Some(header) if !header.same_origin(&named, uri.scheme() == Some(&Scheme::HTTPS)) => {
            Err(Error::new(Code::BadHost).detail("Host contradicts the request target."))
        }
        None if version == Version::HTTP_11 => Err(Error::new(Code::BadHost).detail("There is no Host.")),
        _ => Ok(Some(named)),
    }
}
