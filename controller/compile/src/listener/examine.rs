//! What a listener says, taken for itself.

use super::{Listener, Owner, ValidationConfig, certificate, key, kinds};
use crate::{hostname, index::Index, materials::Materials, object::Name, problem::Problem};
use corten_crds::gateway as gw;
use corten_snapshot::{ListenerProtocol, ListenerTls};

/// Reads one listener of `owner`.
pub(crate) fn examine<'a>(
    index: &Index<'a>,
    materials: &mut Materials,
    (gateway, gateway_name): (usize, Name<'a>),
    owner: Owner<'a>,
    (position, spec): (usize, &'a gw::Listener),
    validation: &ValidationConfig,
) -> Listener<'a> {
    let mut listener = Listener {
        gateway,
        gateway_name,
        owner,
        key: key(gateway_name, owner, &spec.name),
        spec,
        position,
        hostname: None,
        protocol: protocol(&spec.protocol),
        kinds: Vec::new(),
        tls: None,
        bind: None,
        refused: None,
        conflict: None,
        refs: Vec::new(),
        overlaps: false,
        attached: 0,
    };
    read_hostname(&mut listener);
    let Some(protocol) = listener.protocol else {
        listener.refused = Some(unsupported_protocol(&listener));
        return listener;
    };
    kinds::read(&mut listener);
    read_namespaces(&mut listener);
    match protocol {
        ListenerProtocol::Http => refuse_tls_on_http(&mut listener),
        ListenerProtocol::Https => read_tls(index, materials, &mut listener, validation),
    }
    listener
}

fn protocol(name: &str) -> Option<ListenerProtocol> {
    match name {
        "HTTP" => Some(ListenerProtocol::Http),
        "HTTPS" => Some(ListenerProtocol::Https),
        _ => None,
    }
}

fn unsupported_protocol(listener: &Listener<'_>) -> Problem {
    Problem::new(
        "UnsupportedProtocol",
        format!("{}.protocol", listener.field()),
        format!("protocol `{}` is not supported", listener.spec.protocol.escape_debug()),
        "use HTTP or HTTPS",
    )
}

fn read_hostname(listener: &mut Listener<'_>) {
    match hostname::parse(listener.spec.hostname.as_deref()) {
        Ok(hostname) => listener.hostname = Some(hostname),
        Err(message) => {
            let field = format!("{}.hostname", listener.field());
            let remedy = "write a lower-case DNS name such as www.example.com or *.example.com";
            listener.refused = Some(Problem::new("UnsupportedValue", field, message, remedy));
        }
    }
}

fn read_namespaces(listener: &mut Listener<'_>) {
    let namespaces = listener.spec.allowed_routes.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
    let selector_missing =
        namespaces.is_some_and(|n| n.from == Some(gw::FromNamespaces::Selector) && n.selector.is_none());
    if selector_missing {
        listener.refused.get_or_insert(Problem::new(
            "UnsupportedValue",
            format!("{}.allowedRoutes.namespaces.selector", listener.field()),
            "`from: Selector` needs a selector",
            "add a label selector, or use `from: Same` or `from: All`",
        ));
    }
}

fn refuse_tls_on_http(listener: &mut Listener<'_>) {
    if listener.spec.tls.is_some() {
        listener.refused.get_or_insert(Problem::new(
            "UnsupportedValue",
            format!("{}.tls", listener.field()),
            "a listener of protocol HTTP has no TLS",
            "use protocol HTTPS, or remove `tls`",
        ));
    }
}

fn read_tls(
    index: &Index<'_>,
    materials: &mut Materials,
    listener: &mut Listener<'_>,
    config: &ValidationConfig,
) {
    let field = format!("{}.tls", listener.field());
    let tls = listener.spec.tls.as_ref();
    if tls.is_some_and(|tls| tls.mode == Some(gw::TlsMode::Passthrough)) {
        listener.refused.get_or_insert(Problem::new(
            "UnsupportedValue",
            format!("{field}.mode"),
            "a listener of protocol HTTPS terminates TLS, it cannot pass it through",
            "use mode Terminate, or protocol TLS with a TLSRoute",
        ));
        return;
    }
    let refs = tls.map(|tls| tls.certificate_refs.as_slice()).unwrap_or_default();
    let (certificates, problems) = certificate::resolve(index, materials, listener.owner, refs, &field);
    listener.refs.extend(problems);
    let validation = config.for_port(listener.spec.port);
    listener.refs.extend(validation.problems.iter().cloned());
    if let Some(refused) = &validation.refused {
        listener.refused.get_or_insert(refused.clone());
    }
    if !certificates.is_empty() && validation.refused.is_none() {
        listener.tls = Some(ListenerTls { certificates, client_validation: validation.client.clone() });
    }
}
