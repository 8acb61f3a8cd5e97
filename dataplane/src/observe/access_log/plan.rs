//! What a listener logs.

use super::Record;
use super::json::{push_display, push_number, push_string};
use super::time::{push_millis, push_time};
use corten_snapshot::{AccessLog as Settings, AccessLogMode};
use http::Version;
use std::time::Duration;

macro_rules! fields {
    ($($field:ident $name:literal;)*) => {
        /// One field of a line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Field { $($field,)* }

        impl Field {
            const ALL: &[Self] = &[$(Self::$field,)*];

            /// The name with its quotes and colon.
            const fn key(self) -> &'static str {
                match self { $(Self::$field => concat!("\"", $name, "\":"),)* }
            }

            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$field),)* _ => None }
            }
        }
    };
}

fields! {
    Time "time";
    RequestId "request_id";
    Client "client";
    Method "method";
    Host "host";
    Path "path";
    Query "query";
    Protocol "protocol";
    Status "status";
    BytesIn "bytes_in";
    BytesOut "bytes_out";
    DurationMs "duration_ms";
    Upstream "upstream";
    UpstreamDurationMs "upstream_duration_ms";
    Route "route";
    Rule "rule";
    Listener "listener";
    Gateway "gateway";
    UserAgent "user_agent";
    Error "error";
    Retries "retries";
    TlsVersion "tls_version";
}

/// Which requests of a listener are logged, and how.
#[derive(Clone, Debug)]
pub(crate) struct LogPlan {
    /// Of 2^32, how many requests are logged; `None`: all.
    share: Option<u32>,
    fields: Box<[Field]>,
}

impl LogPlan {
    /// The plan for these settings; `None` if nothing is logged. Names that are no fields are left out, with a
    /// warning: the compiler has refused them before, unless it is a newer one.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let share = match settings.mode {
            AccessLogMode::Off => return None,
            AccessLogMode::On => None,
            AccessLogMode::Sampled { ratio } => Some(share(ratio)),
        };
        let named = settings.fields.iter().filter_map(|name| {
            let field = Field::named(name);
            if field.is_none() {
                tracing::warn!(name, "the access log has no such field");
            }
            field
        });
        let fields: Box<[Field]> = if settings.fields.is_empty() {
            Field::ALL.iter().copied().filter(|field| *field != Field::Query).collect()
        } else {
            named.collect()
        };
        Some(Self { share, fields })
    }

    /// Whether a request with this status is logged. `random` is drawn anew for each.
    pub(crate) fn wants(&self, status: u16, random: u32) -> bool {
        self.share.is_none_or(|share| random < share || status >= 500)
    }

    /// Appends the line for `record`.
    pub(super) fn write(&self, out: &mut Vec<u8>, record: &Record<'_>) {
        out.push(b'{');
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(field.key().as_bytes());
            record.push(out, *field);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// A share of 2^32.
fn share(ratio: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
    let share = (ratio.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
    share
}

impl Record<'_> {
    fn push(&self, out: &mut Vec<u8>, field: Field) {
        match field {
            Field::Time => push_time(out, self.time),
            Field::RequestId => push_text(out, self.request_id),
            Field::Client => push_string(out, self.client),
            Field::Method => push_string(out, self.method.as_bytes()),
            Field::Host => push_string(out, self.host.as_bytes()),
            Field::Path => push_string(out, self.path.as_bytes()),
            Field::Query => push_text(out, self.query.map(str::as_bytes)),
            Field::Protocol => push_string(out, protocol(self.protocol).as_bytes()),
            Field::Status => push_number(out, u64::from(self.status), 1),
            Field::BytesIn => push_number(out, self.bytes_in, 1),
            Field::BytesOut => push_number(out, self.bytes_out, 1),
            Field::DurationMs => push_millis(out, self.duration),
            Field::Upstream => match self.upstream {
                Some(upstream) => push_display(out, upstream),
                None => push_text(out, None),
            },
            Field::UpstreamDurationMs => push_optional_millis(out, self.upstream_duration),
            Field::Route => push_text(out, self.route.map(str::as_bytes)),
            Field::Rule => push_text(out, self.rule.map(str::as_bytes)),
            Field::Listener => push_string(out, self.listener.as_bytes()),
            Field::Gateway => push_string(out, self.gateway.as_bytes()),
            Field::UserAgent => push_text(out, self.user_agent),
            Field::Error => match self.error {
                Some(error) => push_display(out, error),
                None => push_text(out, None),
            },
            Field::Retries => push_number(out, u64::from(self.retries), 1),
            Field::TlsVersion => push_text(out, self.tls_version.map(str::as_bytes)),
        }
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

fn push_text(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => push_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn push_optional_millis(out: &mut Vec<u8>, duration: Option<Duration>) {
    match duration {
        Some(duration) => push_millis(out, duration),
        None => out.extend_from_slice(b"null"),
    }
}
