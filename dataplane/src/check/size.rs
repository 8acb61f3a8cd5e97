//! How large a head is.

use crate::error::{Code, Error};
use corten_snapshot::Limits;

/// The measures of a head. They are held against limits twice: those of the connection, when the head
/// arrives, and those of the listener, once its host is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// Bytes of the request target.
    pub(super) target: usize,
    /// Header fields.
    pub(super) fields: usize,
    /// Bytes of the header section.
    pub(super) bytes: usize,
}

impl Size {
    /// Whether the head is small enough.
    ///
    /// # Errors
    /// 414 for the target, 431 for the header section.
    pub(crate) fn within(self, limits: &Limits) -> Result<(), Error> {
        if self.target > limits.uri_bytes as usize {
            return Err(Code::UriTooLong.into());
        }
        if self.fields > limits.header_count as usize || self.bytes > limits.header_bytes as usize {
            return Err(Code::HeadersTooLarge.into());
        }
        Ok(())
    }
}
