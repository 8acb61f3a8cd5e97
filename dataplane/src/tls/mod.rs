//! TLS by rustls with aws-lc-rs: towards clients ([`BindTls`]) and towards upstreams ([`ClientConfigs`]).
//!
//! TLS 1.2 and 1.3 with the suites of Mozilla's intermediate profile, which are those of the provider.

mod accept;
mod bind;
mod client;
mod client_verifier;
mod error;
mod pem;
mod resolver;
mod server;
mod server_verifier;
#[cfg(test)]
mod tests;
mod ticket;

pub(crate) use bind::BindTls;
pub(crate) use client::ClientConfigs;
pub(crate) use server::ServerTls;

use rustls::crypto::CryptoProvider;
use std::sync::{Arc, LazyLock};

/// The one provider. It is passed everywhere, never taken from the process's default, so that a second one
/// among the dependencies cannot be picked by accident.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}
