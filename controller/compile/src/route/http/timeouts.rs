//! Timeouts (GEP-1742).

use crate::{problem::Problem, route::Findings};
use corten_crds::gateway::HttpRouteTimeouts;
use corten_snapshot::Timeouts;

/// Reads the timeouts of a rule. Zero switches one off.
pub(super) fn compile(
    timeouts: Option<&HttpRouteTimeouts>,
    field: &str,
    findings: &mut Findings,
) -> Timeouts {
    let Some(timeouts) = timeouts else { return Timeouts::default() };
    let on = |duration: Option<corten_crds::Duration>| duration.filter(|duration| !duration.is_zero());
    let (request, backend_request) = (on(timeouts.request), on(timeouts.backend_request));
    if let (Some(whole), Some(one)) = (request, backend_request)
        && one > whole
    {
        findings.invalid.push(Problem::new(
            "UnsupportedValue",
            format!("{field}.timeouts.backendRequest"),
            format!("one try may take {one}, which is longer than the {whole} for the whole request"),
            "make backendRequest at most as long as request",
        ));
    }
    Timeouts {
        request: request.map(corten_crds::Duration::as_std),
        backend_request: backend_request.map(corten_crds::Duration::as_std),
    }
}
