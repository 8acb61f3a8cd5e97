//! Conditions on method, headers and query parameters.

use super::{
    RequestView,
    pattern::Pattern,
    query::{LazyQuery, QueryNames, decoded, is_encoded},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::COOKIE};
use std::borrow::Cow;

/// What an entry asks for beside the path. All parts must agree.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pub(super) method: Option<Method>,
    pub(super) headers: Box<[HeaderCondition]>,
    pub(super) query: Box<[QueryCondition]>,
}

/// A condition on the value of a header.
#[derive(Clone, Debug)]
pub(super) struct HeaderCondition {
    pub(super) name: HeaderName,
    pub(super) pattern: Pattern,
}

/// A condition on the first value of a query parameter.
#[derive(Clone, Debug)]
pub(super) struct QueryCondition {
    /// In [`QueryNames`].
    pub(super) slot: u32,
    pub(super) pattern: Pattern,
}

impl Conditions {
    /// Whether the request meets them; the query string is read last, and only if one asks for it.
    pub(super) fn agree<'r>(
        &self,
        request: &RequestView<'r>,
        names: &QueryNames,
        query: &mut LazyQuery<'r>,
    ) -> bool {
        self.method.as_ref().is_none_or(|method| method == request.method)
            && self.headers.iter().all(|header| header.agrees(request))
            && self.query.iter().all(|condition| {
                query.first(names, condition.slot).is_some_and(|raw| condition.pattern.agrees_encoded(raw))
            })
    }
}

impl HeaderCondition {
    /// A header that is absent agrees with nothing, not even with an empty pattern; one that is repeated is
    /// compared by its combined value, see [`header_value`].
    fn agrees(&self, request: &RequestView<'_>) -> bool {
        match &self.pattern {
            Pattern::Exact(expected) => equals_joined(request.headers, &self.name, expected),
            Pattern::Regex(regex) => {
                header_value(request.headers, &self.name).is_some_and(|value| regex.is_match(&value))
            }
        }
    }
}

impl Pattern {
    /// Whether a value agrees.
    pub(super) fn agrees(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => **expected == *value,
            Self::Regex(regex) => regex.is_match(value),
        }
    }

    /// Whether a value as it stands in a query string agrees once it is decoded.
    fn agrees_encoded(&self, raw: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => decoded(raw).eq(expected.iter().copied()),
            Self::Regex(regex) if is_encoded(raw) => regex.is_match(&decoded(raw).collect::<Vec<_>>()),
            Self::Regex(regex) => regex.is_match(raw),
        }
    }
}

/// The combined value of a header: its lines in order, joined by `,` without a space (RFC 9110 section 5.3);
/// those of `Cookie`, which HTTP/2 may split, by `; ` (RFC 9113 section 8.2.3). Copied only if there are
/// several. `None`: the header is absent.
pub(super) fn header_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, [u8]>> {
    let mut lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let mut value = Cow::Borrowed(lines.next()?);
    for line in lines {
        let joined = value.to_mut();
        joined.extend_from_slice(separator(name));
        joined.extend_from_slice(line);
    }
    Some(value)
}

/// Whether [`header_value`] is `expected`, without joining the lines.
fn equals_joined(headers: &HeaderMap, name: &HeaderName, expected: &[u8]) -> bool {
    let mut lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let Some(mut rest) = lines.next().and_then(|first| expected.strip_prefix(first)) else { return false };
    for line in lines {
        match rest.strip_prefix(separator(name)).and_then(|rest| rest.strip_prefix(line)) {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
    rest.is_empty()
}

fn separator(name: &HeaderName) -> &'static [u8] {
    if *name == COOKIE { b"; " } else { b"," }
}
