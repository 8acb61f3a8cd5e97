//! Which of a listener's certificates a client is shown.

use super::pem::dns_names;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// The certificates of a listener, in its order.
#[derive(Debug)]
pub(super) struct Certificates {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: Arc<CertifiedKey>,
    names: Vec<Box<str>>,
}

impl Certificates {
    /// From at least one.
    pub(super) fn new(keys: Vec<Arc<CertifiedKey>>) -> Self {
        let entry = |key: Arc<CertifiedKey>| Entry {
            names: key.end_entity_cert().map(dns_names).unwrap_or_default(),
            key,
        };
        Self { entries: keys.into_iter().map(entry).collect() }
    }
}

impl ResolvesServerCert for Certificates {
    /// The first whose names include the SNI and whose key the client can verify (a listener may have an ECDSA
    /// and an RSA certificate for one name); else the first.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut named = None;
        if let Some(sni) = hello.server_name() {
            let sni = sni.to_ascii_lowercase();
            for entry in self.entries.iter().filter(|entry| entry.is_for(&sni)) {
                if entry.key.key.choose_scheme(hello.signature_schemes()).is_some() {
                    return Some(entry.key.clone());
                }
                named.get_or_insert(entry);
            }
        }
        named.or_else(|| self.entries.first()).map(|entry| entry.key.clone())
    }
}

impl Entry {
    /// A wildcard of a certificate stands for exactly one label (RFC 9525 section 6.3).
    fn is_for(&self, sni: &str) -> bool {
        let parent = sni.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(suffix) => parent == Some(suffix),
            None => **name == *sni,
        })
    }
}
