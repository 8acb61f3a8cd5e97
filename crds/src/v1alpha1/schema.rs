//! Schemas of what Corten's kinds share with the Gateway API: references, statuses, names.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::ACCESS_LOG_FIELDS;
use crate::gateway::PolicyStatus;

const DNS_SUBDOMAIN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const DNS_LABEL: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const KIND: &str = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$";
const GROUP: &str = r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

fn group() -> Value {
    json!({ "type": "string", "maxLength": 253, "pattern": GROUP })
}

fn kind() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 63, "pattern": KIND })
}

fn object_name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 253 })
}

fn namespace() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 63, "pattern": DNS_LABEL })
}

fn section_name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 253, "pattern": DNS_SUBDOMAIN })
}

/// Policy targets (GEP-713), 1 to 16, no two alike, each fulfilling `rule`.
fn targets(rule: &str, message: &str) -> Schema {
    let unique = "self.all(a, self.exists_one(b, a.group == b.group && a.kind == b.kind && a.name == b.name \
                  && has(a.sectionName) == has(b.sectionName) && (!has(a.sectionName) || a.sectionName == b.sectionName)))";
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 16,
        "items": {
            "type": "object",
            "required": ["group", "kind", "name"],
            "properties": {
                "group": group(), "kind": kind(), "name": object_name(), "sectionName": section_name(),
            },
        },
        "x-kubernetes-list-type": "atomic",
        "x-kubernetes-validations": [
            { "rule": format!("self.all(t, {rule})"), "message": message },
            { "rule": unique, "message": "every target may be named once" },
        ],
    })
}

/// Targets of a BackendPolicy.
pub(super) fn backend_targets(_: &mut SchemaGenerator) -> Schema {
    targets(
        "(t.group == '' && t.kind == 'Service') || (t.group == 'corten.dev' && t.kind == 'Backend' && !has(t.sectionName))",
        "a target must be a Service (group \"\") or a Backend (group corten.dev, without sectionName)",
    )
}

/// Targets of a ListenerPolicy.
pub(super) fn listener_targets(_: &mut SchemaGenerator) -> Schema {
    targets(
        "t.group == 'gateway.networking.k8s.io' && t.kind == 'Gateway'",
        "a target must be a Gateway (group gateway.networking.k8s.io)",
    )
}

/// References to objects of the same namespace that hold certificates of authorities.
pub(super) fn ca_certificate_refs(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 8,
        "items": {
            "type": "object",
            "required": ["group", "kind", "name"],
            "properties": { "group": group(), "kind": kind(), "name": object_name() },
            "x-kubernetes-validations": [{
                "rule": "self.group == '' && self.kind in ['ConfigMap', 'Secret']",
                "message": "must be a ConfigMap or a Secret (group \"\")",
            }],
        },
        "x-kubernetes-list-type": "atomic",
    })
}

/// A reference to a Secret, perhaps of another namespace.
pub(super) fn secret_ref(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "group": { "type": "string", "enum": [""], "default": "" },
            "kind": { "type": "string", "enum": ["Secret"], "default": "Secret" },
            "name": object_name(),
            "namespace": namespace(),
        },
    })
}

/// Subject alternative names as BackendTLSPolicy has them.
pub(super) fn subject_alt_names(_: &mut SchemaGenerator) -> Schema {
    let hostname = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    json_schema!({
        "type": "array",
        "maxItems": 5,
        "items": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": { "type": "string", "enum": ["Hostname", "URI"] },
                "hostname": { "type": "string", "minLength": 1, "maxLength": 253, "pattern": hostname },
                "uri": { "type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[^:/?#]+:" },
            },
            "x-kubernetes-validations": [
                { "rule": "(self.type == 'Hostname') == has(self.hostname)", "message": "type Hostname goes with hostname" },
                { "rule": "(self.type == 'URI') == has(self.uri)", "message": "type URI goes with uri" },
            ],
        },
        "x-kubernetes-list-type": "atomic",
    })
}

/// CIDR ranges.
pub(super) fn cidrs(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 64,
        "items": {
            "type": "string",
            "maxLength": 43,
            "x-kubernetes-validations": [{
                "rule": "isCIDR(self)",
                "message": "must be a CIDR range such as 10.0.0.0/8 or 2001:db8::/32",
            }],
        },
        "x-kubernetes-list-type": "atomic",
    })
}

/// A share between 0 and 1, both excluded or reached: numerator of denominator.
pub(super) fn ratio(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["numerator"],
        "properties": {
            "numerator": { "type": "integer", "format": "int32", "minimum": 1 },
            "denominator": { "type": "integer", "format": "int32", "minimum": 1, "default": 100 },
        },
        "x-kubernetes-validations": [{
            "rule": "self.numerator <= self.denominator",
            "message": "numerator must not be greater than denominator",
        }],
    })
}

/// Names of access log fields.
pub(super) fn log_fields(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": ACCESS_LOG_FIELDS.len(),
        "items": { "type": "string", "enum": ACCESS_LOG_FIELDS },
        "x-kubernetes-list-type": "set",
    })
}

fn condition() -> Value {
    json!({
        "type": "object",
        "required": ["lastTransitionTime", "message", "reason", "status", "type"],
        "properties": {
            "lastTransitionTime": { "type": "string", "format": "date-time" },
            "message": { "type": "string", "maxLength": 32768 },
            "observedGeneration": { "type": "integer", "format": "int64", "minimum": 0 },
            "reason": { "type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" },
            "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
            "type": { "type": "string", "maxLength": 316 },
        },
    })
}

/// Conditions, keyed by type.
pub(super) fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "items": condition(),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}

/// The status that every policy has, as BackendTLSPolicy (GEP-713).
impl JsonSchema for PolicyStatus {
    fn schema_name() -> Cow<'static, str> {
        "PolicyStatus".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let port = json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 65535 });
        let ancestor_ref = json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "group": group(), "kind": kind(), "name": object_name(), "namespace": namespace(),
                "port": port, "sectionName": section_name(),
            },
        });
        json_schema!({
            "type": "object",
            "required": ["ancestors"],
            "properties": {
                "ancestors": {
                    "type": "array",
                    "maxItems": 16,
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                        "type": "object",
                        "required": ["ancestorRef", "conditions", "controllerName"],
                        "properties": {
                            "ancestorRef": ancestor_ref,
                            "conditions": conditions(generator),
                            "controllerName": { "type": "string", "minLength": 1, "maxLength": 253 },
                        },
                    },
                },
            },
        })
    }
}
