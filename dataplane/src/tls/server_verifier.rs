//! `subjectAltNames` of BackendTLSPolicy (GEP-3155): an upstream is known by other names than its SNI.

use corten_snapshot::SubjectAltName;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use webpki::EndEntityCert;

/// Verifies the chain as usual, and the leaf against the given names instead of the one that was dialled.
#[derive(Debug)]
pub(super) struct BySubjectAltName {
    pub(super) roots: Arc<RootCertStore>,
    pub(super) names: Vec<SubjectAltName>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl BySubjectAltName {
    fn holds_a_name(&self, leaf: &CertificateDer<'_>) -> bool {
        let Ok(leaf) = EndEntityCert::try_from(leaf) else { return false };
        self.names.iter().any(|name| match name {
            SubjectAltName::Uri(uri) => leaf.valid_uri_names().any(|held| held == uri),
            SubjectAltName::Hostname(host) => match host.strip_prefix("*.") {
                Some(suffix) => leaf.valid_dns_names().any(|held| is_below(held, suffix)),
                None => ServerName::try_from(host.as_str())
                    .is_ok_and(|host| leaf.verify_is_valid_for_subject_name(&host).is_ok()),
            },
        })
    }
}

/// Whether a name of the certificate, itself a wildcard or not, is one or more labels below `suffix`.
fn is_below(held: &str, suffix: &str) -> bool {
    let Some(at) = held.len().checked_sub(suffix.len()).filter(|at| *at > 1) else { return false };
    let below = held.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(suffix));
    below && held.as_bytes().get(at - 1) == Some(&b'.')
}

impl ServerCertVerifier for BySubjectAltName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let all = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, all)?;
        if self.holds_a_name(end_entity) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
