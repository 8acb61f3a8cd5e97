//! Frames to bytes.

use super::{Frame, FrameError};

/// The bytes of `frame`, its length in front.
///
/// # Errors
/// [`FrameError::TooLong`] if the payload is longer than `max` (or than 4 GiB).
pub fn encode(frame: &Frame, max: usize) -> Result<Vec<u8>, FrameError> {
    let mut bytes =
        postcard::to_extend(frame, vec![0; 4]).map_err(|error| FrameError::Malformed { length: 0, error })?;
    let length = bytes.len() - 4;
    match u32::try_from(length) {
        Ok(prefix) if length <= max => {
            if let Some(head) = bytes.first_chunk_mut() {
                *head = prefix.to_be_bytes();
            }
            Ok(bytes)
        }
        _ => Err(FrameError::TooLong { length, max }),
    }
}
