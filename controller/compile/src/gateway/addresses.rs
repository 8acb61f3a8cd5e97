//! Addresses of Gateways: what `spec.addresses` asks for, and what there is.

use crate::{index::Index, object::Object, problem::Problem, status::GatewayAddress};
use corten_crds::gateway::Gateway;
use std::net::IpAddr;

/// What became of the addresses.
#[derive(Default)]
pub(crate) struct Addresses {
    /// Where the listeners are bound. `None`: wherever the process listens.
    pub(crate) bind: Option<IpAddr>,
    /// For the status.
    pub(crate) reported: Vec<GatewayAddress>,
    /// An address whose type is not supported: the Gateway is not accepted.
    pub(crate) unsupported: Option<Problem>,
    /// Why the Gateway is not reached where it should be: it is not programmed.
    pub(crate) unusable: Option<Problem>,
}

/// Reads the addresses of `gateway`.
pub(super) fn read(index: &Index<'_>, gateway: &Gateway) -> Addresses {
    let mut addresses = Addresses::default();
    let mut asked = Vec::new();
    for (position, address) in gateway.spec.addresses.iter().enumerate() {
        let field = format!("addresses[{position}]");
        let type_ = address.type_.as_deref().unwrap_or("IPAddress");
        if type_ != "IPAddress" {
            addresses.unsupported.get_or_insert(unsupported(&field, type_));
            continue;
        }
        // Without a value any address will do.
        let Some(value) = address.value.as_deref().filter(|value| !value.is_empty()) else { continue };
        match value.parse::<IpAddr>() {
            Ok(ip) => asked.push((field, ip)),
            Err(_) => drop(addresses.unusable.get_or_insert(not_an_address(&field, value))),
        }
    }
    if index.options.standalone && !asked.is_empty() {
        bind_here(&mut addresses, asked);
    } else {
        assigned(&mut addresses, index.options.addresses.of(gateway.key()), asked);
    }
    addresses
}

/// Standalone: the addresses are this machine's. One is bound.
fn bind_here(addresses: &mut Addresses, asked: Vec<(String, IpAddr)>) {
    let mut asked = asked.into_iter();
    if let Some((_, first)) = asked.next() {
        addresses.bind = Some(first);
        addresses.reported.push(reported(&first.to_string()));
    }
    if let Some((field, second)) = asked.next() {
        addresses.unusable.get_or_insert(Problem::new(
            "AddressNotUsable",
            field,
            format!("a Gateway is bound to one address; {second} is not used"),
            "keep one address, or leave the list out to listen everywhere",
        ));
    }
}

/// In a cluster: the infrastructure assigns the addresses, which must be among those that are asked for.
fn assigned(addresses: &mut Addresses, given: &[String], asked: Vec<(String, IpAddr)>) {
    let wanted = |value: &str| asked.is_empty() || asked.iter().any(|(_, ip)| value.parse() == Ok(*ip));
    addresses.reported.extend(given.iter().filter(|value| wanted(value)).map(|value| reported(value)));
    let missing = asked.iter().find(|(_, ip)| !given.iter().any(|value| value.parse() == Ok(*ip)));
    if let Some((field, ip)) = missing {
        addresses.unusable.get_or_insert(Problem::new(
            "AddressNotUsable",
            field,
            format!("the address {ip} has not been assigned to the Gateway"),
            "ask for an address that the load balancer of the cluster can assign",
        ));
    }
    if addresses.reported.is_empty() {
        addresses.unusable.get_or_insert(Problem::new(
            "AddressNotAssigned",
            "",
            "no address has been assigned to the Gateway yet",
            "check that the cluster assigns addresses to Services of type LoadBalancer",
        ));
    }
}

fn reported(value: &str) -> GatewayAddress {
    let type_ = if value.parse::<IpAddr>().is_ok() { "IPAddress" } else { "Hostname" };
    GatewayAddress { type_, value: value.to_owned() }
}

fn unsupported(field: &str, type_: &str) -> Problem {
    Problem::new(
        "UnsupportedAddress",
        format!("{field}.type"),
        format!("addresses of type `{}` are not supported", type_.escape_debug()),
        "use type IPAddress",
    )
}

fn not_an_address(field: &str, value: &str) -> Problem {
    Problem::new(
        "AddressNotUsable",
        format!("{field}.value"),
        format!("`{}` is not an IP address", value.escape_debug()),
        "write an IPv4 or IPv6 address",
    )
}
