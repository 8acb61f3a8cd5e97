use super::*;
use crate::{
    Certificate, CertificateKey, Delta, HashedPart, ListenerKey, Part, PartKey, Rejected, Snapshot, Trust,
    TrustKey, strategies,
};
use proptest::prelude::*;
use std::sync::Arc;

const MAX: usize = 1 << 20;

fn trust_key(name: &str) -> PartKey {
    PartKey::Trust(TrustKey::new(name))
}

fn trust(pem: &str) -> HashedPart {
    let part = Part::Trust(Trust { pem: pem.into() });
    HashedPart { hash: part.hash(), part: Arc::new(part) }
}

fn delta(changed: Vec<(PartKey, HashedPart)>) -> Frame {
    let hash = ContentHash::default();
    Frame::Update(Update::Delta { revision: 1, base: hash, hash, delta: Delta { changed, removed: vec![] } })
}

fn payload(frame: &Frame) -> Vec<u8> {
    encode(frame, MAX).unwrap().split_off(4)
}

fn decode_all(decoder: &mut Decoder) -> Vec<Frame> {
    std::iter::from_fn(|| decoder.next().unwrap()).collect()
}

proptest! {
    #[test]
    fn frames_survive_the_way_in_pieces_of_any_size(
        frames in prop::collection::vec(strategies::frame(), 1..4),
        cuts in prop::collection::vec(1_usize..200, 1..20),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| encode(frame, MAX).unwrap()).collect();
        let (mut decoder, mut got, mut rest) = (Decoder::new(MAX), Vec::new(), bytes.as_slice());
        for cut in cuts.iter().cycle() {
            let (piece, tail) = rest.split_at((*cut).min(rest.len()));
            decoder.push(piece);
            got.extend(decode_all(&mut decoder));
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(got, frames);
        prop_assert!(!decoder.is_partial());
    }

    #[test]
    fn garbage_is_an_error_or_a_frame_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
        let mut decoder = Decoder::new(MAX);
        decoder.push(&bytes);
        while let Ok(Some(_)) = decoder.next() {}
    }

    #[test]
    fn a_changed_byte_never_passes_as_another_part(
        frame in strategies::update().prop_map(Frame::Update), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let mut bytes = payload(&frame);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(Frame::Update(update)) = decode(&bytes) {
            prop_assert_eq!(update.verify(), Ok(()));
        }
    }

    #[test]
    fn a_cut_frame_is_no_frame(frame in strategies::frame(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&frame, MAX).unwrap();
        let mut decoder = Decoder::new(MAX);
        decoder.push(&bytes[..at.index(bytes.len())]);
        prop_assert_eq!(decoder.next(), Ok(None));
        let body = &bytes[4..];
        prop_assert!(decode(&body[..at.index(body.len())]).is_err());
    }

    #[test]
    fn bytes_behind_a_frame_are_an_error(frame in strategies::frame(), extra in 1_usize..5) {
        let mut bytes = payload(&frame);
        bytes.resize(bytes.len() + extra, 0);
        prop_assert_eq!(decode(&bytes), Err(FrameError::Trailing { extra }));
    }
}

#[test]
fn the_hello_has_the_same_bytes_in_every_version() {
    let hello = Hello { schema: ContentHash([1; 32]), hash: ContentHash([2; 32]), revision: 300 };
    let mut expected = vec![0, 0, 0, 67, 0];
    expected.extend([1; 32]);
    expected.extend([2; 32]);
    expected.extend([0xac, 0x02]);
    assert_eq!(encode(&Frame::Hello(hello), MAX).unwrap(), expected);
}

#[test]
fn an_announced_length_reserves_nothing() {
    let mut decoder = Decoder::new(MAX_FRAME);
    decoder.push(&[0x0f, 0xff, 0xff, 0xff, 1, 2, 3]);
    assert_eq!(decoder.next(), Ok(None));
    assert!(decoder.buffer.capacity() < 100, "{}", decoder.buffer.capacity());
    assert!(decoder.is_partial());
}

#[test]
fn a_frame_over_the_limit_is_refused_by_its_length_alone() {
    let mut decoder = Decoder::new(1000);
    decoder.push(&1001_u32.to_be_bytes());
    assert_eq!(decoder.next(), Err(FrameError::TooLong { length: 1001, max: 1000 }));
}

#[test]
fn a_frame_of_exactly_the_limit_passes() {
    let bytes = encode(&Frame::Update(Update::full(1, Snapshot::default())), MAX).unwrap();
    let mut decoder = Decoder::new(bytes.len() - 4);
    decoder.push(&bytes);
    assert!(decoder.next().unwrap().is_some());
}

#[test]
fn too_large_a_frame_is_not_encoded() {
    let frame = delta(vec![(trust_key("a"), trust(&"x".repeat(2000)))]);
    assert!(matches!(encode(&frame, 1000), Err(FrameError::TooLong { length: 2000.., max: 1000 })));
}

#[test]
fn an_empty_frame_is_malformed() {
    let mut decoder = Decoder::new(MAX);
    decoder.push(&[0; 4]);
    assert!(matches!(decoder.next(), Err(FrameError::Malformed { length: 0, .. })));
}

#[test]
fn a_count_that_nothing_follows_allocates_little_and_fails() {
    // Frame::Ack, revision 0, a hash, and 2^28 rejected parts of which none is there.
    let mut bytes = vec![2, 0];
    bytes.extend([0; 32]);
    bytes.extend([0x80, 0x80, 0x80, 0x80, 0x01]);
    assert!(matches!(decode(&bytes), Err(FrameError::Malformed { length: 39, .. })));
}

#[test]
fn a_part_with_another_hash_is_refused() {
    let mut part = trust("a");
    part.hash = trust("b").hash;
    let error = decode(&payload(&delta(vec![(trust_key("x"), part)]))).unwrap_err();
    assert_eq!(
        error,
        FrameError::Verify(VerifyError::PartHash {
            key: trust_key("x"),
            claimed: trust("b").hash,
            got: trust("a").hash
        })
    );
}

#[test]
fn a_part_of_another_kind_than_its_key_is_refused() {
    let key = PartKey::Listener(ListenerKey::new("a/b/c"));
    let error = decode(&payload(&delta(vec![(key.clone(), trust("a"))]))).unwrap_err();
    assert_eq!(error, FrameError::Verify(VerifyError::Kind { key, kind: "trust" }));
}

#[test]
fn a_full_state_with_another_hash_is_refused() {
    let update = Update::Full { revision: 1, hash: ContentHash([7; 32]), snapshot: Snapshot::default() };
    let got = Snapshot::default().hash();
    assert_eq!(
        decode(&payload(&Frame::Update(update))),
        Err(FrameError::Verify(VerifyError::SnapshotHash { claimed: ContentHash([7; 32]), got }))
    );
}

#[test]
fn unsorted_and_doubled_parts_are_refused() {
    let (a, b) = ((trust_key("a"), trust("1")), (trust_key("b"), trust("2")));
    for parts in [vec![b.clone(), a.clone()], vec![a.clone(), a.clone()]] {
        // Frame::Update, Update::Full, revision 1, a hash, the parts.
        let mut bytes = vec![1, 0, 1];
        bytes.extend([0; 32]);
        bytes.extend(postcard::to_allocvec(&parts).unwrap());
        assert!(matches!(decode(&bytes), Err(FrameError::Malformed { .. })));
    }
}

#[test]
fn large_frames_do_not_keep_their_buffer() {
    let frame = delta(vec![(trust_key("a"), trust(&"x".repeat(3 << 20)))]);
    let mut decoder = Decoder::new(MAX_FRAME);
    decoder.push(&encode(&frame, MAX_FRAME).unwrap());
    assert_eq!(decoder.next(), Ok(Some(frame)));
    assert!(decoder.buffer.capacity() <= 1 << 20);
}

#[test]
fn only_equal_schemas_talk() {
    let hello = Hello::new(ContentHash::default(), 0);
    assert_eq!(hello.check_schema(), Ok(()));
    let other = Hello { schema: ContentHash([9; 32]), ..hello };
    let error = other.check_schema().unwrap_err();
    assert_eq!(error, SchemaMismatch { ours: schema_hash(), theirs: ContentHash([9; 32]) });
    assert!(error.to_string().contains("same version"), "{error}");
}

#[test]
fn private_keys_cross_but_are_never_printed() {
    let part =
        Part::Certificate(Box::new(Certificate { chain_pem: "CHAIN".into(), key_pem: "SECRET".into() }));
    let mut snapshot = Snapshot::default();
    snapshot.insert(PartKey::Certificate(CertificateKey::new("secret/a/b")), part);
    let frame = Frame::Update(Update::full(1, snapshot));
    assert_eq!(decode(&payload(&frame)), Ok(frame.clone()));
    let debug = format!("{frame:?}");
    assert!(debug.contains("CHAIN") && !debug.contains("SECRET"), "{debug}");
}

#[test]
fn rejections_cross_with_their_reason() {
    let rejected = vec![Rejected { key: trust_key("a"), reason: "no PEM section".into() }];
    let frame = Frame::Ack(Ack { revision: 7, hash: ContentHash([3; 32]), rejected });
    assert_eq!(decode(&payload(&frame)), Ok(frame));
}
