//! TLS towards clients and upstreams, end to end.

use crate::support::{Config, Gateway, fixed, within};
use corten_snapshot::{
    Bind, Certificate, CertificateKey, Host, HostnamePattern, Listener, ListenerKey, ListenerProtocol,
    ListenerTls, Part, PartKey, Snapshot, Trust, TrustKey, TrustSource, UpstreamProtocol, UpstreamTls,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A self-signed certificate for `name`.
fn certificate(name: &str) -> Certificate {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    Certificate { chain_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem() }
}

/// Listeners `NAME` for hosts of the same name, on one bind, each with its certificate and all paths to `config`.
fn snapshot(config: &Config, listeners: &[(&str, &Certificate)]) -> Snapshot {
    let plain = config.snapshot(0);
    let mut snapshot = Snapshot::default();
    let mut host = None;
    for (key, part) in plain.iter() {
        match (key, &*part.part) {
            (PartKey::Listener(_), _) => {}
            (_, Part::Host(found)) => host = Some((**found).clone()),
            (key, part) => snapshot.insert(key.clone(), part.clone()),
        }
    }
    for (name, certificate) in listeners {
        let key = ListenerKey::new(format!("default/gateway/{name}"));
        let hostname = HostnamePattern::Exact((*name).into());
        let secret = CertificateKey::new(format!("secret/default/{name}"));
        let listener = Listener {
            namespace: "default".into(),
            gateway: "gateway".into(),
            name: (*name).into(),
            bind: Bind { address: Some(Ipv4Addr::LOCALHOST.into()), port: 0 },
            port: 443,
            protocol: ListenerProtocol::Https,
            hostname: hostname.clone(),
            tls: Some(ListenerTls { certificates: vec![secret.clone()], client_validation: None }),
            settings: config.settings.clone(),
        };
        snapshot.insert(PartKey::Listener(key.clone()), Part::Listener(Box::new(listener)));
        snapshot.insert(PartKey::Certificate(secret), Part::Certificate(Box::new((*certificate).clone())));
        let host = Host { listener: key.clone(), hostname: hostname.clone(), ..host.clone().unwrap() };
        snapshot.insert(PartKey::Host(key, hostname), Part::Host(Box::new(host)));
    }
    snapshot
}

/// Connects with this SNI, trusting only `trusted`.
async fn connect(
    gateway: &Gateway,
    sni: &str,
    trusted: &Certificate,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.chain_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let name = ServerName::try_from(sni.to_owned()).unwrap();
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

/// The status and the body's end of one request on this connection.
async fn get(stream: &mut TlsStream<TcpStream>, host: &str) -> String {
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    within(async {
        let mut text = Vec::new();
        let mut piece = [0; 1024];
        loop {
            let count = stream.read(&mut piece).await.unwrap();
            assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&piece[..count]);
            let found = String::from_utf8_lossy(&text).into_owned();
            if found.ends_with("hello") || found.ends_with("}\n") {
                return found.split(' ').nth(1).unwrap_or_default().to_owned();
            }
        }
    })
    .await
}

#[tokio::test]
async fn each_name_gets_its_certificate_and_a_foreign_host_is_421() {
    let (a, b) = (certificate("a.example"), certificate("b.example"));
    let config = Config::to(&[fixed("hello").await]);
    let mut gateway = Gateway::empty();
    gateway.force(snapshot(&config, &[("a.example", &a), ("b.example", &b)])).await;
    for (name, own, other) in [("a.example", &a, &b), ("b.example", &b, &a)] {
        assert_eq!(get(&mut connect(&gateway, name, own).await.unwrap(), name).await, "200");
        assert!(connect(&gateway, name, other).await.is_err(), "{name} shows the other's certificate");
    }
    let mut stream = connect(&gateway, "a.example", &a).await.unwrap();
    assert_eq!(get(&mut stream, "b.example").await, "421", "b's listener may ask more of its clients");
    assert_eq!(get(&mut stream, "a.example").await, "200", "the connection goes on");
    let unknown = connect(&gateway, "c.example", &a).await.unwrap_err();
    assert!(unknown.to_string().contains("UnrecognisedName"), "{unknown}");
}

#[tokio::test]
async fn a_certificate_is_rotated_without_a_dropped_connection() {
    let (old, new) = (certificate("a.example"), certificate("a.example"));
    let config = Config::to(&[fixed("hello").await]);
    let mut gateway = Gateway::empty();
    gateway.force(snapshot(&config, &[("a.example", &old)])).await;
    let mut before = connect(&gateway, "a.example", &old).await.unwrap();
    assert_eq!(get(&mut before, "a.example").await, "200");
    gateway.force(snapshot(&config, &[("a.example", &new)])).await;
    assert_eq!(get(&mut before, "a.example").await, "200", "the connection from before goes on");
    let mut after = connect(&gateway, "a.example", &new).await.unwrap();
    assert_eq!(get(&mut after, "a.example").await, "200", "new connections see the new certificate");
    assert!(connect(&gateway, "a.example", &old).await.is_err());
}

#[tokio::test]
async fn a_client_that_has_just_shaken_hands_is_still_answered_while_the_process_ends() {
    let a = certificate("a.example");
    let mut config = Config::to(&[fixed("hello").await]);
    config.settings.drain.min = std::time::Duration::ZERO;
    let mut gateway = Gateway::empty();
    gateway.force(snapshot(&config, &[("a.example", &a)])).await;
    let mut fresh = connect(&gateway, "a.example", &a).await.unwrap();
    let mut silent = connect(&gateway, "a.example", &a).await.unwrap();
    let address = gateway.address;
    let draining = tokio::spawn(gateway.handle.drain());
    // The sockets are closed now, so every connection has been told.
    within(async { while TcpStream::connect(address).await.is_ok() {} }).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(get(&mut fresh, "a.example").await, "200");
    // One that says nothing does not hold the end up.
    assert_eq!(within(silent.read(&mut [0; 1])).await.unwrap_or(0), 0);
    assert_eq!(within(draining).await.unwrap(), 0);
}

/// Requests wait for a connection that they could share, but no longer than a connection may take: one after the
/// other they would need half a minute here.
#[tokio::test]
async fn requests_behind_a_dead_tls_endpoint_fail_together() {
    let dead = crate::support::backend(|_, stream| async move {
        let _stream = stream;
        std::future::pending::<()>().await;
    });
    let mut config = Config::to(&[dead.await]);
    config.cluster.protocol = UpstreamProtocol::Negotiated;
    config.cluster.settings.connect_timeout = std::time::Duration::from_millis(1500);
    let trust = TrustKey::new("configmap/default/ca");
    config.cluster.tls = Some(Box::new(UpstreamTls {
        hostname: "a.example".into(),
        subject_alt_names: Vec::new(),
        trust: TrustSource::Bundles(vec![trust.clone()]),
        client_certificate: None,
    }));
    let mut snapshot = config.snapshot(0);
    let pem = certificate("a.example").chain_pem;
    snapshot.insert(PartKey::Trust(trust), Part::Trust(Trust { pem }));
    let mut gateway = Gateway::empty();
    gateway.force(snapshot).await;
    let gateway = Arc::new(gateway);
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let gateway = gateway.clone();
            tokio::spawn(async move { gateway.get("/").await.status })
        })
        .collect();
    for request in requests {
        assert_eq!(within(request).await.unwrap(), 504);
    }
}

#[tokio::test]
async fn no_dump_shows_a_private_key() {
    let a = certificate("a.example");
    let mut gateway = Gateway::empty();
    gateway.force(snapshot(&Config::to(&[fixed("hello").await]), &[("a.example", &a)])).await;
    let dump = gateway.admin("/snapshot").await.body;
    assert!(dump.contains("secret/default/a.example"), "{dump}");
    let secret = a.key_pem.lines().nth(1).unwrap();
    assert!(!dump.contains(secret), "the key is in the dump");
}
