//! The access log: one JSON object a line.
//!
//! A worker appends a whole line to a buffer of its own and goes on; a thread of the log takes the buffers
//! over and writes them out. If the reader is slower than the requests, lines are dropped and counted
//! (`corten_access_log_dropped_total`): a full pipe never holds up a worker.
//!
//! | field | what it is |
//! |---|---|
//! | `time` | end of the response, RFC 3339, milliseconds |
//! | `request_id` | as sent upstream and in error documents |
//! | `client` | the client's address, as the listener's policy knows it |
//! | `method` `host` `path` `query` | `host` without port, lower-case; `path` in its normal form; `query` as sent |
//! | `protocol` | `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0` |
//! | `status` | 0 if the client was gone before there was one |
//! | `bytes_in` `bytes_out` | bytes of the two bodies |
//! | `duration_ms` | from the request's header to the end of the response |
//! | `upstream` | the endpoint that answered |
//! | `upstream_duration_ms` | from sending the last try to its response's header |
//! | `route` `rule` `listener` `gateway` | where the request landed |
//! | `user_agent` | the client's `User-Agent` |
//! | `error` | the short code of what failed, as in `corten_errors_total`; with a cause behind a colon |
//! | `retries` | tries after the first |
//! | `tls_version` | such as `TLSv1.3` |
//!
//! What a request does not have is `null`. By default all fields but `query`, which may hold secrets.

mod json;
mod plan;
#[cfg(test)]
mod tests;
mod time;
mod writer;

pub(crate) use plan::LogPlan;
pub(crate) use writer::AccessLog;

use std::fmt;
use std::time::{Duration, SystemTime};

/// What is known of a request that has ended. Texts of clients may hold anything.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) time: SystemTime,
    pub(crate) request_id: Option<&'a [u8]>,
    pub(crate) client: &'a [u8],
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) protocol: http::Version,
    pub(crate) status: u16,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) duration: Duration,
    pub(crate) upstream: Option<&'a dyn fmt::Display>,
    pub(crate) upstream_duration: Option<Duration>,
    pub(crate) route: Option<&'a str>,
    pub(crate) rule: Option<&'a str>,
    pub(crate) listener: &'a str,
    pub(crate) gateway: &'a str,
    pub(crate) user_agent: Option<&'a [u8]>,
    pub(crate) error: Option<&'a crate::error::Error>,
    pub(crate) retries: u32,
    pub(crate) tls_version: Option<&'static str>,
}
