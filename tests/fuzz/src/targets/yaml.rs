//! The loader of YAML and the compiler behind it: what a user writes.

use corten::{
    compiled::{EVERY_ADDRESS, compile, options},
    load::Loader,
};
use std::{fs, path::Path};

/// The inputs of the compiler's golden files, as long as they are small: mutations of large ones say little.
pub fn golden() -> Vec<Vec<u8>> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../controller/compile/tests/golden");
    let mut seeds = Vec::new();
    let mut folders = vec![golden];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of golden files") {
            let path = entry.expect("a golden file").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".in.yaml") {
                seeds.push(fs::read(&path).expect("a golden file"));
            }
        }
    }
    seeds.retain(|seed| seed.len() <= 3000);
    seeds.sort();
    seeds
}

/// A file with any number of documents.
///
/// # Panics
/// If loader or compiler do; if the same text is another configuration the second time; if a message stands
/// outside of the file or is longer than a line; or if the compiler makes a snapshot that does not verify.
pub fn file(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return "no text".into() };
    let mut loader = Loader::new(Vec::new(), Some(text.to_owned()));
    loader.load();
    let lines = u32::try_from(text.lines().count()).expect("short inputs").max(1);
    for diagnostic in loader.diagnostics() {
        if let Some(place) = &diagnostic.place {
            assert!(place.line <= lines, "line {} of {lines}: {diagnostic:?}", place.line);
        }
        assert!(!diagnostic.message.contains('\n'), "more than a line: {diagnostic:?}");
    }
    let compiled = compile(&loader, &options(&[], EVERY_ADDRESS));
    let snapshot = compiled.output.snapshot;
    assert_eq!(snapshot.verify(), Ok(()));
    // Of documents with one text, the loader may take another one's object for the same: said to be changed once.
    let second = loader.load();
    assert!(second.added.is_empty() && second.removed.is_empty(), "{second:?}");
    let third = loader.load();
    assert!(third.added.is_empty() && third.changed.is_empty() && third.removed.is_empty(), "{third:?}");
    assert_eq!(compile(&loader, &options(&[], EVERY_ADDRESS)).output.snapshot.hash(), snapshot.hash());
    let (objects, mistakes) = (loader.inventory().len(), loader.diagnostics().len());
    let notes = compiled.diagnostics.len();
    format!(
        "objects: {}, mistakes: {}, notes: {}, parts: {}",
        objects.min(3),
        mistakes.min(2),
        notes.min(2),
        snapshot.len().min(4)
    )
}
