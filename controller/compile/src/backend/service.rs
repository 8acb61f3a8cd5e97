//! A port of a Service.

use super::{Unreachable, app_protocol, external_name, slices};
use crate::{
    index::Index,
    object::{Name, Object},
};
use corten_crds::core::{IntOrString, Service, ServicePort};
use corten_snapshot::Endpoint;
use std::borrow::Cow;

/// What a Service says about one of its ports.
pub(super) struct ServiceUpstream<'a> {
    pub(super) port_name: Option<&'a str>,
    pub(super) spoken: Result<app_protocol::Spoken, Unreachable>,
    pub(super) endpoints: Result<Vec<Endpoint>, Unreachable>,
    /// The name of an ExternalName.
    pub(super) external_name: Option<String>,
    pub(super) warnings: Vec<(String, Cow<'static, str>)>,
}

/// Reads port `port` of `service`.
pub(super) fn read<'a>(
    index: &Index<'a>,
    service: &'a Service,
    port: u16,
) -> Result<ServiceUpstream<'a>, Unreachable> {
    let spec = &service.spec;
    let found = find(service, port);
    let spoken = app_protocol::of_service(found.and_then(|port| port.app_protocol.as_deref()));
    let port_name = found.and_then(|port| port.name.as_deref());
    if spec.type_.as_deref() == Some("ExternalName") {
        let name = spec.external_name.as_deref().unwrap_or_default();
        let endpoints =
            external_name::endpoint(index, service.key(), name, port).map(|endpoint| vec![endpoint]);
        let external_name = Some(name.trim_end_matches('.').to_ascii_lowercase());
        return Ok(ServiceUpstream { port_name, spoken, endpoints, external_name, warnings: Vec::new() });
    }
    let Some(found) = found else { return Err(no_such_port(service, port)) };
    let (endpoints, warnings) = endpoints(index, service.key(), found, port);
    Ok(ServiceUpstream { port_name, spoken, endpoints: Ok(endpoints), external_name: None, warnings })
}

/// The name of port `port` of `service`.
pub(super) fn port_name(service: &Service, port: u16) -> Option<&str> {
    find(service, port)?.name.as_deref()
}

fn find(service: &Service, port: u16) -> Option<&ServicePort> {
    service.spec.ports.iter().find(|candidate| candidate.port == i32::from(port) && is_tcp(candidate))
}

fn is_tcp(port: &ServicePort) -> bool {
    port.protocol.as_deref().unwrap_or("TCP") == "TCP"
}

fn no_such_port(service: &Service, port: u16) -> Unreachable {
    let (namespace, name) = service.key();
    let known: Vec<String> =
        service.spec.ports.iter().filter(|port| is_tcp(port)).map(|port| port.port.to_string()).collect();
    let remedy = if known.is_empty() {
        Cow::Borrowed("add the port to the Service")
    } else {
        Cow::Owned(format!("use one of its TCP ports: {}", known.join(", ")))
    };
    let message = format!("Service {namespace}/{name} has no TCP port {port}");
    Unreachable::new(Some("BackendNotFound"), message, remedy)
}

fn endpoints(
    index: &Index<'_>,
    service: Name<'_>,
    port: &ServicePort,
    number: u16,
) -> (Vec<Endpoint>, Vec<(String, Cow<'static, str>)>) {
    let target = match &port.target_port {
        Some(IntOrString::Int(target)) => u16::try_from(*target).unwrap_or(number),
        _ => number,
    };
    let found = slices::find(index, service, port.name.as_deref().unwrap_or_default(), target);
    let (namespace, name) = service;
    let mut warnings = Vec::new();
    if !found.refused.is_empty() {
        let message = format!(
            "endpoints of Service {namespace}/{name} are at addresses that requests may not go to: {}",
            found.refused.join(", ")
        );
        warnings.push((message, Cow::Borrowed("remove them from the EndpointSlices")));
    }
    if found.endpoints.is_empty() {
        let (message, remedy) = nothing_ready(service, number, found.slices);
        warnings.push((message, remedy));
    }
    (found.endpoints, warnings)
}

fn nothing_ready((namespace, name): Name<'_>, port: u16, slices: usize) -> (String, Cow<'static, str>) {
    if slices == 0 {
        (
            format!("Service {namespace}/{name} has no EndpointSlices; requests are answered with 503"),
            Cow::Owned(format!(
                "check the selector of the Service, or add an EndpointSlice with the label \
                 kubernetes.io/service-name: {name}"
            )),
        )
    } else {
        (
            format!(
                "port {port} of Service {namespace}/{name} has no ready endpoint; requests are answered with 503"
            ),
            Cow::Borrowed(
                "check that the pods are ready and that the EndpointSlices have a port of this name",
            ),
        )
    }
}
