//! The decoder of frames.

use corten_fuzz::{Campaign, targets::frame};

const PIECES: &[&[u8]] =
    &[&[0x80, 0x80, 0x80, 0x80, 0x01], &[0xff; 9], &[0; 32], &[0, 0, 0, 1], b"a/b/c", b"*."];

#[test]
fn payloads() {
    let report = Campaign::new("frame").seeds(frame::payloads()).dictionary(PIECES).run(frame::payload);
    report.reached(&[
        "full, applied",
        "delta, refused",
        "hello, false",
        "ack, 0",
        "ping",
        "pong",
        "trailing",
    ]);
    assert!(report.outcomes.iter().any(|outcome| outcome.starts_with("wrong")), "{:?}", report.outcomes);
}

#[test]
fn streams() {
    let report = Campaign::new("stream").seeds(frame::streams()).dictionary(PIECES).run(frame::stream);
    report.reached(&["0 frames, too long", "0 frames, an error", "0 frames, partial: true"]);
    report.reached(&["2 frames, partial: false"]);
}
