//! TLS towards upstreams.

use super::error::TlsError;
use super::server_verifier::BySubjectAltName;
use super::{pem, provider};
use corten_snapshot::{
    ContentHash, Part, PartKey, Snapshot, SubjectAltName, TrustSource, UpstreamProtocol, UpstreamTls,
};
use rustc_hash::FxHashMap;
use rustls::RootCertStore;
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::sync::{Arc, Weak};

/// TLS configurations by content: clusters that ask for the same share one, with its session cache, and a
/// snapshot that changes nothing of a configuration keeps it.
#[derive(Debug, Default)]
pub(crate) struct ClientConfigs {
    pub(super) made: FxHashMap<ContentHash, Weak<ClientConfig>>,
    system: Option<Arc<RootCertStore>>,
}

/// A configuration, the name to send and verify, and a hash that stands for both: connections are shared only
/// between clusters for which it is equal.
pub(crate) type Identity = (Arc<ClientConfig>, ServerName<'static>, ContentHash);

impl ClientConfigs {
    /// The configuration for `tls`.
    ///
    /// # Errors
    /// A part of the snapshot is missing or not usable; the error names it.
    pub(crate) fn get(
        &mut self,
        snapshot: &Snapshot,
        tls: &UpstreamTls,
        protocol: UpstreamProtocol,
    ) -> Result<Identity, TlsError> {
        let name = ServerName::try_from(tls.hostname.clone())
            .map_err(|_| TlsError::ServerName(tls.hostname.clone()))?;
        let content = content(snapshot, tls, protocol)?;
        let hash = ContentHash::of(&content);
        let config = match self.made.get(&hash).and_then(Weak::upgrade) {
            Some(config) => config,
            None => {
                let config = Arc::new(self.build(snapshot, tls, protocol)?);
                self.made.retain(|_, config| config.strong_count() > 0);
                self.made.insert(hash, Arc::downgrade(&config));
                config
            }
        };
        let identity = ContentHash::of(&[&hash.0, tls.hostname.as_bytes()].concat());
        Ok((config, name, identity))
    }

    fn build(
        &mut self,
        snapshot: &Snapshot,
        tls: &UpstreamTls,
        protocol: UpstreamProtocol,
    ) -> Result<ClientConfig, TlsError> {
        let provider = provider();
        let roots = match &tls.trust {
            TrustSource::System => self.system_roots()?,
            TrustSource::Bundles(_) => Arc::new(bundles(snapshot, &tls.trust)?),
        };
        let certified = client_certificate(snapshot, tls)?;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous();
        let builder = if tls.subject_alt_names.is_empty() {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider);
            builder.with_custom_certificate_verifier(verifier.build()?)
        } else {
            let algorithms = provider.signature_verification_algorithms;
            let names = tls.subject_alt_names.clone();
            builder.with_custom_certificate_verifier(Arc::new(BySubjectAltName { roots, names, algorithms }))
        };
        let mut config = match certified {
            Some(certified) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified))),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = match protocol {
            UpstreamProtocol::Http1 => vec![b"http/1.1".to_vec()],
            UpstreamProtocol::Http2 => vec![b"h2".to_vec()],
            UpstreamProtocol::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(config)
    }

    /// The operating system's authorities, read once and only if some upstream needs them.
    fn system_roots(&mut self) -> Result<Arc<RootCertStore>, TlsError> {
        if let Some(roots) = &self.system {
            return Ok(roots.clone());
        }
        let loaded = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(loaded.certs);
        if roots.is_empty() {
            let reasons: Vec<_> = loaded.errors.iter().map(ToString::to_string).collect();
            let reason = if reasons.is_empty() { "there are none".to_owned() } else { reasons.join("; ") };
            return Err(TlsError::System(reason));
        }
        Ok(self.system.insert(Arc::new(roots)).clone())
    }
}

fn bundles(snapshot: &Snapshot, trust: &TrustSource) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let TrustSource::Bundles(keys) = trust else { return Ok(roots) };
    for key in keys {
        let part = snapshot.get(&PartKey::Trust(key.clone())).map(|part| &*part.part);
        let Some(Part::Trust(trust)) = part else { return Err(TlsError::NoTrust(key.clone())) };
        pem::add_trust(&mut roots, trust).map_err(|error| TlsError::Trust(key.clone(), error))?;
    }
    Ok(roots)
}

fn client_certificate(snapshot: &Snapshot, tls: &UpstreamTls) -> Result<Option<CertifiedKey>, TlsError> {
    let Some(key) = &tls.client_certificate else { return Ok(None) };
    let part = snapshot.get(&PartKey::Certificate(key.clone())).map(|part| &*part.part);
    let Some(Part::Certificate(certificate)) = part else { return Err(TlsError::NoCertificate(key.clone())) };
    let certified = pem::certified_key(certificate, &provider());
    certified.map(Some).map_err(|error| TlsError::Certificate(key.clone(), error))
}

/// Everything that a configuration is made of, as bytes: hashes of parts instead of their names, so that a new
/// bundle under the old name makes a new configuration. The hostname is no part of it.
fn content(snapshot: &Snapshot, tls: &UpstreamTls, protocol: UpstreamProtocol) -> Result<Vec<u8>, TlsError> {
    let mut content = vec![protocol as u8];
    match &tls.trust {
        TrustSource::System => content.push(b's'),
        TrustSource::Bundles(keys) => {
            for key in keys {
                let part = snapshot.get(&PartKey::Trust(key.clone()));
                content.push(b't');
                content.extend(part.ok_or_else(|| TlsError::NoTrust(key.clone()))?.hash.0);
            }
        }
    }
    if let Some(key) = &tls.client_certificate {
        let part = snapshot.get(&PartKey::Certificate(key.clone()));
        content.push(b'c');
        content.extend(part.ok_or_else(|| TlsError::NoCertificate(key.clone()))?.hash.0);
    }
    for name in &tls.subject_alt_names {
        let (kind, text) = match name {
            SubjectAltName::Hostname(text) => (b'h', text),
            SubjectAltName::Uri(text) => (b'u', text),
        };
        content.push(kind);
        content.extend((text.len() as u64).to_le_bytes());
        content.extend_from_slice(text.as_bytes());
    }
    Ok(content)
}
