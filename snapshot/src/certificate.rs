//! Key material. Its `Debug` form and every dump leave the private key out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A certificate chain with its private key, as the Secret (type `kubernetes.io/tls`) holds them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// PEM, leaf first.
    pub chain_pem: String,
    /// PEM: PKCS#8, PKCS#1 or SEC1.
    pub key_pem: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("chain_pem", &self.chain_pem).finish_non_exhaustive()
    }
}

/// Certificate authorities that somebody is verified against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// PEM, one or more certificates.
    pub pem: String,
}
