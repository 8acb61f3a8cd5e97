//! Certificates for tests, and clients that trust them.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    net::TcpStream,
    sync::Arc,
    time::{Duration, SystemTime},
};

const DAY: Duration = Duration::from_hours(24);

/// A certificate authority that lives as long as a test.
#[derive(Clone, Debug)]
pub struct Authority {
    issuer: Arc<Issuer<'static, KeyPair>>,
    pem: String,
}

/// A certificate with its key, PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub cert: String,
    /// Its private key, PKCS #8.
    pub key: String,
}

impl Authority {
    /// A new authority with a new key.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Corten test authority");
        let key = KeyPair::generate().expect("key of the authority");
        let pem = params.self_signed(&key).expect("certificate of the authority").pem();
        Self { issuer: Arc::new(Issuer::new(params, key)), pem }
    }

    /// The authority's own certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server certificate for these DNS names; the first is its common name.
    pub fn issue(&self, names: &[&str]) -> Certificate {
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
            .expect("DNS names");
        params.distinguished_name.push(DnType::CommonName, names[0]);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        // As long as a public authority would grant, so that scanners have nothing to say about it.
        params.not_before = (SystemTime::now() - DAY).into();
        params.not_after = (SystemTime::now() + 90 * DAY).into();
        let key = KeyPair::generate().expect("key");
        let cert = params.signed_by(&key, &self.issuer).expect("signed certificate");
        Certificate { cert: cert.pem(), key: key.serialize_pem() }
    }

    /// A client that trusts only this authority and offers these ALPN protocols.
    pub fn client_config(&self, alpn: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("PEM")).expect("root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// Connects to a port of loopback with this SNI and completes the handshake.
    pub fn connect(&self, port: u16, sni: &str, alpn: &[&str]) -> std::io::Result<TlsStream> {
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(crate::DEADLINE))?;
        let name = ServerName::try_from(sni.to_owned()).expect("SNI");
        let mut tls = ClientConnection::new(self.client_config(alpn), name).expect("TLS client");
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok(StreamOwned::new(tls, socket))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Certificate {
    /// The certificate as it is sent in a handshake.
    pub fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.cert.as_bytes()).expect("PEM").to_vec()
    }
}

/// The certificate that a new connection with this SNI is shown, DER.
pub fn presented(port: u16, authority: &Authority, sni: &str) -> std::io::Result<Vec<u8>> {
    let stream = authority.connect(port, sni, &[])?;
    let chain = stream.conn.peer_certificates().unwrap_or_default();
    chain
        .first()
        .map(|certificate| certificate.to_vec())
        .ok_or_else(|| std::io::Error::other("no certificate"))
}

/// A TLS connection of a client, blocking.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;
