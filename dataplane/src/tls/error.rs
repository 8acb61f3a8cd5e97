//! Why TLS cannot be set up. These texts end up in the status of the object that is at fault.

use corten_snapshot::{CertificateKey, TrustKey};

/// A part that no TLS configuration can be built from. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The snapshot has no such certificate, or it was refused.
    #[error("{0}: the certificate is missing")]
    NoCertificate(CertificateKey),
    /// The snapshot has no such bundle, or it was refused.
    #[error("{0}: the bundle is missing")]
    NoTrust(TrustKey),
    /// A certificate with its key is not usable.
    #[error("{0}: {1}")]
    Certificate(CertificateKey, PemError),
    /// A bundle is not usable.
    #[error("{0}: {1}")]
    Trust(TrustKey, PemError),
    /// A listener without any certificate.
    #[error("the listener has no certificate")]
    NoCertificates,
    /// The operating system's authorities cannot be read.
    #[error("the authorities of the operating system cannot be read: {0}")]
    System(String),
    /// The hostname of an upstream is neither a DNS name nor an address.
    #[error("{0:?} is not a valid TLS server name")]
    ServerName(String),
    /// What rustls says.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    /// Client certificates cannot be verified.
    #[error("client validation: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// What is wrong with PEM text. Blocks are counted from 1, over all blocks of the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PemError {
    /// No certificate is in it.
    #[error("there is no CERTIFICATE block")]
    NoCertificate,
    /// No key is in it.
    #[error("there is no PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY block")]
    NoKey,
    /// A key that a passphrase protects.
    #[error("block {0}: encrypted private keys are not supported")]
    EncryptedKey(usize),
    /// A block is no PEM.
    #[error("block {0}: {1}")]
    Syntax(usize, rustls::pki_types::pem::Error),
    /// A certificate is no X.509 certificate.
    #[error("block {0}: not a valid X.509 certificate: {1}")]
    Certificate(usize, String),
    /// The key is of an unknown kind, or malformed.
    #[error("the private key cannot be used: {0}")]
    Key(rustls::Error),
    /// Certificate and key do not belong together.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
}

impl From<TlsError> for String {
    fn from(error: TlsError) -> Self {
        error.to_string()
    }
}
