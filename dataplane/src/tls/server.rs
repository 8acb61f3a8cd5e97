//! TLS of one listener.

use super::client_verifier::Lenient;
use super::error::TlsError;
use super::resolver::Certificates;
use super::ticket::ListenerTickets;
use super::{pem, provider};
use corten_snapshot::{ClientValidation, ListenerKey, ListenerTls, Part, PartKey, Snapshot};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;

/// What a listener speaks over TLS, in the order that it prefers.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The TLS configuration of one listener.
#[derive(Debug)]
pub(crate) struct ServerTls {
    pub(super) config: Arc<ServerConfig>,
}

impl ServerTls {
    /// Builds it from the parts of a snapshot.
    ///
    /// # Errors
    /// A part is missing or not usable; the error names it.
    pub(crate) fn build(snapshot: &Snapshot, key: &ListenerKey, tls: &ListenerTls) -> Result<Self, TlsError> {
        let provider = provider();
        let mut keys = Vec::with_capacity(tls.certificates.len());
        for name in &tls.certificates {
            let part = snapshot.get(&PartKey::Certificate(name.clone())).map(|part| &*part.part);
            let Some(Part::Certificate(certificate)) = part else {
                return Err(TlsError::NoCertificate(name.clone()));
            };
            let certified = pem::certified_key(certificate, &provider);
            keys.push(Arc::new(certified.map_err(|error| TlsError::Certificate(name.clone(), error))?));
        }
        if keys.is_empty() {
            return Err(TlsError::NoCertificates);
        }
        let verifier = match &tls.client_validation {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(validation) => client_verifier(snapshot, validation)?,
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(Certificates::new(keys)));
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if tls.client_validation.is_some() {
            // A resumed session would carry a client's identity past a change of the authorities.
            config.send_tls13_tickets = 0;
        } else {
            config.ticketer = Arc::new(ListenerTickets::new(key)?);
        }
        Ok(Self { config: Arc::new(config) })
    }
}

fn client_verifier(
    snapshot: &Snapshot,
    validation: &ClientValidation,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for key in &validation.trust {
        let part = snapshot.get(&PartKey::Trust(key.clone())).map(|part| &*part.part);
        let Some(Part::Trust(trust)) = part else { return Err(TlsError::NoTrust(key.clone())) };
        pem::add_trust(&mut roots, trust).map_err(|error| TlsError::Trust(key.clone(), error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    Ok(if validation.allow_insecure_fallback {
        Arc::new(Lenient(builder.allow_unauthenticated().build()?))
    } else {
        builder.build()?
    })
}
