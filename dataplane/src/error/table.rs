//! The table of errors.

use super::{Fault, Retry};
use http::StatusCode;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// Short name, for the metric `corten_errors_total{code}` and the log field `error`.
    pub(super) name: &'static str,
    pub(super) status: StatusCode,
    pub(super) fault: Fault,
    pub(super) retry: Retry,
    /// Whether the client's connection is closed.
    pub(super) close: bool,
    /// For the client: no name of an upstream, no address, no rule.
    pub(super) detail: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $name:literal $status:ident $fault:ident $retry:ident $after:ident $detail:literal;)*) => {
        /// What can fail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// Every code, in the order of its discriminants.
            pub(crate) const ALL: &[Self] = &[$(Self::$code,)*];

            pub(super) const fn row(self) -> &'static Row {
                match self {
                    $(Self::$code => &Row {
                        name: $name,
                        status: StatusCode::$status,
                        fault: Fault::$fault,
                        retry: Retry::$retry,
                        close: codes!(@close $after),
                        detail: $detail,
                    },)*
                }
            }
        }
    };
    (@close close) => { true };
    (@close keep) => { false };
}

impl Code {
    /// The short name.
    pub(crate) const fn as_str(self) -> &'static str {
        self.row().name
    }
}

codes! {
    /// What came is no HTTP request.
    Malformed "malformed" BAD_REQUEST Client Never close "The request is malformed.";
    /// The request's framing is ambiguous or wrong (RFC 9112 section 6).
    BadFraming "bad_framing" BAD_REQUEST Client Never close "The length of the request is ambiguous.";
    /// `Host` or `:authority` is missing, doubled, malformed or contradicted by the request target.
    BadHost "bad_host" BAD_REQUEST Client Never close "The host of the request is missing, malformed or ambiguous.";
    /// The request target has a form that does not belong to the method (RFC 9112 section 3.2).
    BadTarget "bad_target" BAD_REQUEST Client Never close "The request target is not valid here.";
    /// The path has no safe form.
    BadPath "bad_path" BAD_REQUEST Client Never close "The path is not valid.";
    /// A header field that could be taken for one that the gateway asserts, or that breaks the protocol.
    BadHeader "bad_header" BAD_REQUEST Client Never close "A header field is not allowed.";
    /// CONNECT or TRACE.
    MethodRefused "method_refused" METHOD_NOT_ALLOWED Client Never close "The method is not allowed.";
    /// An `Expect` other than `100-continue`.
    ExpectationFailed "expectation_failed" EXPECTATION_FAILED Client Never close "The expectation cannot be met.";
    /// The request target is longer than the listener allows.
    UriTooLong "uri_too_long" URI_TOO_LONG Client Never close "The request target is too long.";
    /// More header fields, or more bytes of them, than the listener allows.
    HeadersTooLarge "headers_too_large" REQUEST_HEADER_FIELDS_TOO_LARGE Client Never close "The header section is too large.";
    /// More body than the listener allows.
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE Client Never close "The body is too large.";
    /// The client paused too long within its body.
    BodyTimeout "body_timeout" REQUEST_TIMEOUT Client Never close "The body did not arrive in time.";
    /// The client's body ended early or was malformed.
    BodyBroken "body_broken" BAD_REQUEST Client Never close "The body is malformed or incomplete.";
    /// The client went away before it had its answer. For log and metrics; nobody reads the response.
    ClientGone "client_gone" BAD_REQUEST Client Never close "The client went away.";
    /// The client did not take its answer for longer than a write may wait. For log and metrics, too.
    ClientStalled "client_stalled" REQUEST_TIMEOUT Client Never close "The answer was not taken in time.";
    /// The host belongs to another listener than the TLS connection (RFC 9110 section 15.5.20).
    Misdirected "misdirected" MISDIRECTED_REQUEST Client Never keep "This connection does not serve the requested host.";
    /// No listener, host or route matches.
    NoRoute "no_route" NOT_FOUND Client Never keep "Nothing is served here.";
    /// The rule or the backendRef cannot do what it says; the compiler knew it.
    RuleInvalid "rule_invalid" INTERNAL_SERVER_ERROR Gateway Never keep "The gateway is not configured to answer this request.";
    /// All weights are zero, or there is no backendRef.
    NoBackend "no_backend" INTERNAL_SERVER_ERROR Gateway Never keep "The gateway is not configured to answer this request.";
    /// A defect of ours.
    Internal "internal" INTERNAL_SERVER_ERROR Gateway Never keep "The gateway failed.";
    /// The gateway sheds load.
    Overloaded "overloaded" SERVICE_UNAVAILABLE Gateway Never close "The gateway is overloaded.";
    /// The cluster has no endpoint.
    NoEndpoints "no_endpoints" SERVICE_UNAVAILABLE Upstream Never keep "No server is available.";
    /// The endpoint's name does not resolve.
    ResolveFailed "resolve_failed" SERVICE_UNAVAILABLE Upstream Safe keep "No server is available.";
    /// The endpoint refused the connection, or cannot be reached.
    ConnectFailed "connect_failed" SERVICE_UNAVAILABLE Upstream Safe keep "The server cannot be reached.";
    /// The connection, with its TLS handshake, took too long.
    ConnectTimeout "connect_timeout" GATEWAY_TIMEOUT Upstream Safe keep "The server cannot be reached.";
    /// The endpoint's TLS handshake or certificate failed.
    UpstreamTls "upstream_tls" BAD_GATEWAY Upstream Safe keep "The server cannot be reached.";
    /// The connection ended before the response's header.
    UpstreamReset "upstream_reset" BAD_GATEWAY Upstream IfReused keep "The server did not answer.";
    /// An HTTP/2 stream was refused unprocessed (REFUSED_STREAM, or above a GOAWAY's last stream).
    UpstreamRefused "upstream_refused" SERVICE_UNAVAILABLE Upstream Safe keep "The server did not answer.";
    /// What came back is no HTTP.
    UpstreamProtocol "upstream_protocol" BAD_GATEWAY Upstream ByRule keep "The server's answer is not valid.";
    /// The response's body ended early. The client has the status already and sees the connection or stream end.
    UpstreamIncomplete "upstream_incomplete" BAD_GATEWAY Upstream Never close "The server's answer is incomplete.";
    /// One try took longer than the rule's `backendRequest`.
    BackendTimeout "backend_request_timeout" GATEWAY_TIMEOUT Upstream ByRule keep "The server did not answer in time.";
    /// All tries together took longer than the rule's `request`.
    RequestTimeout "request_timeout" GATEWAY_TIMEOUT Upstream Never keep "The server did not answer in time.";
    /// The upstream agreed to an upgrade that was not asked for, or the switch failed.
    UpgradeFailed "upgrade_failed" BAD_GATEWAY Upstream Never close "The server's answer is not valid.";
}
