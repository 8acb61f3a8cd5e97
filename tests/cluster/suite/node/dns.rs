//! Names of Services, asked of the cluster's name server and from within a pod.

use corten_test_support::{
    DEADLINE,
    cluster::{self, Namespace},
    wait_for,
};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// The address (A record) that a server knows for a name, or the response code (RFC 1035, 4.1.1).
fn resolve(server: IpAddr, name: &str) -> Result<Ipv4Addr, u8> {
    let mut query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend(b"\x00\x00\x01\x00\x01");
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
    let mut answer = [0; 512];
    let length = wait_for("an answer of the name server", DEADLINE, || {
        socket.send_to(&query, (server, 53)).ok()?;
        socket.recv(&mut answer).ok()
    });
    let code = answer[3] & 0x0f;
    // With one answer and no additional records, its data are the last four bytes.
    if code != 0 || answer[7] != 1 {
        Err(code)
    } else {
        Ok(<[u8; 4]>::try_from(&answer[length - 4..length]).unwrap().into())
    }
}

#[test]
fn the_name_server_knows_services() {
    let api = cluster::get(&["get", "service", "kubernetes"])["spec"]["clusterIP"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let dns = cluster::get(&["--namespace=kube-system", "get", "service", "kube-dns"]);
    let dns = dns["spec"]["clusterIP"].as_str().unwrap().parse().unwrap();
    assert_eq!(resolve(dns, "kubernetes.default.svc.cluster.local"), Ok(api));
    assert_eq!(resolve(dns, "nobody.default.svc.cluster.local"), Err(3), "NXDOMAIN");
}

/// A pod whose program asks the name servers of its own /etc/resolv.conf, as any program in a pod does.
#[test]
fn a_pod_resolves_services() {
    let namespace = Namespace::create("resolving");
    namespace.apply(
        "
apiVersion: v1
kind: ConfigMap
metadata: {name: relay}
data:
  Corefile: |
    .:53 {
      forward . /etc/resolv.conf
    }
---
apiVersion: v1
kind: Service
metadata: {name: target}
spec: {ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: relay}
spec:
  selector: {matchLabels: {app: relay}}
  template:
    metadata: {labels: {app: relay}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: relay
        image: registry.k8s.io/coredns/coredns:v1.12.2
        args: [-conf, /config/Corefile]
        readinessProbe: {tcpSocket: {port: 53}, periodSeconds: 1}
        volumeMounts: [{name: config, mountPath: /config}]
      volumes: [{name: config, configMap: {name: relay}}]
",
    );
    namespace.wait_for_deployment("relay");
    let pod = namespace
        .kubectl(&["get", "pods", "--output=jsonpath={.items[0].status.podIP}"], "")
        .unwrap()
        .parse()
        .unwrap();
    let target = namespace.get("service", "target")["spec"]["clusterIP"].as_str().unwrap().parse().unwrap();
    assert_eq!(resolve(pod, &format!("target.{}.svc.cluster.local", namespace.name())), Ok(target));
}
