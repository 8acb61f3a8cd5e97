//! Content hashes: BLAKE3 over the postcard encoding.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The BLAKE3 hash (32 bytes) of a part's or a snapshot's encoding. Equal content has equal hashes on
/// every replica, because the compiler is deterministic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Hashes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The first eight bytes as a number, for a metric by which replicas are compared.
    pub fn short(&self) -> u64 {
        self.0.iter().take(8).fold(0, |acc, byte| (acc << 8) | u64::from(*byte))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}
