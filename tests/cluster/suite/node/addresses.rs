//! Services through the real kube-proxy, and the addresses that the set-up gives out.

use crate::ECHO;
use corten_test_support::{
    cluster::{Namespace, connect},
    eventually,
};
use std::net::{IpAddr, SocketAddr, TcpStream};

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
        TcpStream::connect_timeout(&address, std::time::Duration::from_secs(1))
            .is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
    });
}
