//! From PEM text to certificates and keys.

use super::error::PemError;
use corten_snapshot::{Certificate, Trust};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use rustls::sign::CertifiedKey;
use webpki::EndEntityCert;

type Block = (SectionKind, Vec<u8>);

/// The blocks of `text` that are of kinds that PEM readers know, with their numbers from 1.
fn blocks(text: &str) -> impl Iterator<Item = Result<(usize, Block), PemError>> {
    Block::pem_slice_iter(text.as_bytes())
        .zip(1..)
        .map(|(block, number)| block.map(|block| (number, block)).map_err(|e| PemError::Syntax(number, e)))
}

/// All certificates of `text`, with the number of each block. The first must parse as X.509.
fn certificates(text: &str) -> Result<Vec<(usize, CertificateDer<'static>)>, PemError> {
    let mut found = Vec::new();
    for block in blocks(text) {
        if let (number, (SectionKind::Certificate, der)) = block? {
            found.push((number, CertificateDer::from(der)));
        }
    }
    if found.is_empty() { Err(PemError::NoCertificate) } else { Ok(found) }
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, PemError> {
    if let Some(at) = text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let before = text.get(..at).map_or(0, |before| before.matches("-----BEGIN ").count());
        return Err(PemError::EncryptedKey(before + 1));
    }
    for block in blocks(text) {
        match block?.1 {
            (SectionKind::PrivateKey, der) => return Ok(PrivatePkcs8KeyDer::from(der).into()),
            (SectionKind::RsaPrivateKey, der) => return Ok(PrivatePkcs1KeyDer::from(der).into()),
            (SectionKind::EcPrivateKey, der) => return Ok(PrivateSec1KeyDer::from(der).into()),
            _ => {}
        }
    }
    Err(PemError::NoKey)
}

/// A certificate chain with its key. They must belong together.
pub(super) fn certified_key(
    certificate: &Certificate,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, PemError> {
    let chain = certificates(&certificate.chain_pem)?;
    for (number, der) in &chain {
        EndEntityCert::try_from(der).map_err(|e| PemError::Certificate(*number, e.to_string()))?;
    }
    let key = private_key(&certificate.key_pem)?;
    let key = provider.key_provider.load_private_key(key).map_err(PemError::Key)?;
    let chain = chain.into_iter().map(|(_, der)| der).collect();
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Keys whose public part cannot be told are taken at their word.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(_) => Err(PemError::Mismatch),
    }
}

/// Adds the authorities of a bundle to `roots`.
pub(super) fn add_trust(roots: &mut RootCertStore, trust: &Trust) -> Result<(), PemError> {
    for (number, der) in certificates(&trust.pem)? {
        roots.add(der).map_err(|e| PemError::Certificate(number, e.to_string()))?;
    }
    Ok(())
}

/// The DNS names that a certificate is for, lower-case, wildcards as they are.
pub(super) fn dns_names(certificate: &CertificateDer<'_>) -> Vec<Box<str>> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_dns_names().map(|name| name.to_ascii_lowercase().into()).collect()
}
