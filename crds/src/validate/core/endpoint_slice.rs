//! EndpointSlice: addresses and ports. Loopback addresses, which the API server refuses, are let through: without a
//! cluster they are where the endpoints are.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::{objects, objects_mut, one_of, port_number, set_default, text, unique};
use crate::validate::{names, place::Place};

pub(super) fn default(object: &mut Value) {
    if let Some(map) = object.as_object_mut() {
        set_default(map, "endpoints", || json!([]));
    }
    for port in objects_mut(Some(object), "ports") {
        set_default(port, "name", || json!(""));
        set_default(port, "protocol", || json!("TCP"));
    }
}

pub(super) fn check(object: &Value, place: &mut Place) {
    let address_type = object.get("addressType").and_then(Value::as_str).unwrap_or_default();
    if object.get("addressType").is_some() {
        place.field("addressType", |p| one_of(address_type, &["IPv4", "IPv6", "FQDN"], p));
    }
    place.field("endpoints", |p| {
        let endpoints: Vec<_> = objects(Some(object), "endpoints").collect();
        at_most(endpoints.len(), 1000, p);
        for (index, item) in endpoints.iter().enumerate() {
            p.index(index, |p| p.field("addresses", |p| addresses(item, address_type, p)));
        }
    });
    place.field("ports", |p| ports(object, p));
}

fn at_most(count: usize, max: usize, place: &mut Place) {
    if count > max {
        place.error(format!("Too many: {count}: must have at most {max} items"), None);
    }
}

fn addresses(endpoint: &Map<String, Value>, address_type: &str, place: &mut Place) {
    let addresses = endpoint.get("addresses").and_then(Value::as_array);
    let addresses: Vec<&str> = addresses.into_iter().flatten().filter_map(Value::as_str).collect();
    at_most(addresses.len(), 100, place);
    if addresses.is_empty() {
        place.error("Required value", Some("an endpoint has at least one address".to_owned()));
    }
    for (index, address) in addresses.iter().enumerate() {
        let result = match address_type {
            "IPv4" if address.parse::<Ipv4Addr>().is_err() => Err("must be an IPv4 address"),
            "IPv6" if address.parse::<Ipv6Addr>().is_err() => Err("must be an IPv6 address"),
            "FQDN" => names::dns_subdomain(address.trim_end_matches('.')),
            _ => Ok(()),
        };
        place.index(index, |p| p.refuse(address, result));
    }
}

fn ports(object: &Value, place: &mut Place) {
    let ports: Vec<_> = objects(Some(object), "ports").collect();
    at_most(ports.len(), 100, place);
    for (index, port) in ports.iter().enumerate() {
        place.index(index, |p| {
            if let Some(name) = text(port, "name").filter(|n| !n.is_empty()) {
                p.field("name", |p| p.refuse(name, names::dns_label(name)));
            }
            let protocol = text(port, "protocol").unwrap_or("TCP");
            p.field("protocol", |p| one_of(protocol, &["TCP", "UDP", "SCTP"], p));
            p.field("port", |p| port_number(port.get("port"), p));
        });
    }
    unique(ports.iter().map(|p| text(p, "name").map(|name| format!("{name:?}"))), "name", place);
}
