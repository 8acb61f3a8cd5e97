//! Inputs from YAML documents.

use corten_compile::{Addresses, Inputs, Options, Ports};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// A document of kind `Options` in a golden input. Without one the input is standalone, at 127.0.0.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OptionsDocument {
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    standalone: bool,
    /// Listener port to bound port, for all Gateways.
    port_map: Option<BTreeMap<u16, u16>>,
    /// Bound ports by `namespace/name` and listener port.
    allocated: Option<BTreeMap<String, BTreeMap<u16, u16>>>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    addresses_by_gateway: BTreeMap<String, Vec<String>>,
}

fn gateway_name(text: &str) -> (String, String) {
    let (namespace, name) = text.split_once('/').expect("namespace/name");
    (namespace.to_owned(), name.to_owned())
}

impl From<OptionsDocument> for Options {
    fn from(document: OptionsDocument) -> Self {
        let ports = match document.allocated {
            Some(map) => {
                Ports::Allocated(map.into_iter().map(|(name, map)| (gateway_name(&name), map)).collect())
            }
            None => Ports::Mapped(document.port_map.unwrap_or_default()),
        };
        let by_gateway = document.addresses_by_gateway.into_iter();
        Self {
            standalone: document.standalone,
            ports,
            addresses: Addresses {
                default: document.addresses,
                by_gateway: by_gateway.map(|(name, list)| (gateway_name(&name), list)).collect(),
            },
            ..Self::default()
        }
    }
}

/// Options as `corten run` has them.
pub(crate) fn standalone() -> Options {
    Options {
        standalone: true,
        addresses: Addresses { default: vec!["127.0.0.1".to_owned()], by_gateway: BTreeMap::new() },
        ..Options::default()
    }
}

macro_rules! push {
    ($inputs:expr, $kind:expr, $value:expr, { $($name:literal => $field:ident),* $(,)? }) => {
        match $kind {
            $($name => $inputs.$field.push(Arc::new(serde_json::from_value($value).map_err(|e| e.to_string())?)),)*
            other => return Err(format!("unknown kind {other}")),
        }
    };
}

/// Adds one object to the inputs.
pub(crate) fn add(inputs: &mut Inputs, value: Value) -> Result<(), String> {
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    push!(inputs, kind.as_str(), value, {
        "GatewayClass" => gateway_classes,
        "Gateway" => gateways,
        "ListenerSet" => listener_sets,
        "HTTPRoute" => http_routes,
        "GRPCRoute" => grpc_routes,
        "TLSRoute" => tls_routes,
        "TCPRoute" => tcp_routes,
        "UDPRoute" => udp_routes,
        "ReferenceGrant" => reference_grants,
        "BackendTLSPolicy" => backend_tls_policies,
        "Backend" => backends,
        "BackendPolicy" => backend_policies,
        "ListenerPolicy" => listener_policies,
        "GatewayParameters" => gateway_parameters,
        "Service" => services,
        "EndpointSlice" => endpoint_slices,
        "Secret" => secrets,
        "ConfigMap" => config_maps,
        "Namespace" => namespaces,
    });
    Ok(())
}

/// Reads all documents of a text.
pub(crate) fn inputs(text: &str) -> Result<(Inputs, Options), String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    let mut inputs = Inputs::default();
    let mut options = standalone();
    for (number, document) in documents.into_iter().enumerate() {
        if document["kind"] == "Options" {
            let document: OptionsDocument =
                serde_json::from_value(document).map_err(|error| error.to_string())?;
            options = document.into();
        } else {
            add(&mut inputs, document).map_err(|error| format!("document {number}: {error}"))?;
        }
    }
    Ok((inputs, options))
}
