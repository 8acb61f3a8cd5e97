//! What goes wrong with a request: what failed, whose fault it is, whether another try is safe.
//!
//! One table ([`table`]) turns an error into a response, a metric label and a log field.

mod respond;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use respond::{RequestFacts, response};
pub(crate) use table::Code;

use crate::body::BodyFault;
use crate::normalize::PathError;
use http::StatusCode;
use std::{borrow::Cow, fmt};

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The client's: nothing that the operator has to look at.
    Client,
    /// The gateway's own, or its configuration's.
    Gateway,
    /// The upstream's.
    Upstream,
}

/// Whether the same request may be sent again without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// No: it would fail again, or the client has seen an answer.
    Never,
    /// Yes, whatever the method: no byte of it reached an upstream.
    Safe,
    /// Yes if the connection had been idle in the pool, for then the upstream closed it before it saw the
    /// request; on a fresh connection only if the method is idempotent (RFC 9110 section 9.2.2) and the rule
    /// has retries.
    IfReused,
    /// The upstream may have acted on it: only if the rule has retries.
    ByRule,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    code: Code,
    status: Option<StatusCode>,
    detail: Option<&'static str>,
    cause: Option<Cow<'static, str>>,
}

impl Error {
    /// An error of this kind.
    pub(crate) const fn new(code: Code) -> Self {
        Self { code, status: None, detail: None, cause: None }
    }

    /// With a sentence of its own for the client. It must not tell anything about what is behind the gateway.
    pub(crate) const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// With a cause for the log, never for the client.
    pub(crate) fn cause(mut self, cause: impl Into<Cow<'static, str>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// With the status that the compiler chose for a rule or a backendRef that cannot be served. What is no
    /// valid error status counts as 500.
    pub(crate) fn status_from(mut self, status: u16) -> Self {
        let valid = StatusCode::from_u16(status).ok().filter(|s| s.is_client_error() || s.is_server_error());
        self.status = Some(valid.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        self
    }

    /// What failed.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// The response's status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status.unwrap_or(self.code.row().status)
    }

    /// The sentence for the client.
    pub(crate) fn detail_text(&self) -> &'static str {
        self.detail.unwrap_or(self.code.row().detail)
    }

    /// The cause for the log.
    pub(crate) fn cause_text(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Whether the client's connection is closed after the answer, because what follows on it cannot be
    /// trusted or will not be read.
    pub(crate) fn closes(&self) -> bool {
        self.code.row().close
    }

    /// Whose fault it is.
    pub(crate) fn fault(&self) -> Fault {
        self.code.row().fault
    }

    /// Whether another try is safe.
    pub(crate) fn retry(&self) -> Retry {
        self.code.row().retry
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        match (self.cause_text(), self.detail) {
            (Some(cause), _) => write!(f, ": {cause}"),
            (None, Some(detail)) => write!(f, ": {detail}"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<BodyFault> for Error {
    fn from(fault: BodyFault) -> Self {
        Self::new(match fault {
            BodyFault::TooLarge => Code::BodyTooLarge,
            BodyFault::Stalled => Code::BodyTimeout,
            BodyFault::Broken => Code::BodyBroken,
            BodyFault::NotReplayable => Code::UpstreamReset,
        })
    }
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        Self::new(Code::BadPath).detail(error.text())
    }
}
