//! Snapshots in files: the last good one of a dataplane, and those that `--snapshot FILE` names.
//!
//! A file holds private keys, so it is readable by its owner only. Its layout: 8 bytes magic, the writer's
//! schema hash (32), the BLAKE3 hash of what follows (32), then revision and snapshot in postcard.

mod stamp;

pub use stamp::Stamp;

use crate::{ContentHash, Snapshot, VerifyError, schema_hash};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process,
};

const MAGIC: &[u8; 8] = b"CORTEN\x00\x01";
const HEADER: usize = 8 + 32 + 32;

/// A snapshot with the revision that it was published under.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its revision, as of the process that published it.
    pub revision: u64,
    /// The snapshot, verified.
    pub snapshot: Snapshot,
}

/// A file that holds no usable snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Larger than the limit.
    #[error("the file is larger than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// It does not begin like one.
    #[error("the file is not a Corten snapshot")]
    NotASnapshot,
    /// Another version of Corten has written it.
    #[error(
        "the file was written with schema {theirs}, this process has {ours}: another version of Corten wrote it"
    )]
    OtherSchema {
        /// This build's.
        ours: ContentHash,
        /// The writer's.
        theirs: ContentHash,
    },
    /// It is cut or changed.
    #[error("the file is damaged: its checksum does not agree")]
    Damaged,
    /// The checksum agrees but the content is no snapshot.
    #[error("the file's content cannot be decoded: {0}")]
    Malformed(postcard::Error),
    /// The checksum agrees but a part is not what it claims.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// The bytes of a file.
///
/// # Errors
/// [`FileError::Malformed`], if postcard refuses the snapshot; it takes every one that this crate can make.
pub fn encode(revision: u64, snapshot: &Snapshot) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::with_capacity(HEADER);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&schema_hash().0);
    let payload = postcard::to_allocvec(&(revision, snapshot)).map_err(FileError::Malformed)?;
    bytes.extend_from_slice(&ContentHash::of(&payload).0);
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

/// The snapshot in the bytes of a file.
///
/// # Errors
/// [`FileError`], every variant but `Io` and `TooLong`.
pub fn decode(bytes: &[u8]) -> Result<Stored, FileError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(FileError::NotASnapshot)?;
    let (theirs, rest) = rest.split_first_chunk().ok_or(FileError::Damaged)?;
    let (theirs, ours) = (ContentHash(*theirs), schema_hash());
    if theirs != ours {
        return Err(FileError::OtherSchema { ours, theirs });
    }
    let (checksum, payload) = rest.split_first_chunk().ok_or(FileError::Damaged)?;
    if ContentHash::of(payload) != ContentHash(*checksum) {
        return Err(FileError::Damaged);
    }
    let (stored, rest): ((u64, Snapshot), _) =
        postcard::take_from_bytes(payload).map_err(FileError::Malformed)?;
    if !rest.is_empty() {
        return Err(FileError::Damaged);
    }
    let (revision, snapshot) = stored;
    snapshot.verify()?;
    Ok(Stored { revision, snapshot })
}

/// Reads a file of at most `max` bytes.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path, max: usize) -> Result<Stored, FileError> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(FileError::TooLong { max });
    }
    decode(&bytes)
}

/// Replaces the file as one step: a reader, or a process that starts after a crash, finds the old content or
/// the new, never a part. The new file has mode 0600.
///
/// # Errors
/// [`FileError::Io`]; the old file is then untouched.
pub fn write(path: &Path, revision: u64, snapshot: &Snapshot) -> Result<(), FileError> {
    let bytes = encode(revision, snapshot)?;
    let temporary = temporary_name(path)?;
    let result = write_new(&temporary, &bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = result {
        // It may not even have been made; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(error.into());
    }
    // The rename itself must survive a crash too.
    File::open(parent(path))?.sync_all()?;
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Beside `path`, hidden, one for each process.
fn temporary_name(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", process::id()));
    Ok(parent(path).join(hidden))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
