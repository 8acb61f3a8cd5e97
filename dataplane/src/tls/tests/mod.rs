mod client;
mod pem;
mod server;

use super::{BindTls, ServerTls, accept::Secured, provider};
use corten_snapshot::{
    Certificate, CertificateKey, ClientValidation, HostnamePattern, ListenerKey, ListenerTls, Part, PartKey,
    Snapshot, Trust, TrustKey,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority for tests.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn trust(&self) -> Trust {
        Trust { pem: self.pem.clone() }
    }

    /// A certificate for DNS names and URIs.
    fn issue(&self, names: &[&str]) -> Certificate {
        self.issue_with(names, KeyPair::generate().unwrap())
    }

    /// The same for this key.
    fn issue_with(&self, names: &[&str], key: KeyPair) -> Certificate {
        let (uris, hosts): (Vec<&str>, Vec<&str>) =
            names.iter().copied().partition(|name: &&str| name.contains("://"));
        let mut params =
            CertificateParams::new(hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).unwrap();
        let uri = |uri: &str| SanType::URI(uri.try_into().unwrap());
        params.subject_alt_names.extend(uris.into_iter().map(uri));
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        Certificate { chain_pem: leaf.pem(), key_pem: key.serialize_pem() }
    }
}

/// A snapshot with certificates and bundles under their names.
fn snapshot(certificates: &[(&str, Certificate)], trust: &[(&str, Trust)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, certificate) in certificates {
        let key = PartKey::Certificate(CertificateKey::new(*name));
        snapshot.insert(key, Part::Certificate(Box::new(certificate.clone())));
    }
    for (name, trust) in trust {
        snapshot.insert(PartKey::Trust(TrustKey::new(*name)), Part::Trust(trust.clone()));
    }
    snapshot
}

/// TLS of a listener that shows these certificates, and asks clients for one if `clients` says of whom and
/// whether it may be left out.
fn listener_tls(certificates: &[&str], clients: Option<(&str, bool)>) -> ListenerTls {
    ListenerTls {
        certificates: certificates.iter().map(|name| CertificateKey::new(*name)).collect(),
        client_validation: clients.map(|(trust, allow_insecure_fallback)| ClientValidation {
            trust: vec![TrustKey::new(trust)],
            allow_insecure_fallback,
        }),
    }
}

fn server_tls(snapshot: &Snapshot, key: &str, tls: &ListenerTls) -> Arc<ServerTls> {
    Arc::new(ServerTls::build(snapshot, &ListenerKey::new(key), tls).unwrap())
}

/// A bind whose only listener is for any hostname.
fn bind_of(key: &str, tls: &Arc<ServerTls>) -> BindTls {
    BindTls::new(vec![(ListenerKey::new(key), HostnamePattern::Any, tls.clone())])
}

/// A client that trusts `authority` and may have a certificate.
fn client(authority: &Authority, own: Option<&Certificate>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    super::pem::add_trust(&mut roots, &authority.trust()).unwrap();
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = rustls::pki_types::CertificateDer::pem_slice_iter(own.chain_pem.as_bytes());
            let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(own.key_pem.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

type Ends = (io::Result<Secured<DuplexStream>>, io::Result<TlsStream<DuplexStream>>);

/// Shakes hands in memory. Both sides then exchange a byte, so that what TLS 1.3 says late (tickets, a refused
/// client certificate) has arrived.
async fn shake(bind: &BindTls, config: Arc<ClientConfig>, name: &str) -> Ends {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let server = async {
        let mut secured = bind.accept(far).await?;
        secured.stream.write_all(b"s").await?;
        secured.stream.flush().await?;
        Ok(secured)
    };
    let client = async {
        let mut stream = TlsConnector::from(config).connect(name, near).await?;
        stream.read_u8().await?;
        Ok(stream)
    };
    tokio::join!(server, client)
}
