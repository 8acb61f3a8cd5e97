//! BackendTLSPolicy (GEP-1897): TLS towards Services.

use super::{Unreachable, tls};
use crate::{
    hostname,
    index::Index,
    materials::Materials,
    object::{Kind, Name, Object},
    policy::{Target, TargetState, Targets},
    problem::{Problem, summary},
    status::Condition,
};
use corten_crds::gateway::{BackendTlsPolicy, LocalPolicyTargetReference};
use corten_snapshot::{TrustSource, UpstreamTls};

/// A policy as it is compiled.
pub(super) struct Compiled {
    /// What connections are made with, or why none may be made.
    pub(super) tls: Result<UpstreamTls, Unreachable>,
    /// Why the policy is not accepted.
    pub(super) refused: Option<Problem>,
    /// References that cannot be resolved.
    pub(super) refs: Vec<Problem>,
}

/// All policies with their targets.
pub(super) fn attach<'a>(index: &Index<'a>) -> Targets<'a, BackendTlsPolicy> {
    Targets::attach(index.backend_tls_policies.by_age(), |policy, reference| {
        service_target(index, policy.namespace(), reference)
    })
}

/// The Service, or the port of one, that a targetRef names.
pub(super) fn service_target<'a>(
    index: &Index<'a>,
    namespace: &'a str,
    reference: &'a LocalPolicyTargetReference,
) -> TargetState<'a> {
    if (reference.group.as_str(), reference.kind.as_str()) != ("", "Service") {
        let (group, kind) = (&reference.group, &reference.kind);
        return TargetState::Unsupported(format!(
            "a target of kind `{kind}` in group `{group}` is not supported"
        ));
    }
    let name: Name<'a> = (namespace, &reference.name);
    let section = reference.section_name.as_deref().filter(|section| !section.is_empty());
    let target = Target { kind: Kind::Service, name, section };
    let Some(service) = index.services.get(name) else {
        return TargetState::NotFound(
            target,
            format!("Service {namespace}/{} does not exist", reference.name),
        );
    };
    let mut ports = service.spec.ports.iter();
    if let Some(section) = section
        && !ports.any(|port| port.name.as_deref() == Some(section))
    {
        let what = format!("Service {namespace}/{} has no port named `{section}`", reference.name);
        return TargetState::NotFound(target, what);
    }
    TargetState::Attached(target)
}

/// Reads what the policy says about verification.
pub(super) fn compile(index: &Index<'_>, materials: &mut Materials, policy: &BackendTlsPolicy) -> Compiled {
    let validation = &policy.spec.validation;
    let (trust, refs) =
        tls::authorities(index, materials, policy.namespace(), &validation.ca_certificate_refs, "validation");
    let names = tls::subject_alt_names(&validation.subject_alt_names, "validation");
    let mut refused = names.as_ref().err().cloned();
    if let Err(why) = hostname::check(&validation.hostname) {
        let message = format!("`{}` is no hostname: {why}", validation.hostname.escape_debug());
        refused = Some(Problem::new(
            "Invalid",
            "validation.hostname",
            message,
            "write a DNS name without wildcard",
        ));
    }
    let trust =
        match (validation.well_known_ca_certificates.as_deref(), validation.ca_certificate_refs.is_empty()) {
            (Some("System"), true) => Ok(TrustSource::System),
            (None | Some(""), false) if trust.is_empty() => Err(no_authority()),
            (None | Some(""), false) => Ok(TrustSource::Bundles(trust)),
            (Some(name), true) if !name.is_empty() => Err(Problem::new(
                "Invalid",
                "validation.wellKnownCACertificates",
                format!("the set of authorities `{}` is not known", name.escape_debug()),
                "use System",
            )),
            _ => Err(Problem::new(
                "Invalid",
                "validation",
                "exactly one of caCertificateRefs and wellKnownCACertificates must be set",
                "remove one, or add one",
            )),
        };
    if let Err(problem) = &trust {
        refused.get_or_insert(problem.clone());
    }
    let tls = match (refused.as_ref(), trust, names) {
        (None, Ok(trust), Ok(subject_alt_names)) => Ok(UpstreamTls {
            hostname: validation.hostname.clone(),
            subject_alt_names,
            trust,
            client_certificate: None,
        }),
        (problem, ..) => Err(unreachable(policy, problem)),
    };
    Compiled { tls, refused, refs }
}

fn no_authority() -> Problem {
    Problem::new(
        "NoValidCACertificate",
        "validation.caCertificateRefs",
        "none of the authorities could be read",
        "name a ConfigMap with the authorities in `ca.crt`",
    )
}

fn unreachable(policy: &BackendTlsPolicy, problem: Option<&Problem>) -> Unreachable {
    let what = summary(problem);
    let message = format!("BackendTLSPolicy {} is not valid: {what}", policy.id().name);
    Unreachable::new(None, message, "see the status of the policy")
}

impl Compiled {
    /// The condition `ResolvedRefs`.
    pub(super) fn resolved_refs(&self) -> Condition {
        match self.refs.first() {
            Some(first) => Condition::no("ResolvedRefs", first.reason, summary(&self.refs)),
            None => Condition::yes("ResolvedRefs", "ResolvedRefs", "all references are resolved"),
        }
    }
}
