//! Why a filter cannot be built.

/// Why a filter cannot be built. The part that holds it is rejected with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No token of RFC 9110 section 5.1.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// No token of RFC 9110 section 9.1.
    #[error("`{0}` is not a method")]
    Method(String),
    /// Control characters (RFC 9110 section 5.5).
    #[error("the value of header {0} holds a control character")]
    HeaderValue(String),
    /// A request has exactly one `Host` (RFC 9112 section 3.2): it can be replaced, not added or removed.
    #[error("`host` can be set on a request, but neither added nor removed")]
    Host,
    /// Neither a DNS name nor an address.
    #[error("`{0}` is not a hostname")]
    Hostname(String),
    /// Neither `http` nor `https`.
    #[error("`{0}` is not a scheme of a redirect")]
    Scheme(String),
    /// Not 301, 302, 303, 307 or 308.
    #[error("{0} is not a status of a redirect")]
    Status(u16),
}
