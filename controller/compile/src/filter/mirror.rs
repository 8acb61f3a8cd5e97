//! RequestMirror.

use super::{Compiled, Place};
use crate::{
    backend::{BackendRef, Upstreams},
    problem::Problem,
};
use corten_crds::gateway::RequestMirror;
use corten_snapshot::{Filter, Mirror, Target};

/// Compiles a mirror. One whose backend cannot be resolved gets no copies; the rule is served without it.
pub(super) fn compile<'a>(
    given: &'a RequestMirror,
    place: &Place<'_, 'a>,
    field: &str,
    upstreams: &mut Upstreams<'_, 'a>,
    compiled: &mut Compiled,
) -> Result<Filter, Problem> {
    let (numerator, denominator) = share(given, field)?;
    let field = format!("{field}.backendRef");
    let target = match upstreams.resolve(place.from, reference(given)) {
        Ok(id) => {
            if let Some((message, remedy)) = upstreams.trouble(id) {
                let problem = Problem::new("Backend", field, message, remedy.to_owned());
                compiled.findings.warnings.push(problem);
            }
            compiled.backends.push(id);
            upstreams.target(id)
        }
        Err(problem) => {
            let reason = problem.message.clone();
            compiled.findings.refs.push(Problem { field, ..problem });
            Target::Invalid { status: 500, reason }
        }
    };
    Ok(Filter::Mirror(Mirror { target, numerator, denominator }))
}

/// What a mirror names.
pub(super) fn reference(given: &RequestMirror) -> BackendRef<'_> {
    BackendRef {
        group: given.backend_ref.group.as_deref(),
        kind: given.backend_ref.kind.as_deref(),
        namespace: given.backend_ref.namespace.as_deref(),
        name: &given.backend_ref.name,
        port: given.backend_ref.port,
    }
}

/// The share of requests that is copied: all, unless percent or fraction says otherwise.
fn share(given: &RequestMirror, field: &str) -> Result<(u32, u32), Problem> {
    let refused = |part: &str, message: &str, remedy: &'static str| {
        Problem::new("UnsupportedValue", format!("{field}.{part}"), message, remedy)
    };
    match (given.percent, &given.fraction) {
        (Some(_), Some(_)) => {
            Err(refused("percent", "percent and fraction exclude each other", "remove one of them"))
        }
        (Some(percent), None) if percent > 100 => Err(refused("percent", "more than all", "use 0 to 100")),
        (Some(percent), None) => Ok((u32::from(percent), 100)),
        (None, Some(fraction)) => {
            let denominator = fraction.denominator.unwrap_or(100);
            if denominator == 0 || fraction.numerator > denominator {
                return Err(refused(
                    "fraction",
                    "the numerator must be at most the denominator, and that at least 1",
                    "correct the fraction",
                ));
            }
            Ok((fraction.numerator, denominator))
        }
        (None, None) => Ok((1, 1)),
    }
}
