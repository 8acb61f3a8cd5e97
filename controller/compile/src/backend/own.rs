//! The kind Backend: an upstream by address.

use super::{
    Reachable, Unreachable,
    address::{refused_ip, refused_name},
    app_protocol::{UNSAID, spoken},
    settings::Treatment,
    tls,
};
use crate::{
    hostname,
    index::Index,
    listener::certificate::certificate,
    materials::Materials,
    object::{Kind, Object},
    problem::{Problem, summary},
};
use corten_crds::v1alpha1::{Backend, BackendEndpoint, BackendTls, WellKnownCaCertificates};
use corten_snapshot::{Cluster, ClusterKey, Endpoint, EndpointHost, EndpointsKey, TrustSource, UpstreamTls};
use std::sync::Arc;

/// A Backend as it is compiled.
pub(super) struct Compiled {
    pub(super) outcome: Result<Arc<Reachable>, Unreachable>,
    /// Why it is not accepted.
    pub(super) refused: Option<Problem>,
    /// References that cannot be resolved.
    pub(super) refs: Vec<Problem>,
}

impl Compiled {
    /// A Backend with which nothing is wrong.
    pub(super) fn right(reachable: Arc<Reachable>) -> Self {
        Self { outcome: Ok(reachable), refused: None, refs: Vec::new() }
    }

    /// The upstream, if nothing is wrong.
    pub(super) fn if_right(&self) -> Option<&Arc<Reachable>> {
        let Self { outcome, refused, refs } = self;
        outcome.as_ref().ok().filter(|_| refused.is_none() && refs.is_empty())
    }
}

/// Compiles `backend` as its policies say.
pub(super) fn compile(
    index: &Index<'_>,
    materials: &mut Materials,
    backend: &Backend,
    treatment: Treatment,
) -> Compiled {
    let mut refs = Vec::new();
    let endpoints = endpoints(index, backend);
    let spoken = backend.spec.app_protocol.map_or(UNSAID, spoken);
    let tls = match &backend.spec.tls {
        Some(tls) => explicit_tls(index, materials, backend, tls, &mut refs).map(Some),
        None if spoken.tls => implied_tls(backend).map(Some),
        None => Ok(None),
    };
    let refused = endpoints.as_ref().err().or(tls.as_ref().err()).cloned();
    let outcome = match (endpoints, tls) {
        (Ok(endpoints), Ok(tls)) => {
            let text: Arc<str> = format!("backend/{}/{}", backend.namespace(), backend.name()).into();
            let protocol = spoken.protocol(tls.is_some(), treatment.negotiation);
            let (endpoints_key, tls) = (EndpointsKey(text.clone()), tls.map(Box::new));
            let cluster = Cluster { endpoints: endpoints_key, protocol, tls, settings: treatment.settings };
            Ok(Reachable::new(ClusterKey::new(text), cluster, endpoints, Vec::new()))
        }
        (Err(problem), _) | (_, Err(problem)) => {
            let message = format!("Backend {} is not valid: {}", backend.id().name, summary([&problem]));
            Err(Unreachable::new(None, message, "see the status of the Backend"))
        }
    };
    Compiled { outcome, refused, refs }
}

fn endpoints(index: &Index<'_>, backend: &Backend) -> Result<Vec<Endpoint>, Problem> {
    let read = |(position, endpoint): (usize, &BackendEndpoint)| {
        let field = format!("endpoints[{position}]");
        let host = host(index, endpoint)
            .map_err(|(message, remedy)| Problem::new("Invalid", format!("{field}.host"), message, remedy))?;
        if endpoint.port == 0 {
            return Err(Problem::new("Invalid", format!("{field}.port"), "0 is no port", "use 1 to 65535"));
        }
        Ok(Endpoint { host, port: endpoint.port, ready: true })
    };
    let read: Result<Vec<_>, _> = backend.spec.endpoints.iter().enumerate().map(read).collect();
    let mut endpoints = read?;
    if endpoints.is_empty() {
        return Err(Problem::new(
            "Invalid",
            "endpoints",
            "there is no endpoint",
            "add one with host and port",
        ));
    }
    endpoints.sort_unstable();
    endpoints.dedup();
    Ok(endpoints)
}

fn host(index: &Index<'_>, endpoint: &BackendEndpoint) -> Result<EndpointHost, (String, &'static str)> {
    let given = endpoint.host.as_str();
    let refused = |why: &str| {
        let message = format!("requests may not go to `{given}`: it is {why}");
        (message, "name a host that only serves what routes should reach")
    };
    if let Ok(ip) = given.parse() {
        return match refused_ip(ip) {
            Some(why) if !index.options.standalone => Err(refused(why)),
            _ => Ok(EndpointHost::Ip(ip)),
        };
    }
    if let Err(why) = hostname::check(given) {
        let message = format!("`{}` is neither an IP address nor a hostname: {why}", given.escape_debug());
        return Err((message, "write an IP address (IPv6 without brackets) or a lower-case DNS name"));
    }
    match refused_name(given, &index.options.cluster_domain) {
        Some(why) if !index.options.standalone => Err(refused(why)),
        _ => Ok(EndpointHost::Name(given.to_owned())),
    }
}

fn explicit_tls(
    index: &Index<'_>,
    materials: &mut Materials,
    backend: &Backend,
    tls: &BackendTls,
    refs: &mut Vec<Problem>,
) -> Result<UpstreamTls, Problem> {
    hostname::check(&tls.hostname).map_err(|why| {
        let message = format!("`{}` is no hostname: {why}", tls.hostname.escape_debug());
        Problem::new("Invalid", "tls.hostname", message, "write a DNS name without wildcard")
    })?;
    let subject_alt_names = tls::subject_alt_names(&tls.subject_alt_names, "tls")?;
    let (trust, problems) =
        tls::authorities(index, materials, backend.namespace(), &tls.ca_certificate_refs, "tls");
    refs.extend(problems);
    let trust = match (tls.well_known_ca_certificates, tls.ca_certificate_refs.is_empty()) {
        (Some(WellKnownCaCertificates::System), true) => TrustSource::System,
        (None, false) if !trust.is_empty() => TrustSource::Bundles(trust),
        (None, false) => {
            let message = "none of the authorities could be read";
            let remedy = "name a ConfigMap with the authorities in `ca.crt`";
            return Err(Problem::new("NoValidCACertificate", "tls.caCertificateRefs", message, remedy));
        }
        _ => {
            let message = "exactly one of caCertificateRefs and wellKnownCACertificates must be set";
            return Err(Problem::new("Invalid", "tls", message, "remove one, or add one"));
        }
    };
    let client_certificate = tls.client_certificate_ref.as_ref().map(|reference| {
        certificate(index, materials, (Kind::Backend, backend.namespace()), reference).map_err(
            |(not_permitted, message, remedy)| {
                let reason = if not_permitted { "RefNotPermitted" } else { "InvalidClientCertificateRef" };
                let problem = Problem::new(reason, "tls.clientCertificateRef", message, remedy);
                refs.push(problem.clone());
                problem
            },
        )
    });
    let client_certificate = client_certificate.transpose()?;
    Ok(UpstreamTls { hostname: tls.hostname.clone(), subject_alt_names, trust, client_certificate })
}

/// `https` without `tls`: the host is the name, and the system's authorities vouch for it.
fn implied_tls(backend: &Backend) -> Result<UpstreamTls, Problem> {
    let hosts: Vec<&str> = backend.spec.endpoints.iter().map(|endpoint| endpoint.host.as_str()).collect();
    let first = hosts.first().copied().unwrap_or_default();
    let one_name = hosts.iter().all(|host| *host == first) && first.parse::<std::net::IpAddr>().is_err();
    if !one_name {
        return Err(Problem::new(
            "Invalid",
            "appProtocol",
            "without `tls` the name to verify is that of the endpoints, which must then be one DNS name",
            "add `tls` with a hostname",
        ));
    }
    let trust = TrustSource::System;
    Ok(UpstreamTls {
        hostname: first.to_owned(),
        subject_alt_names: Vec::new(),
        trust,
        client_certificate: None,
    })
}
