use super::*;
use crate::tls::ClientConfigs;
use corten_snapshot::{SubjectAltName, TrustSource, UpstreamProtocol, UpstreamTls};

fn upstream(hostname: &str, names: &[SubjectAltName]) -> UpstreamTls {
    UpstreamTls {
        hostname: hostname.to_owned(),
        subject_alt_names: names.to_vec(),
        trust: TrustSource::Bundles(vec![TrustKey::new("ca")]),
        client_certificate: None,
    }
}

fn host(name: &str) -> SubjectAltName {
    SubjectAltName::Hostname(name.to_owned())
}

fn uri(name: &str) -> SubjectAltName {
    SubjectAltName::Uri(name.to_owned())
}

/// Connects as a cluster would to a server that shows `shown`.
async fn connect(parts: &Snapshot, tls: &UpstreamTls, server: &BindTls) -> io::Result<Option<Vec<u8>>> {
    let (config, name, _) = ClientConfigs::default().get(parts, tls, UpstreamProtocol::Http2).unwrap();
    let (near, far) = tokio::io::duplex(64 * 1024);
    let accept = async {
        let mut secured = server.accept(far).await?;
        secured.stream.write_all(b"s").await?;
        secured.stream.flush().await
    };
    let dial = async {
        let mut stream = TlsConnector::from(config).connect(name, near).await?;
        stream.read_u8().await?;
        Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    };
    tokio::join!(accept, dial).1
}

#[tokio::test]
async fn an_upstream_is_known_by_its_name_or_the_policys() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let held = ["a.example", "*.wild.example", "spiffe://trust/ns/a", "x.y.deep.example"];
    for (name, ca, tls, trusted) in [
        ("its name", &authority, upstream("a.example", &[]), true),
        ("another name", &authority, upstream("b.example", &[]), false),
        ("another authority", &stranger, upstream("a.example", &[]), false),
        ("policy's name", &authority, upstream("sni.example", &[host("a.example")]), true),
        ("policy's name, in capitals", &authority, upstream("sni.example", &[host("A.Example")]), true),
        (
            "policy's name, held as a wildcard",
            &authority,
            upstream("sni.example", &[host("b.wild.example")]),
            true,
        ),
        ("policy's name is not held", &authority, upstream("a.example", &[host("b.example")]), false),
        (
            "one of the policy's names",
            &authority,
            upstream("sni.example", &[host("b.example"), host("a.example")]),
            true,
        ),
        ("policy's URI", &authority, upstream("sni.example", &[uri("spiffe://trust/ns/a")]), true),
        (
            "policy's URI is only alike",
            &authority,
            upstream("sni.example", &[uri("spiffe://trust/ns/A")]),
            false,
        ),
        ("policy's URI is a prefix", &authority, upstream("sni.example", &[uri("spiffe://trust/ns")]), false),
        ("policy's wildcard", &authority, upstream("sni.example", &[host("*.wild.example")]), true),
        (
            "policy's wildcard over two labels",
            &authority,
            upstream("sni.example", &[host("*.deep.example")]),
            true,
        ),
        (
            "policy's wildcard needs a label",
            &authority,
            upstream("sni.example", &[host("*.a.example")]),
            false,
        ),
        (
            "policy's wildcard ends at a dot",
            &authority,
            upstream("sni.example", &[host("*.ild.example")]),
            false,
        ),
        ("policy's name by a stranger", &stranger, upstream("sni.example", &[host("a.example")]), false),
    ] {
        let parts = snapshot(&[("c", ca.issue(&held))], &[("ca", authority.trust())]);
        let server = bind_of("l", &server_tls(&parts, "l", &listener_tls(&["c"], None)));
        let outcome = connect(&parts, &tls, &server).await;
        assert_eq!(outcome.is_ok(), trusted, "{name}: {outcome:?}");
        if let Ok(alpn) = outcome {
            assert_eq!(alpn.as_deref(), Some(&b"h2"[..]), "{name}");
        }
    }
}

/// Whether the machine has authorities or none: a certificate of somebody else is never trusted.
#[tokio::test]
async fn the_systems_authorities_do_not_vouch_for_strangers() {
    let stranger = Authority::new();
    let parts = snapshot(&[("c", stranger.issue(&["a.example"]))], &[]);
    let server = bind_of("l", &server_tls(&parts, "l", &listener_tls(&["c"], None)));
    let tls = UpstreamTls { trust: TrustSource::System, ..upstream("a.example", &[]) };
    match ClientConfigs::default().get(&parts, &tls, UpstreamProtocol::Http2) {
        Ok(_) => assert!(connect(&parts, &tls, &server).await.is_err()),
        Err(error) => assert!(error.to_string().contains("authorities of the operating system"), "{error}"),
    }
}

#[tokio::test]
async fn the_gateway_shows_its_certificate() {
    let authority = Authority::new();
    let certificates =
        [("c", authority.issue(&["a.example"])), ("own", authority.issue(&["gateway.example"]))];
    let parts = snapshot(&certificates, &[("ca", authority.trust())]);
    let server = bind_of("l", &server_tls(&parts, "l", &listener_tls(&["c"], Some(("ca", false)))));
    let without = upstream("a.example", &[]);
    let with = UpstreamTls { client_certificate: Some(CertificateKey::new("own")), ..without.clone() };
    assert!(connect(&parts, &without, &server).await.is_err());
    assert!(connect(&parts, &with, &server).await.is_ok());
}

#[test]
fn equal_content_shares_a_configuration() {
    let authority = Authority::new();
    let certificates = [("own", authority.issue(&["gateway.example"]))];
    let parts = snapshot(&certificates, &[("ca", authority.trust()), ("same", authority.trust())]);
    let rotated = snapshot(&certificates, &[("ca", Authority::new().trust())]);
    let mut configs = ClientConfigs::default();
    let base = upstream("a.example", &[]);
    let (config, name, identity) = configs.get(&parts, &base, UpstreamProtocol::Http1).unwrap();
    assert_eq!(name, ServerName::try_from("a.example").unwrap());
    let mut other = |parts: &Snapshot, tls: UpstreamTls, protocol| {
        let (made, _, id) = configs.get(parts, &tls, protocol).unwrap();
        (Arc::ptr_eq(&made, &config), id == identity)
    };
    let http1 = UpstreamProtocol::Http1;
    assert_eq!(other(&parts, base.clone(), http1), (true, true));
    let renamed = UpstreamTls { trust: TrustSource::Bundles(vec![TrustKey::new("same")]), ..base.clone() };
    assert_eq!(other(&parts, renamed, http1), (true, true), "the same bundle under another name");
    assert_eq!(other(&parts, upstream("b.example", &[]), http1), (true, false), "another host");
    assert_eq!(other(&parts, base.clone(), UpstreamProtocol::Http2), (false, false), "another protocol");
    let negotiated = UpstreamProtocol::Negotiated;
    assert_eq!(other(&parts, base.clone(), negotiated), (false, false), "another protocol");
    assert_eq!(other(&rotated, base.clone(), http1), (false, false), "a new bundle under the old name");
    assert_eq!(other(&parts, upstream("a.example", &[host("x")]), http1), (false, false), "a name");
    assert_eq!(other(&parts, upstream("a.example", &[uri("x")]), http1), (false, false), "a URI");
    let own = UpstreamTls { client_certificate: Some(CertificateKey::new("own")), ..base };
    assert_eq!(other(&parts, own, http1), (false, false), "a certificate");
}

#[test]
fn a_configuration_that_nobody_holds_is_dropped() {
    let authority = Authority::new();
    let parts = snapshot(&[], &[("ca", authority.trust())]);
    let mut configs = ClientConfigs::default();
    let weak = {
        let (config, ..) = configs.get(&parts, &upstream("a.example", &[]), UpstreamProtocol::Http1).unwrap();
        Arc::downgrade(&config)
    };
    assert_eq!(weak.strong_count(), 0);
    configs.get(&parts, &upstream("a.example", &[host("x")]), UpstreamProtocol::Http1).unwrap();
    assert_eq!(configs.made.len(), 1, "the dropped one is forgotten");
}

#[test]
fn what_is_wrong_is_named() {
    let parts = snapshot(&[], &[("ca", Trust { pem: "x".to_owned() })]);
    let fail = |tls: UpstreamTls| {
        ClientConfigs::default().get(&parts, &tls, UpstreamProtocol::Http1).unwrap_err().to_string()
    };
    assert_eq!(fail(upstream("a.example", &[])), "ca: there is no CERTIFICATE block");
    assert_eq!(fail(upstream("not a name", &[])), "\"not a name\" is not a valid TLS server name");
    let gone = UpstreamTls { trust: TrustSource::Bundles(vec![TrustKey::new("gone")]), ..upstream("a", &[]) };
    assert_eq!(fail(gone), "gone: the bundle is missing");
    let own = UpstreamTls { client_certificate: Some(CertificateKey::new("own")), ..upstream("a", &[]) };
    assert_eq!(fail(own), "own: the certificate is missing");
}
