//! Session tickets (RFC 8446 section 4.6.1, RFC 5077).

use corten_snapshot::{ContentHash, ListenerKey};
use rustls::server::ProducesTickets;
use std::sync::{Arc, LazyLock};

/// Tickets of one listener: made with the keys of the process, which outlive every configuration, and valid
/// only where they were made. A session that one listener granted is worth nothing at another, whatever it
/// asks of its clients.
#[derive(Debug)]
pub(super) struct ListenerTickets {
    process: Arc<dyn ProducesTickets>,
    listener: [u8; 32],
}

impl ListenerTickets {
    /// The tickets of `listener`.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(super) fn new(listener: &ListenerKey) -> Result<Self, rustls::Error> {
        static PROCESS: LazyLock<Result<Arc<dyn ProducesTickets>, rustls::Error>> =
            LazyLock::new(rustls::crypto::aws_lc_rs::Ticketer::new);
        Ok(Self { process: PROCESS.clone()?, listener: ContentHash::of(listener.as_str().as_bytes()).0 })
    }
}

impl ProducesTickets for ListenerTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.process.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.process.encrypt(&[&self.listener, plain].concat())
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let mut plain = self.process.decrypt(cipher)?;
        // The text is authentic: only we can have put a listener's hash before it.
        if !plain.starts_with(&self.listener) {
            return None;
        }
        Some(plain.split_off(self.listener.len()))
    }
}
