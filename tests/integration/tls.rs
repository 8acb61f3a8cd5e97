//! TLS listeners: certificates by name, ALPN, rotation.

use corten_test_support::{Backend, Client, Gateway, eventually, h2, tls, yaml};

fn builder(backend: &Backend) -> corten_test_support::gateway::Builder {
    Gateway::builder().service("app", &[backend]).route("app", &[], &yaml::prefix_rule("/", "app"))
}

#[test]
fn the_certificate_follows_the_name() {
    let backend = Backend::named("a");
    let gateway = builder(&backend)
        .https("exact", "a.shop.test", &["a.shop.test"])
        .https("wild", "*.shop.test", &["*.shop.test"])
        .start();
    for name in ["a.shop.test", "b.shop.test"] {
        let mut client = Client::connect_tls(gateway.https(), gateway.authority(), name).unwrap();
        assert_eq!(client.get(name, "/").text(), "a");
    }
    let shown = |name: &str| tls::presented(gateway.https(), gateway.authority(), name).unwrap();
    assert_ne!(shown("a.shop.test"), shown("b.shop.test"));
    assert_eq!(shown("b.shop.test"), shown("c.shop.test"));
}

#[test]
fn alpn_chooses_the_protocol() {
    let backend = Backend::named("a");
    let gateway = builder(&backend).https("cert", "", &["shop.test"]).start();
    let connect = |alpn: &[&str]| gateway.authority().connect(gateway.https(), "shop.test", alpn).unwrap();
    assert_eq!(connect(&["h2", "http/1.1"]).conn.alpn_protocol(), Some(b"h2".as_slice()));
    assert_eq!(connect(&["http/1.1"]).conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
    assert_eq!(connect(&[]).conn.alpn_protocol(), None);
    assert_eq!(Client::new(connect(&[])).get("shop.test", "/").text(), "a");
    let mut connection = h2::Connection::start(connect(&["h2"]));
    connection.get(1, "shop.test", "/").unwrap();
    assert_eq!(connection.response(1).unwrap(), (200, b"a".to_vec()));
}

#[test]
fn what_is_forwarded_says_https() {
    let backend = Backend::named("a");
    let gateway = builder(&backend).https("cert", "", &["shop.test"]).start();
    let mut client = Client::connect_tls(gateway.https(), gateway.authority(), "shop.test").unwrap();
    client.get("shop.test", "/");
    let record = backend.last();
    assert_eq!(record.header("x-forwarded-proto"), Some("https"));
    assert_eq!(record.header("x-forwarded-port"), Some(gateway.https().to_string().as_str()));
}

/// A new certificate is shown to new connections, and open ones go on.
#[test]
fn a_certificate_is_rotated_without_dropping_a_connection() {
    let backend = Backend::named("a");
    let gateway = builder(&backend).https("cert", "", &["shop.test"]).start();
    let mut client = Client::connect_tls(gateway.https(), gateway.authority(), "shop.test").unwrap();
    assert_eq!(client.get("shop.test", "/").text(), "a");
    let next = gateway.authority().issue(&["shop.test"]);
    gateway.write("secret-cert.yaml", &yaml::tls_secret("cert", &next));
    eventually("the new certificate", || {
        tls::presented(gateway.https(), gateway.authority(), "shop.test").unwrap() == next.der()
    });
    assert_eq!(client.get("shop.test", "/").text(), "a");
}

/// A Secret that is broken keeps the certificate that was there.
#[test]
fn a_broken_certificate_keeps_the_last_good_one() {
    let backend = Backend::named("a");
    let gateway = builder(&backend).https("cert", "", &["shop.test"]).start();
    let before = tls::presented(gateway.https(), gateway.authority(), "shop.test").unwrap();
    let mut broken = gateway.authority().issue(&["shop.test"]);
    broken.cert =
        "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n".to_owned();
    gateway.write("secret-cert.yaml", &yaml::tls_secret("cert", &broken));
    gateway.write("later.yaml", &yaml::route("later", &["later.test"], &yaml::prefix_rule("/later", "app")));
    eventually("a later change", || gateway.get("later.test", "/later").status == 200);
    assert_eq!(tls::presented(gateway.https(), gateway.authority(), "shop.test").unwrap(), before);
}

/// It is the handshake that fails, not a request that is served.
#[test]
fn cleartext_on_a_tls_listener_is_no_request() {
    let backend = Backend::named("a");
    let gateway = builder(&backend).https("cert", "", &["shop.test"]).start();
    let mut client = Client::connect(gateway.https());
    client.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    let all = client.read_to_end().unwrap_or_default();
    assert!(!all.starts_with(b"HTTP/1.1 200"));
    assert_eq!(backend.count(), 0);
}
