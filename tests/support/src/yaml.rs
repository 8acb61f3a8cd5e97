//! Kubernetes objects as text, the way a user writes them. Everything is in namespace `default`.

use crate::tls::Certificate;
use std::fmt::Write;

/// The Gateway `gw` of class `corten` with these listeners, each a YAML flow mapping.
pub fn gateway(listeners: &[String]) -> String {
    let mut text =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: default}\n\
                    spec:\n  gatewayClassName: corten\n  listeners:\n"
            .to_owned();
    for listener in listeners {
        writeln!(text, "  - {listener}").expect("a string");
    }
    text
}

/// A listener for cleartext HTTP.
pub fn http_listener(name: &str, port: u16) -> String {
    format!("{{name: {name}, protocol: HTTP, port: {port}}}")
}

/// A listener for HTTPS with these Secrets. An empty hostname is every name.
pub fn https_listener(name: &str, port: u16, hostname: &str, secrets: &[&str]) -> String {
    let refs: Vec<_> = secrets.iter().map(|secret| format!("{{name: {secret}}}")).collect();
    let hostname = if hostname.is_empty() { String::new() } else { format!("hostname: \"{hostname}\", ") };
    format!(
        "{{name: {name}, protocol: HTTPS, port: {port}, {hostname}tls: {{certificateRefs: [{}]}}}}",
        refs.join(", ")
    )
}

/// An HTTPRoute on `gw` with these hostnames and `rules`, a YAML sequence of any indentation.
pub fn route(name: &str, hostnames: &[&str], rules: &str) -> String {
    let quoted: Vec<_> = hostnames.iter().map(|host| format!("\"{host}\"")).collect();
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: default}}\n\
         spec:\n  parentRefs: [{{name: gw}}]\n  hostnames: [{}]\n  rules:\n{}\n",
        quoted.join(", "),
        indent(rules, 2)
    )
}

/// A rule: everything under a path prefix goes to one Service.
pub fn prefix_rule(path: &str, service: &str) -> String {
    format!(
        "- matches: [{{path: {{type: PathPrefix, value: \"{path}\"}}}}]\n  backendRefs: [{{name: {service}, port: 80}}]\n"
    )
}

/// A Service with port 80 and one EndpointSlice for each of these ports of loopback.
pub fn service(name: &str, ports: &[u16]) -> String {
    service_of(name, ports, "")
}

/// The same with an `appProtocol`.
pub fn service_of(name: &str, ports: &[u16], app_protocol: &str) -> String {
    let protocol =
        if app_protocol.is_empty() { String::new() } else { format!(", appProtocol: \"{app_protocol}\"") };
    let mut text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: default}}\n\
         spec:\n  ports: [{{name: main, port: 80, targetPort: 80{protocol}}}]\n"
    );
    for (index, port) in ports.iter().enumerate() {
        write!(
            text,
            "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: {name}-{index}\n  namespace: default\n\
             \x20 labels: {{kubernetes.io/service-name: {name}}}\naddressType: IPv4\n\
             endpoints: [{{addresses: [127.0.0.1], conditions: {{ready: true}}}}]\n\
             ports: [{{name: main, port: {port}, protocol: TCP{protocol}}}]\n"
        )
        .expect("a string");
    }
    text
}

/// A Secret of type `kubernetes.io/tls`.
pub fn tls_secret(name: &str, certificate: &Certificate) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: default}}\ntype: kubernetes.io/tls\n\
         stringData:\n  tls.crt: |\n{}\n  tls.key: |\n{}\n",
        indent(&certificate.cert, 4),
        indent(&certificate.key, 4)
    )
}

/// A ConfigMap with a bundle of authorities under `ca.crt`.
pub fn ca_config_map(name: &str, pem: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata:\n  ca.crt: |\n{}\n",
        indent(pem, 4)
    )
}

/// A ListenerPolicy on `gw` with these fields, a YAML mapping of any indentation.
pub fn listener_policy(fields: &str) -> String {
    format!(
        "apiVersion: corten.dev/v1alpha1\nkind: ListenerPolicy\nmetadata: {{name: clients, namespace: default}}\n\
         spec:\n  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: gw}}]\n{}\n",
        indent(fields, 2)
    )
}

/// A BackendPolicy on a Service with these fields, a YAML mapping of any indentation.
pub fn backend_policy(service: &str, fields: &str) -> String {
    format!(
        "apiVersion: corten.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {{name: {service}, namespace: default}}\n\
         spec:\n  targetRefs: [{{group: \"\", kind: Service, name: {service}}}]\n{}\n",
        indent(fields, 2)
    )
}

/// Moves a block so that its first line starts `by` columns in.
fn indent(text: &str, by: usize) -> String {
    let text = text.trim_end().trim_start_matches('\n');
    let own = text.len() - text.trim_start().len();
    let pad = " ".repeat(by);
    let lines: Vec<_> = text
        .lines()
        .map(|line| format!("{pad}{}", line.get(own..).filter(|_| line.len() >= own).unwrap_or(line.trim())))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_moved_whole() {
        assert_eq!(indent("\n      - a: 1\n        b:\n          c\n    ", 2), "  - a: 1\n    b:\n      c");
    }

    #[test]
    fn a_service_has_a_slice_for_each_port() {
        let text = service_of("app", &[1001, 1002], "kubernetes.io/h2c");
        assert_eq!(text.matches("kind: EndpointSlice").count(), 2);
        assert_eq!(text.matches("appProtocol: \"kubernetes.io/h2c\"").count(), 3);
        assert!(text.contains("port: 1001,") && text.contains("port: 1002,"));
    }
}
