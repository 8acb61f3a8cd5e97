//! backendRefs of a rule.

use crate::{
    backend::{BackendId, BackendRef, Upstreams},
    filter::{self, Place},
    problem::Problem,
    route::Findings,
};
use corten_crds::gateway::HttpBackendRef;
use corten_snapshot::{Backend, Target};

/// The largest weight of the API.
const MAX_WEIGHT: u32 = 1_000_000;

/// The backendRefs of a rule as they are compiled.
#[derive(Default)]
pub(super) struct Forward {
    pub(super) backends: Vec<Backend>,
    pub(super) upstreams: Vec<BackendId>,
}

/// Compiles the backendRefs. One that cannot be resolved keeps its weight and answers 500.
pub(super) fn compile<'a>(
    refs: &'a [HttpBackendRef],
    place: &Place<'_, 'a>,
    field: &str,
    upstreams: &mut Upstreams<'_, 'a>,
    findings: &mut Findings,
) -> Forward {
    // Exactly: there may be thousands of rules, most with one backendRef.
    let mut forward = Forward { backends: Vec::with_capacity(refs.len()), upstreams: Vec::new() };
    for (position, reference) in refs.iter().enumerate() {
        let field = || format!("{field}.backendRefs[{position}]");
        let weight = reference.weight.unwrap_or(1);
        if weight > MAX_WEIGHT {
            let message = format!("a weight is at most {MAX_WEIGHT}, not {weight}");
            let remedy = "make all weights of the rule smaller";
            findings.invalid.push(Problem::new(
                "UnsupportedValue",
                format!("{}.weight", field()),
                message,
                remedy,
            ));
        }
        let backend = one(reference, place, &field, upstreams, findings, &mut forward.upstreams);
        forward.backends.push(Backend { weight, ..backend });
    }
    let all_zero = forward.backends.iter().all(|backend| backend.weight == 0);
    if all_zero && !forward.backends.is_empty() {
        let message = "all weights are 0, so requests are answered with 500";
        let remedy = "give one of the backendRefs a weight";
        findings.warnings.push(Problem::new("NoWeight", format!("{field}.backendRefs"), message, remedy));
    }
    forward
}

/// What a backendRef names.
pub(super) fn reference(reference: &HttpBackendRef) -> BackendRef<'_> {
    BackendRef {
        group: reference.group.as_deref(),
        kind: reference.kind.as_deref(),
        namespace: reference.namespace.as_deref(),
        name: &reference.name,
        port: reference.port,
    }
}

fn one<'a>(
    reference: &'a HttpBackendRef,
    place: &Place<'_, 'a>,
    field: &dyn Fn() -> String,
    upstreams: &mut Upstreams<'_, 'a>,
    findings: &mut Findings,
    used: &mut Vec<BackendId>,
) -> Backend {
    let target = match upstreams.resolve(place.from, self::reference(reference)) {
        Ok(id) => {
            if let Some((message, remedy)) = upstreams.trouble(id) {
                findings.warnings.push(Problem::new("Backend", field(), message, remedy.to_owned()));
            }
            used.push(id);
            upstreams.target(id)
        }
        Err(problem) => {
            let reason = problem.message.clone();
            findings.refs.push(Problem { field: field(), ..problem });
            Target::Invalid { status: 500, reason }
        }
    };
    if reference.filters.is_empty() {
        return Backend { weight: 0, target, filters: Vec::new() };
    }
    let place = Place { in_backend: true, ..*place };
    let mut filters = filter::compile(&reference.filters, &place, &field(), upstreams);
    let broken = filters.findings.invalid.first().or(filters.closed.as_ref()).cloned();
    findings.append(std::mem::take(&mut filters.findings));
    // A filter that cannot be applied must not be skipped: what would have passed it is answered with 500.
    let target = match broken {
        Some(problem) => {
            Target::Invalid { status: 500, reason: format!("{}: {}", problem.field, problem.message) }
        }
        None => {
            used.append(&mut filters.backends);
            target
        }
    };
    Backend { weight: 0, target, filters: filters.filters }
}
