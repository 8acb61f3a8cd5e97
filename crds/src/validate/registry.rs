//! The schemas of all kinds, read when a kind is first met.

use std::sync::{Arc, OnceLock};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::schema::{Reader, Schema, properties_mut};
use crate::{
    core,
    kinds::{KINDS, KindInfo},
};

/// A kind's schema in one version.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) schema: Schema,
    /// Whether `status` is a subresource, which is ignored when an object is created; then the schema is without it.
    pub(super) drops_status: bool,
}

/// By version; versions with equal schemas share one.
type Versions = Vec<(String, Arc<Checked>)>;

macro_rules! crds {
    ($($kind:literal: $file:literal),* $(,)?) => {
        &[$(($kind, include_str!(concat!("../../yaml/", $file)))),*]
    };
}

/// The checked-in CRDs by kind.
pub(super) const CRDS: &[(&str, &str)] = crds! {
    "GatewayClass": "gateway-api/gateway.networking.k8s.io_gatewayclasses.yaml",
    "Gateway": "gateway-api/gateway.networking.k8s.io_gateways.yaml",
    "ListenerSet": "gateway-api/gateway.networking.k8s.io_listenersets.yaml",
    "HTTPRoute": "gateway-api/gateway.networking.k8s.io_httproutes.yaml",
    "GRPCRoute": "gateway-api/gateway.networking.k8s.io_grpcroutes.yaml",
    "TLSRoute": "gateway-api/gateway.networking.k8s.io_tlsroutes.yaml",
    "TCPRoute": "gateway-api/gateway.networking.k8s.io_tcproutes.yaml",
    "UDPRoute": "gateway-api/gateway.networking.k8s.io_udproutes.yaml",
    "ReferenceGrant": "gateway-api/gateway.networking.k8s.io_referencegrants.yaml",
    "BackendTLSPolicy": "gateway-api/gateway.networking.k8s.io_backendtlspolicies.yaml",
    "Backend": "corten.dev_backends.yaml",
    "BackendPolicy": "corten.dev_backendpolicies.yaml",
    "ListenerPolicy": "corten.dev_listenerpolicies.yaml",
    "GatewayParameters": "corten.dev_gatewayparameters.yaml",
};

/// The schema of a kind in the version that the object names. Read once a process, and only for kinds that occur.
///
/// # Errors
/// If a schema cannot be read; a test holds that all can.
pub(super) fn schema_of(info: &KindInfo, api_version: &str) -> Result<&'static Checked, String> {
    static SCHEMAS: [OnceLock<Result<Versions, String>>; KINDS.len()] =
        [const { OnceLock::new() }; KINDS.len()];
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let slot = KINDS.iter().position(|k| k == info).and_then(|index| SCHEMAS.get(index));
    let versions = slot.ok_or_else(|| format!("no schema for {}", info.kind))?.get_or_init(|| read(info));
    let versions = versions.as_ref().map_err(Clone::clone)?;
    let found = versions.iter().find(|(name, _)| name == version).map(|(_, checked)| checked.as_ref());
    found.ok_or_else(|| format!("{} has no version {version}", info.kind))
}

fn read(info: &KindInfo) -> Result<Versions, String> {
    match CRDS.iter().find(|(kind, _)| *kind == info.kind) {
        Some((_, yaml)) => read_crd(yaml),
        None => {
            let mut reader = Reader::default();
            let mut schema = reader.read(&core_schema(info)?, "").map_err(|e| e.to_string())?;
            let drops_status = schema.properties.remove("status").is_some();
            Ok(vec![(info.version.to_owned(), Arc::new(Checked { schema, drops_status }))])
        }
    }
}

/// Every checked-in CRD with its versions, read once for all tests.
#[cfg(test)]
pub(super) fn all() -> &'static [(&'static str, Versions)] {
    static ALL: OnceLock<Vec<(&'static str, Versions)>> = OnceLock::new();
    ALL.get_or_init(|| CRDS.iter().filter_map(|(kind, yaml)| Some((*kind, read_crd(yaml).ok()?))).collect())
}

/// Every served version of a CRD.
fn read_crd(yaml: &str) -> Result<Versions, String> {
    let crd: Value = serde_saphyr::from_str(yaml).map_err(|e| e.to_string())?;
    let mut reader = Reader::default();
    let mut read: Vec<(Value, Arc<Checked>)> = Vec::new();
    let mut versions = Versions::new();
    for version in crd.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten() {
        let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
        let mut schema = version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default();
        without_descriptions(&mut schema);
        let known = read.iter().find(|(json, _)| *json == schema).map(|(_, checked)| Arc::clone(checked));
        let checked = match known {
            Some(checked) => checked,
            None => {
                let json = schema.clone();
                let drops_status = version.pointer("/subresources/status").is_some();
                complete(&mut schema);
                let mut schema = reader.read(&schema, "").map_err(|e| e.to_string())?;
                if drops_status {
                    schema.properties.remove("status");
                }
                let checked = Arc::new(Checked { schema, drops_status });
                read.push((json, Arc::clone(&checked)));
                checked
            }
        };
        versions.push((name.to_owned(), checked));
    }
    Ok(versions)
}

/// Adds what the API server knows of every object.
fn complete(schema: &mut Value) {
    let metadata = json_schema::<ObjectMeta>();
    if let Some(properties) = properties_mut(schema) {
        properties.insert("apiVersion".to_owned(), json!({ "type": "string" }));
        properties.insert("kind".to_owned(), json!({ "type": "string" }));
        properties.insert("metadata".to_owned(), metadata);
    }
}

fn core_schema(info: &KindInfo) -> Result<Value, String> {
    match info.kind {
        "Service" => Ok(json_schema::<k8s_openapi::api::core::v1::Service>()),
        "EndpointSlice" => Ok(json_schema::<k8s_openapi::api::discovery::v1::EndpointSlice>()),
        "Secret" => Ok(json_schema::<core::Secret>()),
        "ConfigMap" => Ok(json_schema::<core::ConfigMap>()),
        "Namespace" => Ok(json_schema::<core::Namespace>()),
        other => Err(format!("no schema for {other}")),
    }
}

/// The published schema of one of Kubernetes' own types, without references.
fn json_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::openapi3().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_descriptions(&mut schema);
    open_objects(&mut schema);
    schema
}

/// Descriptions are most of a schema, and no check needs them.
fn without_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("description").is_some_and(Value::is_string) {
                map.remove("description");
            }
            map.values_mut().for_each(without_descriptions);
        }
        Value::Array(items) => items.iter_mut().for_each(without_descriptions),
        _ => {}
    }
}

/// In the schemas of Kubernetes' own types an object without fields holds anything; CRDs mark that.
fn open_objects(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let object = map.get("type") == Some(&json!("object"));
            if object && !map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("x-kubernetes-preserve-unknown-fields".to_owned(), json!(true));
            }
            map.values_mut().for_each(open_objects);
        }
        Value::Array(items) => items.iter_mut().for_each(open_objects),
        _ => {}
    }
}
