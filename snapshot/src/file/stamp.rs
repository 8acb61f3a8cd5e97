//! Whether a file is still the same.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// What tells one content of a path from another without reading it: also a replacement by rename and a swapped
/// symbolic link change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp of what `path` leads to now; `None`: nothing that can be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        let modified = (meta.mtime(), meta.mtime_nsec());
        Some(Self { device: meta.dev(), inode: meta.ino(), size: meta.size(), modified })
    }
}
