//! Frames: what goes over the Unix socket between a controller and a dataplane.
//!
//! A frame is its length (4 bytes, big endian, of what follows) and its [`Frame`] in postcard. Nothing is
//! compressed: both ends share a machine. This module only turns frames into bytes and back.
//!
//! The conversation, controller on the left:
//! ```text
//!                              connect
//!            <- Hello {schema, hash and revision held}
//! Hello {schema, hash and revision published} ->
//!    the schemas differ: both close, the dataplane serves on and tries again later
//! Update ->                 Full; or a Delta if the dataplane holds its base (empty if it holds the same)
//!            <- Ack         by its hash the dataplane says what it holds; other than sent: a Full follows
//! Update ->                 only after the Ack, and always to the newest state
//! Ping ->    <- Pong        while there is nothing to say
//! ```

mod decode;
mod encode;

pub use decode::{Decoder, decode};
pub use encode::encode;

use crate::{Ack, ContentHash, Update, VerifyError, schema_hash};
use serde::{Deserialize, Serialize};

/// Longest frame, in bytes, unless configured otherwise: 256 MiB.
pub const MAX_FRAME: usize = 256 << 20;

/// One message. The first variant stays what it is in every version, so that peers of different versions
/// understand each other well enough to part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// The first frame of each end.
    Hello(Hello),
    /// Controller to dataplane: a new state.
    Update(Update),
    /// Dataplane to controller: the answer to an update.
    Ack(Ack),
    /// Asks for a [`Frame::Pong`].
    Ping,
    /// The answer to a [`Frame::Ping`].
    Pong,
}

/// Who is speaking. **This layout never changes.**
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`schema_hash`] of the sender; different ones cannot talk.
    pub schema: ContentHash,
    /// The snapshot that the dataplane holds or the controller publishes; zeros: none.
    pub hash: ContentHash,
    /// Its revision, 0 for none.
    pub revision: u64,
}

impl Hello {
    /// A greeting of this build.
    pub fn new(hash: ContentHash, revision: u64) -> Self {
        Self { schema: schema_hash(), hash, revision }
    }

    /// Whether the sender has the same types.
    ///
    /// # Errors
    /// [`SchemaMismatch`] if not.
    pub fn check_schema(&self) -> Result<(), SchemaMismatch> {
        let ours = schema_hash();
        if self.schema == ours { Ok(()) } else { Err(SchemaMismatch { ours, theirs: self.schema }) }
    }
}

/// The peer was built with other types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the peer speaks schema {theirs}, this process {ours}: controller and dataplane must be of the same version"
)]
pub struct SchemaMismatch {
    /// This build's.
    pub ours: ContentHash,
    /// The peer's.
    pub theirs: ContentHash,
}

/// Bytes that are no frame, or a frame that cannot be sent. The connection cannot go on after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than the limit.
    #[error("a frame of {length} bytes is over the limit of {max}")]
    TooLong {
        /// Bytes.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// The payload is no encoding of a frame.
    #[error("a frame of {length} bytes cannot be decoded: {error}")]
    Malformed {
        /// Bytes of the payload.
        length: usize,
        /// What postcard says.
        error: postcard::Error,
    },
    /// The payload goes on after its frame.
    #[error("{extra} bytes too many in a frame")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// It decodes, but its content is not what it claims.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

#[cfg(test)]
mod tests;
