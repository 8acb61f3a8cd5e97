//! What is spoken to backends: HTTP/2 in cleartext, TLS, and the `Backend` kind.

use crate::hyper_backend::HyperBackend;
use corten_test_support::{Backend, Gateway, eventually, tls::Authority, yaml};

fn service_with(port: u16, app_protocol: &str, extra: &[(&str, String)]) -> Gateway {
    let mut builder = Gateway::builder()
        .file("service-app.yaml", &yaml::service_of("app", &[port], app_protocol))
        .route("app", &[], &yaml::prefix_rule("/", "app"));
    for (name, text) in extra {
        builder = builder.file(name, text);
    }
    builder.start()
}

#[test]
fn h2c_by_app_protocol() {
    let backend = HyperBackend::h2c();
    let gateway = service_with(backend.port(), "kubernetes.io/h2c", &[]);
    let mut client = gateway.client();
    for turn in 0..20 {
        let body = format!("body {turn}");
        let response = client.request(&format!(
            "POST /a?t={turn} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert_eq!((response.status, response.text()), (200, body));
        assert_eq!(response.header("x-version"), Some("2"));
        assert_eq!(response.header("x-target"), Some(format!("http://shop.test/a?t={turn}").as_str()));
    }
}

/// Trailers, and `TE: trailers` which gRPC needs, pass from an HTTP/1.1 client to an HTTP/2 backend.
#[test]
fn trailers_pass_over_http_2() {
    let backend = HyperBackend::h2c();
    let gateway = service_with(backend.port(), "kubernetes.io/h2c", &[]);
    let response = gateway.client().request(
        "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n",
    );
    assert_eq!(response.text(), "ok");
    assert_eq!(response.header("x-te"), Some("trailers"));
    assert_eq!(response.trailers, [("x-sum".to_owned(), "2".to_owned())]);
}

fn tls_policy(hostname: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: app, namespace: default}}\n\
         spec:\n  targetRefs: [{{group: \"\", kind: Service, name: app}}]\n  validation:\n    hostname: {hostname}\n    \
         caCertificateRefs: [{{group: \"\", kind: ConfigMap, name: ca}}]\n"
    )
}

#[test]
fn tls_with_a_backend_tls_policy() {
    let authority = Authority::new();
    let backend = HyperBackend::tls(&authority.issue(&["inner.test"]), &["http/1.1"]);
    let extra = |hostname: &str| {
        [("ca.yaml", yaml::ca_config_map("ca", authority.pem())), ("tls.yaml", tls_policy(hostname))]
    };
    let gateway = service_with(backend.port(), "", &extra("inner.test"));
    let response = gateway.get("shop.test", "/");
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("x-sni"), Some("inner.test"));
    assert_eq!(response.header("x-host"), Some("shop.test"));
    // Another name than the certificate's, and another authority than the one that is trusted.
    let gateway = service_with(backend.port(), "", &extra("other.test"));
    assert_eq!(gateway.get("shop.test", "/").status, 502);
    let stranger = HyperBackend::tls(&Authority::new().issue(&["inner.test"]), &["http/1.1"]);
    let gateway = service_with(stranger.port(), "", &extra("inner.test"));
    assert_eq!(gateway.get("shop.test", "/").status, 502);
}

/// A Service of this `appProtocol` behind a BackendTLSPolicy, and a backend that speaks these protocols.
fn secured(app_protocol: &str, alpn: &[&str], more: &[(&str, String)]) -> (HyperBackend, Gateway) {
    let authority = Authority::new();
    let backend = HyperBackend::tls(&authority.issue(&["inner.test"]), alpn);
    let mut extra =
        vec![("ca.yaml", yaml::ca_config_map("ca", authority.pem())), ("tls.yaml", tls_policy("inner.test"))];
    extra.extend_from_slice(more);
    let gateway = service_with(backend.port(), app_protocol, &extra);
    (backend, gateway)
}

/// What a backend of these protocols is spoken to.
fn spoken(app_protocol: &str, alpn: &[&str]) -> (u16, String, String) {
    let (_backend, gateway) = secured(app_protocol, alpn, &[]);
    let response = gateway.get("shop.test", "/");
    let field = |name: &str| response.header(name).unwrap_or_default().to_owned();
    (response.status, field("x-version"), field("x-alpn"))
}

#[test]
fn over_tls_the_backend_picks_the_protocol() {
    let http1 = |alpn: &str| (200, "1.1".to_owned(), alpn.to_owned());
    let http2 = (200, "2".to_owned(), "h2".to_owned());
    for app_protocol in ["", "https"] {
        assert_eq!(spoken(app_protocol, &["h2", "http/1.1"]), http2, "`{app_protocol}`");
        assert_eq!(spoken(app_protocol, &["http/1.1"]), http1("http/1.1"), "`{app_protocol}`");
        assert_eq!(spoken(app_protocol, &[]), http1(""), "`{app_protocol}`: a backend without ALPN");
    }
    assert_eq!(spoken("https", &["h2"]), http2);
    // Who says which protocol it is gets that one.
    for app_protocol in ["http", "kubernetes.io/ws", "kubernetes.io/wss"] {
        assert_eq!(spoken(app_protocol, &["h2", "http/1.1"]), http1("http/1.1"), "`{app_protocol}`");
    }
    assert_eq!(spoken("kubernetes.io/h2c", &["h2", "http/1.1"]), http2);
    assert_eq!(spoken("kubernetes.io/h2c", &["http/1.1"]).0, 502, "no common protocol");
}

#[test]
fn many_requests_share_a_connection_that_was_negotiated() {
    let (backend, gateway) = secured("https", &["h2", "http/1.1"], &[]);
    std::thread::scope(|scope| {
        for client in 0..8 {
            let gateway = &gateway;
            scope.spawn(move || {
                let mut connection = gateway.client();
                for turn in 0..20 {
                    let body = format!("{client} {turn}");
                    let length = body.len();
                    let response = connection.request(&format!(
                        "POST /a?t={turn} HTTP/1.1\r\nHost: shop.test\r\nCookie: a=1\r\nContent-Length: {length}\r\n\r\n{body}"
                    ));
                    assert_eq!((response.status, response.text()), (200, body));
                    let target = format!("https://shop.test/a?t={turn}");
                    assert_eq!(response.header("x-target"), Some(target.as_str()));
                    assert_eq!(response.header("x-host"), None, "the host is in :authority");
                }
            });
        }
    });
    let workers = std::thread::available_parallelism().unwrap().get();
    assert!(backend.connections() <= workers, "{} connections", backend.connections());
}

/// gRPC needs HTTP/2 and trailers to the very end.
#[test]
fn grpc_over_tls() {
    let (_backend, gateway) = secured("https", &["h2", "http/1.1"], &[]);
    let response = gateway.client().request(
        "POST /pkg.Service/Method HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nContent-Type: application/grpc\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n",
    );
    assert_eq!((response.text().as_str(), response.header("x-version")), ("ok", Some("2")));
    assert_eq!(response.header("x-te"), Some("trailers"));
    assert_eq!(response.trailers, [("grpc-status".to_owned(), "0".to_owned())]);
}

/// An upgrade is HTTP/1.1: it gets a connection for which only that is offered, beside those of HTTP/2.
#[test]
fn an_upgrade_reaches_a_backend_that_prefers_http_2() {
    let (_backend, gateway) = secured("https", &["h2", "http/1.1"], &[]);
    for _ in 0..2 {
        assert_eq!(gateway.get("h", "/").header("x-alpn"), Some("h2"));
        let mut client = gateway.client();
        client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: custom/1\r\n\r\n");
        let response = client.response();
        assert_eq!((response.status, response.header("x-alpn")), (101, Some("http/1.1")));
        client.send("there and back");
        assert_eq!(client.read_exact(14).unwrap(), b"there and back");
    }
}

#[test]
fn negotiation_can_be_switched_off_and_on() {
    let policy = |mode: &str| yaml::backend_policy("app", &format!("http2: {{negotiation: {mode}}}"));
    let (_backend, gateway) = secured("https", &["h2", "http/1.1"], &[("policy.yaml", policy("Disabled"))]);
    assert_eq!(gateway.get("h", "/").header("x-version"), Some("1.1"));
    gateway.write("policy.yaml", &policy("Enabled"));
    eventually("HTTP/2", || gateway.get("h", "/").header("x-version") == Some("2"));
}

#[test]
fn a_backend_object_by_name_and_with_tls() {
    let plain = Backend::named("plain");
    let authority = Authority::new();
    let secure = HyperBackend::tls(&authority.issue(&["inner.test"]), &["h2", "http/1.1"]);
    let backends = format!(
        "apiVersion: corten.dev/v1alpha1\nkind: Backend\nmetadata: {{name: plain, namespace: default}}\n\
         spec: {{endpoints: [{{host: localhost, port: {}}}]}}\n---\n\
         apiVersion: corten.dev/v1alpha1\nkind: Backend\nmetadata: {{name: secure, namespace: default}}\n\
         spec:\n  endpoints: [{{host: 127.0.0.1, port: {}}}]\n  tls: {{hostname: inner.test, caCertificateRefs: [{{group: \"\", kind: ConfigMap, name: ca}}]}}\n",
        plain.port(),
        secure.port()
    );
    let rule = |path: &str, name: &str| {
        format!(
            "- matches: [{{path: {{type: PathPrefix, value: {path}}}}}]\n  backendRefs: [{{group: corten.dev, kind: Backend, name: {name}}}]\n"
        )
    };
    let gateway = Gateway::builder()
        .file("backends.yaml", &backends)
        .file("ca.yaml", &yaml::ca_config_map("ca", authority.pem()))
        .route("app", &[], &(rule("/plain", "plain") + &rule("/secure", "secure")))
        .start();
    assert_eq!(gateway.get("h", "/plain").text(), "plain");
    let response = gateway.get("h", "/secure");
    assert_eq!((response.status, response.header("x-sni")), (200, Some("inner.test")), "{}", response.text());
    assert_eq!(response.header("x-alpn"), Some("h2"));
}

/// A reference across namespaces needs a ReferenceGrant, and takes effect with it.
#[test]
fn a_service_of_another_namespace_needs_a_grant() {
    let backend = Backend::named("elsewhere");
    let service = yaml::service("app", &[backend.port()]).replace("namespace: default", "namespace: other");
    let rule = "- backendRefs: [{name: app, namespace: other, port: 80}]\n";
    let gateway = Gateway::builder().file("service.yaml", &service).route("app", &[], rule).start();
    assert_eq!(gateway.get("h", "/").status, 500);
    gateway.write(
        "grant.yaml",
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\n\
         spec:\n  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]\n  to: [{group: \"\", kind: Service}]\n",
    );
    eventually("the grant", || gateway.get("h", "/").text() == "elsewhere");
    gateway.remove("grant.yaml");
    eventually("the grant to be gone", || gateway.get("h", "/").status == 500);
}

/// Names are resolved anew for a backend by name; a name that does not resolve is a 503.
#[test]
fn a_name_that_does_not_resolve_is_503() {
    let backend = "apiVersion: corten.dev/v1alpha1\nkind: Backend\nmetadata: {name: app, namespace: default}\n\
                   spec: {endpoints: [{host: nowhere.invalid, port: 80}]}\n";
    let rule = "- backendRefs: [{group: corten.dev, kind: Backend, name: app}]\n";
    let gateway = Gateway::builder().file("backend.yaml", backend).route("app", &[], rule).start();
    assert_eq!(gateway.get("h", "/").status, 503);
}
