//! Bytes to frames.

use super::{Frame, FrameError};

/// A buffer that was larger than this is given back once its frame is decoded: a full snapshot is rare.
const KEEP_CAPACITY: usize = 1 << 20;

/// The frame in `payload`, which is everything after the length. Parts are checked against their hashes.
///
/// # Errors
/// [`FrameError`]; never panics, and allocates no more than a small multiple of the payload.
pub fn decode(payload: &[u8]) -> Result<Frame, FrameError> {
    let malformed = |error| FrameError::Malformed { length: payload.len(), error };
    let (frame, rest) = postcard::take_from_bytes::<Frame>(payload).map_err(malformed)?;
    if !rest.is_empty() {
        return Err(FrameError::Trailing { extra: rest.len() });
    }
    if let Frame::Update(update) = &frame {
        update.verify()?;
    }
    Ok(frame)
}

/// Takes frames out of a stream of bytes that arrives in pieces.
///
/// It holds what was pushed and not yet decoded, and reserves nothing for what a length only announces. After
/// an error the stream is out of step: close it.
#[derive(Debug)]
pub struct Decoder {
    pub(super) buffer: Vec<u8>,
    max: usize,
}

impl Decoder {
    /// `max`: the longest payload that is accepted, in bytes.
    pub fn new(max: usize) -> Self {
        Self { buffer: Vec::new(), max }
    }

    /// Adds bytes. Call [`Self::next`] until it gives nothing more before adding others: an over-long frame is
    /// seen there, as soon as its length is in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None`: more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError`] for an over-long or wrong frame.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: `None` is not the end")]
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((prefix, rest)) = self.buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
        if length > self.max {
            return Err(FrameError::TooLong { length, max: self.max });
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = decode(payload)?;
        self.buffer.drain(..4 + length);
        if self.buffer.capacity() > KEEP_CAPACITY {
            self.buffer.shrink_to(KEEP_CAPACITY);
        }
        Ok(Some(frame))
    }

    /// Whether a frame has begun but not ended: the end of the stream then cuts it.
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }
}
