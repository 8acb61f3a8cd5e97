//! Addresses that a cluster's objects may not send requests to: they lead into the gateway itself, or to services of
//! the node and the cloud that trust whoever reaches them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The metadata services of the large clouds that are outside of the link-local range.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

/// Names that resolve to such addresses.
const NAMES: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
];

/// Why requests may not go to `ip`.
pub(super) fn refused_ip(ip: IpAddr) -> Option<&'static str> {
    let ip = ip.to_canonical();
    if METADATA.contains(&ip) {
        return Some("the metadata service of a cloud");
    }
    if ip.is_loopback() {
        return Some("a loopback address");
    }
    if ip.is_unspecified() {
        return Some("no address of a host");
    }
    if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Some("a multicast address");
    }
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    link_local.then_some("a link-local address")
}

/// Why requests may not go to the host `name`.
pub(super) fn refused_name(name: &str, cluster_domain: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let inside = name.strip_suffix(cluster_domain).and_then(|head| head.strip_suffix('.'));
    let listed = |name: &str| NAMES.contains(&name);
    if listed(&name) || inside.is_some_and(listed) || name.ends_with(".localhost") {
        return Some("a name of the local host, the API server or a metadata service");
    }
    name.parse::<IpAddr>().ok().and_then(refused_ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for ip in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "::",
            "169.254.169.254",
            "fe80::1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
        ] {
            assert!(refused_ip(ip.parse().unwrap()).is_some(), "{ip}");
        }
        for ip in ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "2001:db8::1", "168.63.129.17"] {
            assert_eq!(refused_ip(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn names() {
        for name in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "metadata.google.internal",
            "127.0.0.1",
            "169.254.169.254",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "kubernetes.default.svc.cluster.local.",
        ] {
            assert!(refused_name(name, "cluster.local").is_some(), "{name}");
        }
        for name in ["example.com", "localhost.example.com", "mykubernetes.default.svc", "10.0.0.1"] {
            assert_eq!(refused_name(name, "cluster.local"), None, "{name}");
        }
    }
}
