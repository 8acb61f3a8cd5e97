//! Conditions on method, headers and query parameters.

use super::{
    RequestView,
    pattern::Pattern,
    query::{LazyQuery, QueryNames, decoded, is_encoded},
};
use http::{HeaderName, HeaderValue, Method, header::COOKIE};

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
    /// A header that is repeated is compared by its combined value: the lines in order, joined by `,`
    /// without a space (RFC 9110 section 5.3); `Cookie`, which HTTP/2 may split, by `; ` (RFC 9113
    /// section 8.2.3). A header that is absent agrees with nothing, not even with an empty pattern.
    fn agrees(&self, request: &RequestView<'_>) -> bool {
        let mut lines = request.headers.get_all(&self.name).iter();
        let Some(first) = lines.next() else { return false };
        let separator: &[u8] = if self.name == COOKIE { b"; " } else { b"," };
        match &self.pattern {
            Pattern::Exact(expected) => equals_joined(first, lines, separator, expected),
            Pattern::Regex(regex) => match lines.next() {
                None => regex.is_match(first.as_bytes()),
                Some(second) => regex.is_match(&join(first, std::iter::once(second).chain(lines), separator)),
            },
        }
    }
}

impl Pattern {
    /// Whether a value as it stands in a query string agrees once it is decoded.
    fn agrees_encoded(&self, raw: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => decoded(raw).eq(expected.iter().copied()),
            Self::Regex(regex) if is_encoded(raw) => regex.is_match(&decoded(raw).collect::<Vec<_>>()),
            Self::Regex(regex) => regex.is_match(raw),
        }
    }
}

fn equals_joined<'a>(
    first: &HeaderValue,
    lines: impl Iterator<Item = &'a HeaderValue>,
    separator: &[u8],
    expected: &[u8],
) -> bool {
    let Some(mut rest) = expected.strip_prefix(first.as_bytes()) else { return false };
    for line in lines {
        match rest.strip_prefix(separator).and_then(|rest| rest.strip_prefix(line.as_bytes())) {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
    rest.is_empty()
}

fn join<'a>(first: &HeaderValue, lines: impl Iterator<Item = &'a HeaderValue>, separator: &[u8]) -> Vec<u8> {
    lines.fold(first.as_bytes().to_vec(), |mut joined, line| {
        joined.extend_from_slice(separator);
        joined.extend_from_slice(line.as_bytes());
        joined
    })
}
