use super::*;
use crate::{Part, PartKey, Trust, TrustKey, strategies};
use proptest::prelude::*;
use std::os::unix::fs::{PermissionsExt, symlink};

const MAX: usize = 1 << 20;

fn snapshot(pem: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.insert(PartKey::Trust(TrustKey::new("a")), Part::Trust(Trust { pem: pem.into() }));
    snapshot
}

fn names(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// `payload` behind a right header.
fn with_header(payload: &[u8]) -> Vec<u8> {
    [&MAGIC[..], &schema_hash().0, &ContentHash::of(payload).0, payload].concat()
}

proptest! {
    #[test]
    fn what_is_written_is_read(revision in any::<u64>(), snapshot in strategies::snapshot()) {
        let stored = decode(&encode(revision, &snapshot).unwrap()).unwrap();
        prop_assert_eq!(stored, Stored { revision, snapshot });
    }

    #[test]
    fn every_changed_bit_is_noticed(
        snapshot in strategies::snapshot(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let mut bytes = encode(1, &snapshot).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let error = decode(&bytes).unwrap_err();
        let right = match at {
            0..8 => matches!(error, FileError::NotASnapshot),
            8..40 => matches!(error, FileError::OtherSchema { .. }),
            _ => matches!(error, FileError::Damaged),
        };
        prop_assert!(right, "byte {at}: {error}");
    }

    #[test]
    fn a_cut_file_is_noticed(snapshot in strategies::snapshot(), at in any::<prop::sample::Index>()) {
        let bytes = encode(1, &snapshot).unwrap();
        let error = decode(&bytes[..at.index(bytes.len())]).unwrap_err();
        prop_assert!(matches!(error, FileError::NotASnapshot | FileError::Damaged), "{error}");
    }
}

#[test]
fn a_file_is_replaced_whole_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("last-good");
    write(&path, 1, &snapshot("old")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let before = Stamp::of(&path);
    let reader = File::open(&path).unwrap();
    write(&path, 2, &snapshot("new")).unwrap();

    assert_eq!(read(&path, MAX).unwrap(), Stored { revision: 2, snapshot: snapshot("new") });
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_ne!(Stamp::of(&path), before);
    let mut old = Vec::new();
    (&reader).read_to_end(&mut old).unwrap();
    assert_eq!(decode(&old).unwrap().revision, 1, "who had it open still reads the old one");
    assert_eq!(names(dir.path()), ["last-good"]);
}

#[test]
fn what_a_crashed_process_left_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("last-good");
    fs::write(temporary_name(&path).unwrap(), "half a fi").unwrap();
    write(&path, 1, &snapshot("a")).unwrap();
    assert_eq!(names(dir.path()), ["last-good"]);
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_litter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("target");
    fs::create_dir(&path).unwrap();
    assert!(matches!(write(&path, 1, &snapshot("a")), Err(FileError::Io(_))));
    assert_eq!(names(dir.path()), ["target"]);
    assert!(matches!(write(Path::new("/"), 1, &snapshot("a")), Err(FileError::Io(_))));
}

#[test]
fn a_missing_folder_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = write(&dir.path().join("no/such"), 1, &snapshot("a")).unwrap_err();
    assert!(matches!(&error, FileError::Io(io) if io.kind() == io::ErrorKind::NotFound), "{error}");
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large");
    write(&path, 1, &snapshot(&"x".repeat(1000))).unwrap();
    let size = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    assert!(matches!(read(&path, size - 1), Err(FileError::TooLong { .. })));
    assert!(read(&path, size).is_ok());
}

#[test]
fn a_right_checksum_over_nonsense_is_still_refused() {
    assert!(matches!(decode(&with_header(&[1, 200])), Err(FileError::Malformed(_))));
    let mut payload = postcard::to_allocvec(&(1_u64, Snapshot::default())).unwrap();
    payload.push(0);
    assert!(matches!(decode(&with_header(&payload)), Err(FileError::Damaged)));
    let mut part = snapshot("a").iter().next().unwrap().1.clone();
    part.hash = ContentHash([1; 32]);
    let parts = vec![(PartKey::Trust(TrustKey::new("a")), part)];
    let payload = postcard::to_allocvec(&(1_u64, parts)).unwrap();
    assert!(matches!(decode(&with_header(&payload)), Err(FileError::Verify(_))));
}

#[test]
fn other_files_are_told_apart() {
    assert!(matches!(decode(b""), Err(FileError::NotASnapshot)));
    assert!(matches!(decode(b"apiVersion: v1"), Err(FileError::NotASnapshot)));
    let mut bytes = encode(1, &snapshot("a")).unwrap();
    bytes[8..40].fill(5);
    let error = decode(&bytes).unwrap_err();
    assert!(error.to_string().contains("another version of Corten"), "{error}");
}

#[test]
fn a_stamp_changes_with_rename_and_symlink_swap() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two, link] = ["one", "two", "link"].map(|name| dir.path().join(name));
    assert_eq!(Stamp::of(&link), None);
    write(&one, 1, &snapshot("a")).unwrap();
    write(&two, 1, &snapshot("a")).unwrap();
    symlink(&one, &link).unwrap();
    let before = Stamp::of(&link).unwrap();
    assert_eq!(Stamp::of(&one), Some(before));
    fs::remove_file(&link).unwrap();
    symlink(&two, &link).unwrap();
    assert_ne!(Stamp::of(&link), Some(before));
    let before = Stamp::of(&one);
    write(&one, 1, &snapshot("a")).unwrap();
    assert_ne!(Stamp::of(&one), before);
}
