//! The decoder of frames: what comes over the Unix socket.

use crate::samples;
use corten_snapshot::{
    Snapshot, Update,
    frame::{Decoder, Frame, FrameError, decode, encode},
};

const MAX: usize = 1 << 20;

/// A payload of every kind.
pub fn payloads() -> Vec<Vec<u8>> {
    samples::payloads()
}

/// The same as streams, and one of all of them.
pub fn streams() -> Vec<Vec<u8>> {
    samples::streams()
}

/// One payload: decodes it and holds the decoder to its promises.
///
/// # Panics
/// If what was decoded does not encode to something that decodes to the same, if an update that passed does not
/// verify, or if the same bytes in small pieces give another result.
pub fn payload(bytes: &[u8]) -> String {
    let result = decode(bytes);
    in_pieces(bytes, &result);
    match result {
        Ok(frame) => {
            let encoded = encode(&frame, MAX).expect("a decoded frame encodes");
            let again = decode(&encoded[4..]).expect("and decodes again");
            // The bytes are compared, since a snapshot may hold a NaN, which is not equal to itself.
            assert_eq!(encode(&again, MAX).expect("and encodes again"), encoded);
            outcome_of(&frame)
        }
        Err(FrameError::Malformed { error, .. }) => format!("malformed: {error:?}"),
        Err(FrameError::Trailing { .. }) => "trailing".into(),
        Err(FrameError::Verify(error)) => format!("wrong: {:.20}", format!("{error:?}")),
        Err(FrameError::TooLong { .. }) => panic!("a payload has no limit"),
    }
}

/// A whole stream, lengths included, as it might come from a peer that means harm.
///
/// # Panics
/// If the decoder does.
pub fn stream(bytes: &[u8]) -> String {
    let mut decoder = Decoder::new(MAX);
    decoder.push(bytes);
    let mut frames = 0;
    loop {
        match decoder.next() {
            Ok(Some(_)) => frames += 1,
            Ok(None) => return format!("{frames} frames, partial: {}", decoder.is_partial()),
            Err(FrameError::TooLong { length, max }) => {
                assert!(length > max);
                return format!("{frames} frames, too long");
            }
            Err(_) => return format!("{frames} frames, an error"),
        }
    }
}

fn in_pieces(payload: &[u8], expected: &Result<Frame, FrameError>) {
    let mut decoder = Decoder::new(MAX);
    let length = u32::try_from(payload.len()).expect("short inputs").to_be_bytes();
    for piece in length.chunks(1).chain(payload.chunks(7)) {
        assert!(matches!(decoder.next(), Ok(None)), "a frame before its end");
        decoder.push(piece);
    }
    match (decoder.next(), expected) {
        (Ok(Some(frame)), Ok(expected)) => {
            assert_eq!(encode(&frame, MAX), encode(expected, MAX));
        }
        (Err(error), Err(expected)) => assert_eq!(error, *expected),
        (got, expected) => panic!("in pieces {got:?}, whole {expected:?}"),
    }
}

fn outcome_of(frame: &Frame) -> String {
    match frame {
        Frame::Update(update) => {
            update.verify().expect("what was decoded verifies");
            let held = Snapshot::default();
            let kind = if matches!(update, Update::Full { .. }) { "full" } else { "delta" };
            match update.clone().apply(&held, held.hash()) {
                Ok((next, _)) => {
                    assert_eq!(next.hash(), update.hash(), "an update leads to what it promises");
                    format!("{kind}, applied")
                }
                Err(_) => format!("{kind}, refused"),
            }
        }
        Frame::Hello(hello) => format!("hello, {}", hello.check_schema().is_ok()),
        Frame::Ack(ack) => format!("ack, {}", ack.rejected.len().min(3)),
        Frame::Ping => "ping".into(),
        Frame::Pong => "pong".into(),
    }
}
