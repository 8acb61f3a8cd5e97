//! The decoder of snapshot files.

use crate::samples;
use corten_snapshot::{
    ContentHash, Snapshot,
    file::{FileError, decode, encode},
};

const HEADER: usize = 72;

/// Whole files.
pub fn files() -> Vec<Vec<u8>> {
    let made = [Snapshot::default(), samples::snapshot()];
    made.iter().map(|snapshot| encode(7, snapshot).expect("a snapshot encodes")).collect()
}

/// What stands behind their headers.
pub fn contents() -> Vec<Vec<u8>> {
    files().iter().map(|file| file[HEADER..].to_vec()).collect()
}

/// A whole file.
///
/// # Panics
/// If the decoder does, or if what it accepts does not encode to the same bytes.
pub fn file(bytes: &[u8]) -> String {
    match decode(bytes) {
        Ok(stored) => {
            stored.snapshot.verify().expect("what was decoded verifies");
            let again = encode(stored.revision, &stored.snapshot).expect("a decoded snapshot encodes");
            let again = decode(&again).expect("and decodes again");
            assert_eq!(again.snapshot.hash(), stored.snapshot.hash());
            format!("{} parts", stored.snapshot.len().min(3))
        }
        Err(FileError::Malformed(error)) => format!("malformed: {error:?}"),
        Err(FileError::Verify(error)) => format!("wrong: {:.20}", format!("{error:?}")),
        Err(FileError::NotASnapshot) => "no snapshot".into(),
        Err(FileError::OtherSchema { .. }) => "another schema".into(),
        Err(FileError::Damaged) => "damaged".into(),
        Err(error @ (FileError::Io(_) | FileError::TooLong { .. })) => panic!("nothing was read: {error}"),
    }
}

/// The content behind a right header: what a checksum does not keep out.
///
/// # Panics
/// As [`file()`].
pub fn content(bytes: &[u8]) -> String {
    let mut whole = encode(0, &Snapshot::default()).expect("an empty snapshot encodes");
    whole.truncate(HEADER - 32);
    whole.extend_from_slice(&ContentHash::of(bytes).0);
    whole.extend_from_slice(bytes);
    file(&whole)
}
