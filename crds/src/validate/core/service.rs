//! Service: defaults, types and ports.

use serde_json::{Map, Value, json};

use super::{objects, objects_mut, one_of, port_number, set_default, text, unique};
use crate::validate::{names, place::Place};

pub(super) fn default(object: &mut Value) {
    let mut spec = object.get_mut("spec");
    if let Some(spec) = spec.as_deref_mut().and_then(Value::as_object_mut) {
        set_default(spec, "type", || json!("ClusterIP"));
    }
    for port in objects_mut(spec, "ports") {
        set_default(port, "protocol", || json!("TCP"));
        if let Some(number) = port.get("port").cloned() {
            set_default(port, "targetPort", || number);
        }
    }
}

pub(super) fn check(object: &Value, place: &mut Place) {
    let Some(spec) = object.get("spec").and_then(Value::as_object) else {
        return place.field("spec", |p| {
            p.error("Required value", Some("a Service has a spec with ports".to_owned()))
        });
    };
    place.field("spec", |p| {
        let kind = text(spec, "type").unwrap_or_default();
        p.field("type", |p| one_of(kind, &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], p));
        let external = kind == "ExternalName";
        if external {
            external_name(spec, p);
        }
        let headless = text(spec, "clusterIP") == Some("None");
        let none = spec.get("ports").and_then(Value::as_array).is_none_or(Vec::is_empty);
        if none && !external && !headless {
            p.field("ports", |p| p.error("Required value", None));
        }
        p.field("ports", |p| ports(object.get("spec"), p));
    });
}

fn external_name(spec: &Map<String, Value>, place: &mut Place) {
    place.field("externalName", |p| match text(spec, "externalName").unwrap_or_default() {
        "" => p.error("Required value", Some("a Service of type ExternalName states the name".to_owned())),
        name => p.refuse(name, names::dns_subdomain(name.trim_end_matches('.'))),
    });
}

fn ports(spec: Option<&Value>, place: &mut Place) {
    let ports: Vec<_> = objects(spec, "ports").collect();
    for (index, item) in ports.iter().enumerate() {
        place.index(index, |p| port(item, ports.len() > 1, p));
    }
    unique(ports.iter().map(|p| text(p, "name").map(|name| format!("{name:?}"))), "name", place);
    let number = |p: &&Map<String, Value>| {
        let protocol = text(p, "protocol").unwrap_or_default();
        p.get("port").map(|port| format!("port {port} with protocol {protocol}"))
    };
    unique(ports.iter().map(number), "", place);
}

fn port(port: &Map<String, Value>, several: bool, place: &mut Place) {
    match text(port, "name").unwrap_or_default() {
        "" if several => {
            let remedy = "with several ports, each has a name".to_owned();
            place.field("name", |p| p.error("Required value", Some(remedy)));
        }
        "" => {}
        name => place.field("name", |p| p.refuse(name, names::dns_label(name))),
    }
    place.field("port", |p| port_number(port.get("port"), p));
    place.field("protocol", |p| one_of(text(port, "protocol").unwrap_or("TCP"), &["TCP", "UDP", "SCTP"], p));
    place.field("targetPort", |p| match port.get("targetPort") {
        Some(Value::String(name)) => p.refuse(name, names::port_name(name)),
        number => port_number(number, p),
    });
}
