//! Retries (GEP-1731).

use crate::{problem::Problem, route::Findings};
use corten_crds::gateway::HttpRouteRetry;
use corten_snapshot::Retry;
use std::time::Duration;

/// Retries where the rule says how to retry but not how often.
const DEFAULT_ATTEMPTS: u32 = 2;
/// The pause where the rule does not say how long.
const DEFAULT_BACKOFF: Duration = Duration::from_millis(25);

/// Reads the retries of a rule.
pub(super) fn compile(retry: Option<&HttpRouteRetry>, field: &str, findings: &mut Findings) -> Option<Retry> {
    let retry = retry?;
    for (position, code) in retry.codes.iter().enumerate() {
        if !(400..=599).contains(code) {
            findings.invalid.push(Problem::new(
                "UnsupportedValue",
                format!("{field}.retry.codes[{position}]"),
                format!("{code} is not the code of an error"),
                "use codes from 400 to 599",
            ));
        }
    }
    let mut codes = retry.codes.clone();
    codes.sort_unstable();
    codes.dedup();
    Some(Retry {
        codes,
        attempts: retry.attempts.unwrap_or(DEFAULT_ATTEMPTS),
        backoff: retry.backoff.map_or(DEFAULT_BACKOFF, corten_crds::Duration::as_std),
    })
}
