//! Inputs in files.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// All files of a folder, in the order of their names.
pub(crate) fn load(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// Keeps an input under a name that follows from its content.
pub(crate) fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    let path = folder.join(corten_snapshot::ContentHash::of(input).to_string());
    fs::create_dir_all(folder).expect("folder of the findings");
    fs::write(&path, input).expect("a finding");
    path
}
