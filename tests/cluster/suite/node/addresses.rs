//! Services through the real kube-proxy, and the addresses that the set-up gives out.

use crate::ECHO;
use corten_test_support::{
    cluster::{Namespace, connect},
    eventually,
};
use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

fn service(name: &str, rest: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{type: LoadBalancer, {rest}
          selector: {{app: echo}}, ports: [{{port: 80, targetPort: 3000}}]}}}}"
    )
}

/// A ClusterIP exists in kube-proxy's rules only.
#[test]
fn a_cluster_ip_reaches_a_pod() {
    let namespace = Namespace::create("proxied");
    namespace.apply(ECHO);
    namespace.wait_for_deployment("echo");
    let ip: IpAddr = namespace.get("service", "echo")["spec"]["clusterIP"].as_str().unwrap().parse().unwrap();
    let answer = connect((ip, 80)).get("echo.example", "/").json();
    assert_eq!(answer["namespace"], namespace.name());
}

/// Whoever asks for an address gets that one, nobody gets another's, and what is given back is there again.
#[test]
fn load_balancer_addresses_are_given_once() {
    let namespace = Namespace::create("addresses");
    namespace.apply(&service("any", ""));
    let any = namespace.load_balancer("any");
    namespace.apply(&service("wanted", "loadBalancerIP: 172.30.200.77,"));
    assert_eq!(namespace.load_balancer("wanted").to_string(), "172.30.200.77");
    // The third shows that the second, which came before it, was seen and refused.
    namespace.apply(&service("taken", &format!("loadBalancerIP: {any},")));
    namespace.apply(&service("another", ""));
    assert_ne!(namespace.load_balancer("another"), any);
    assert!(namespace.get("service", "taken")["status"]["loadBalancer"]["ingress"].is_null());
    namespace.kubectl(&["delete", "service", "any"], "").unwrap();
    assert_eq!(namespace.load_balancer("taken"), any);
}

/// A Service without endpoints refuses at once, so that a client need not wait.
#[test]
fn a_service_without_pods_refuses() {
    let namespace = Namespace::create("empty");
    namespace.apply(&service("none", ""));
    let address = SocketAddr::from((namespace.load_balancer("none"), 80));
    eventually("a refusal", || {
        TcpStream::connect_timeout(&address, Duration::from_secs(1))
            .is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
    });
}

/// Connects from a port of this machine (0: any), and says from which.
fn connect_from(port: u16, address: SocketAddr) -> (u16, io::Result<()>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket_ipv4().unwrap().port();
    (port, socket.connect_timeout(&address.into(), Duration::from_secs(5)))
}

/// A client that was too early gets an error at once, and connection tracking does not remember it: a later connection from
/// the same port would be taken for the same and not be translated.
#[test]
fn whoever_comes_before_an_address_is_somebodys_may_come_again() {
    let address = SocketAddr::from(([172, 30, 200, 150], 80));
    let (port, early) = connect_from(0, address);
    assert_eq!(early.unwrap_err().kind(), io::ErrorKind::HostUnreachable);
    let namespace = Namespace::create("early");
    namespace.apply(ECHO);
    namespace.wait_for_deployment("echo");
    namespace.apply(&service("late", &format!("loadBalancerIP: {},", address.ip())));
    assert_eq!(namespace.load_balancer("late"), address.ip());
    assert_eq!(connect(address).get("echo.example", "/").status, 200);
    let (_, late) = connect_from(port, address);
    late.unwrap();
}
