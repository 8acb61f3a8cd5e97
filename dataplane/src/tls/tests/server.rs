use super::*;
use crate::tls::error::TlsError;
use rustls::HandshakeKind;
use std::net::IpAddr;

fn pattern(text: &str) -> HostnamePattern {
    match text.strip_prefix("*.") {
        Some(suffix) => HostnamePattern::Wildcard(suffix.into()),
        None if text == "*" => HostnamePattern::Any,
        None => HostnamePattern::Exact(text.into()),
    }
}

/// Listeners named by their hostnames, each with a certificate for it.
fn bind(authority: &Authority, hostnames: &[&str]) -> BindTls {
    let listeners = hostnames.iter().map(|hostname| {
        let name = if *hostname == "*" { "any.example" } else { hostname };
        let snapshot = snapshot(&[("c", authority.issue(&[name]))], &[]);
        let tls = server_tls(&snapshot, hostname, &listener_tls(&["c"], None));
        (ListenerKey::new(*hostname), pattern(hostname), tls)
    });
    BindTls::new(listeners.collect())
}

#[test]
fn a_listener_is_chosen_by_sni() {
    let authority = Authority::new();
    let hostnames = ["a.example", "*.example", "*.b.example", "*"];
    let all = bind(&authority, &hostnames);
    let named = bind(&authority, &hostnames[..3]);
    for (sni, want) in [
        (Some("a.example"), "a.example"),
        (Some("A.Example"), "a.example"),
        (Some("a.example."), "a.example"),
        (Some("x.a.example"), "*.example"),
        (Some("b.example"), "*.example"),
        (Some("x.b.example"), "*.b.example"),
        (Some("y.x.b.example"), "*.b.example"),
        (Some("example"), "*"),
        (Some("other"), "*"),
        (Some(".example"), "*"),
        (None, "*"),
    ] {
        let chosen = |bind: &BindTls| bind.choose(sni).map(|(key, _)| key.as_str().to_owned());
        assert_eq!(chosen(&all).as_deref(), Some(want), "{sni:?}");
        assert_eq!(chosen(&named).as_deref(), Some(want).filter(|want| *want != "*"), "without any: {sni:?}");
    }
}

#[tokio::test]
async fn the_handshake_says_which_listener_it_was() {
    let authority = Authority::new();
    let bind = bind(&authority, &["a.x.example", "*.x.example"]);
    for (name, want) in [("a.x.example", "a.x.example"), ("b.x.example", "*.x.example")] {
        let (server, client) = shake(&bind, client(&authority, None), name).await;
        let server = server.unwrap();
        assert_eq!(server.listener.as_str(), want);
        assert!(server.is_http2() && client.is_ok(), "{name}");
        assert_eq!(server.version(), "TLSv1.3");
    }
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_its_alert() {
    let authority = Authority::new();
    let bind = bind(&authority, &["a.example"]);
    for name in ["b.example".to_owned(), IpAddr::from([127, 0, 0, 1]).to_string()] {
        let (server, client) = shake(&bind, client(&authority, None), &name).await;
        assert!(server.is_err());
        let error = client.unwrap_err().to_string();
        assert!(error.contains("UnrecognisedName"), "{name}: {error}");
    }
}

#[tokio::test]
async fn what_is_no_tls_is_refused() {
    let bind = bind(&Authority::new(), &["*"]);
    let (mut near, far) = tokio::io::duplex(1024);
    near.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(bind.accept(far).await.is_err());
}

#[tokio::test]
async fn the_first_certificate_for_the_name_is_shown() {
    let authority = Authority::new();
    let parts = [
        ("first", authority.issue(&["first.example"])),
        ("wild", authority.issue(&["*.w.example"])),
        ("exact", authority.issue(&["a.w.example", "deep.a.w.example"])),
    ];
    let snapshot = snapshot(&parts, &[]);
    let tls = server_tls(&snapshot, "l", &listener_tls(&["first", "wild", "exact"], None));
    for (name, want) in [
        ("first.example", Some(0)),
        ("a.w.example", Some(1)),
        ("deep.a.w.example", Some(2)),
        ("two.labels.w.example", None),
        ("elsewhere", None),
    ] {
        let (server, client) = shake(&bind_of("l", &tls), client(&authority, None), name).await;
        let Some(want) = want else {
            let error = client.unwrap_err().to_string();
            assert!(error.contains("first.example"), "the first is shown for {name}: {error}");
            continue;
        };
        assert!(server.is_ok());
        let shown = client.unwrap().get_ref().1.peer_certificates().unwrap()[0].clone();
        let der =
            rustls::pki_types::CertificateDer::from_pem_slice(parts[want].1.chain_pem.as_bytes()).unwrap();
        assert_eq!(shown, der, "{name}");
    }
}

/// A listener may have certificates of two kinds for one name; the client gets one that it can verify.
#[tokio::test]
async fn a_certificate_that_the_client_can_verify_is_preferred() {
    let authority = Authority::new();
    let rsa = authority.issue_with(&["a.example"], KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap());
    let parts = [("rsa", rsa), ("ecdsa", authority.issue(&["a.example"]))];
    let snapshot = snapshot(&parts, &[]);
    let tls = server_tls(&snapshot, "l", &listener_tls(&["rsa", "ecdsa"], None));
    let mut limited = (*provider()).clone();
    let algorithms = &mut limited.signature_verification_algorithms;
    let is_ecdsa = |scheme: rustls::SignatureScheme| format!("{scheme:?}").starts_with("ECDSA");
    let only: Vec<_> = algorithms.mapping.iter().copied().filter(|(scheme, _)| is_ecdsa(*scheme)).collect();
    algorithms.mapping = Vec::leak(only);
    for (provider, want) in [(provider(), 0), (Arc::new(limited), 1)] {
        let mut roots = RootCertStore::empty();
        crate::tls::pem::add_trust(&mut roots, &authority.trust()).unwrap();
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
        let (_, client) = shake(&bind_of("l", &tls), config, "a.example").await;
        let shown = client.unwrap().get_ref().1.peer_certificates().unwrap()[0].clone();
        let der =
            rustls::pki_types::CertificateDer::from_pem_slice(parts[want].1.chain_pem.as_bytes()).unwrap();
        assert_eq!(shown, der, "{}", parts[want].0);
    }
}

async fn kind(bind: &BindTls, config: &Arc<ClientConfig>) -> HandshakeKind {
    let (server, client) = shake(bind, config.clone(), "a.example").await;
    server.unwrap();
    client.unwrap().get_ref().1.handshake_kind().unwrap()
}

#[tokio::test]
async fn a_session_outlives_a_reload_but_never_crosses_listeners() {
    let authority = Authority::new();
    let first = snapshot(&[("c", authority.issue(&["a.example"]))], &[]);
    let rotated = snapshot(&[("c", authority.issue(&["a.example"]))], &[]);
    let tls = listener_tls(&["c"], None);
    let one = bind_of("ns/gw/one", &server_tls(&first, "ns/gw/one", &tls));
    let reloaded = bind_of("ns/gw/one", &server_tls(&rotated, "ns/gw/one", &tls));
    let other = bind_of("ns/gw/two", &server_tls(&first, "ns/gw/two", &tls));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut roots = RootCertStore::empty();
        crate::tls::pem::add_trust(&mut roots, &authority.trust()).unwrap();
        let builder =
            ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).unwrap();
        let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
        assert_eq!(kind(&one, &config).await, HandshakeKind::Full, "{version:?}");
        assert_eq!(kind(&one, &config).await, HandshakeKind::Resumed, "{version:?}");
        assert_eq!(kind(&reloaded, &config).await, HandshakeKind::Resumed, "{version:?}: after a reload");
        assert_ne!(kind(&other, &config).await, HandshakeKind::Resumed, "{version:?}: at another listener");
    }
}

#[tokio::test]
async fn a_listener_that_verifies_clients_resumes_nothing() {
    let authority = Authority::new();
    let own = authority.issue(&["client.example"]);
    let parts = snapshot(&[("c", authority.issue(&["a.example"]))], &[("ca", authority.trust())]);
    let open = bind_of("l", &server_tls(&parts, "l", &listener_tls(&["c"], None)));
    let strict = bind_of("l", &server_tls(&parts, "l", &listener_tls(&["c"], Some(("ca", false)))));
    let anonymous = client(&authority, None);
    assert_eq!(kind(&open, &anonymous).await, HandshakeKind::Full);
    let (server, _) = shake(&strict, anonymous, "a.example").await;
    assert!(server.is_err(), "a session from before, of the same name, does not replace a certificate");
    let known = client(&authority, Some(&own));
    assert_eq!(kind(&strict, &known).await, HandshakeKind::Full);
    assert_eq!(kind(&strict, &known).await, HandshakeKind::Full, "no ticket was given");
}

#[tokio::test]
async fn client_certificates() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let parts = snapshot(&[("c", authority.issue(&["a.example"]))], &[("ca", authority.trust())]);
    let (good, bad) = (authority.issue(&["client.example"]), stranger.issue(&["client.example"]));
    for (lenient, own, lets_in) in [
        (false, None, false),
        (false, Some(&bad), false),
        (false, Some(&good), true),
        (true, None, true),
        (true, Some(&bad), true),
        (true, Some(&good), true),
    ] {
        let tls = server_tls(&parts, "l", &listener_tls(&["c"], Some(("ca", lenient))));
        let (server, client) = shake(&bind_of("l", &tls), client(&authority, own), "a.example").await;
        let shown = own.map(|own| own.chain_pem.len());
        assert_eq!(server.is_ok(), lets_in, "lenient {lenient}, certificate {shown:?}");
        assert_eq!(client.is_ok(), lets_in, "lenient {lenient}, certificate {shown:?}");
    }
}

#[test]
fn a_missing_part_is_named() {
    let authority = Authority::new();
    let parts = snapshot(&[("c", authority.issue(&["a.example"]))], &[]);
    let build = |tls: ListenerTls| ServerTls::build(&parts, &ListenerKey::new("l"), &tls).unwrap_err();
    let error = build(listener_tls(&["c", "secret/ns/gone"], None));
    assert_eq!(error.to_string(), "secret/ns/gone: the certificate is missing");
    let error = build(listener_tls(&["c"], Some(("configmap/ns/ca", false))));
    assert_eq!(error.to_string(), "configmap/ns/ca: the bundle is missing");
    assert!(matches!(build(listener_tls(&[], None)), TlsError::NoCertificates));
}
