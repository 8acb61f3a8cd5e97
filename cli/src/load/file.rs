//! One file and its documents.

use super::{
    documents,
    paths::{Stamp, plain},
    read::{Document, Finding, read},
    yaml::MAX_FILE_BYTES,
};
use crate::diagnostic::Diagnostic;
use corten_snapshot::ContentHash;
use std::{collections::HashMap, fs, io::Read as _, path::Path, sync::Arc};

/// A file as it was last read.
#[derive(Debug)]
pub struct File {
    /// Its stamp before it was read; `None` for standard input.
    pub stamp: Option<Stamp>,
    /// Its documents in order.
    pub documents: Vec<Placed>,
    /// Why it could not be read; then it has no documents.
    pub error: Option<Finding>,
}

/// A document and where it stands.
#[derive(Debug)]
pub struct Placed {
    /// Line of its first line in the file, from 1.
    pub line: u32,
    hash: ContentHash,
    /// What it holds; shared with the reading before while its text stays the same.
    pub document: Arc<Document>,
}

impl File {
    /// Reads the file. Documents whose text is the same as in `before` are not parsed again.
    pub fn read(path: &Path, stamp: Option<Stamp>, before: Option<&Self>) -> Self {
        match content(path) {
            Ok(text) => Self::parse(&text, stamp, before),
            Err((line, message)) => {
                let error = Some(Finding { line, diagnostic: Diagnostic::error("io", message) });
                Self { stamp, documents: Vec::new(), error }
            }
        }
    }

    /// The same with the text at hand.
    pub fn parse(text: &str, stamp: Option<Stamp>, before: Option<&Self>) -> Self {
        let known: HashMap<ContentHash, &Arc<Document>> =
            before.into_iter().flat_map(|file| &file.documents).map(|d| (d.hash, &d.document)).collect();
        let place = |raw: documents::RawDocument<'_>| {
            let hash = ContentHash::of(raw.text.as_bytes());
            let document = known.get(&hash).map_or_else(|| Arc::new(read(raw.text)), |&same| same.clone());
            Placed { line: raw.line, hash, document }
        };
        Self { stamp, documents: documents::split(text).into_iter().map(place).collect(), error: None }
    }

    /// Whether it may hold objects that could not be identified.
    pub fn unreadable(&self) -> bool {
        self.error.is_some() || self.documents.iter().any(|placed| placed.document.unreadable)
    }
}

/// The text of a file, or which line of it cannot be read (0: all of it) and why.
fn content(path: &Path) -> Result<String, (u32, String)> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| (0, format!("cannot be read: {}", plain(&error))))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err((0, format!("is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let lines = valid.iter().filter(|byte| **byte == b'\n').count();
        (u32::try_from(lines + 1).unwrap_or(0), "is not UTF-8 text".to_owned())
    })
}

/// The text of one document of a file as it is now; for messages that name a field's line.
pub fn document_text(path: &Path, line: u32) -> Option<String> {
    let text = content(path).ok()?;
    text_at(&text, line)
}

/// The text of the document that starts at `line`.
pub fn text_at(text: &str, line: u32) -> Option<String> {
    documents::split(text).into_iter().find(|raw| raw.line == line).map(|raw| raw.text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n";

    fn write(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yaml");
        fs::write(&path, content).unwrap();
        (dir, path)
    }

    #[test]
    fn unchanged_documents_are_shared_even_when_they_move() {
        let before = File::parse(TWO, None, None);
        let after =
            File::parse(&format!("# a new line\n{}", TWO.replace("name: a", "name: c")), None, Some(&before));
        assert_eq!(after.documents.iter().map(|d| d.line).collect::<Vec<_>>(), [1, 5]);
        assert!(Arc::ptr_eq(&after.documents[1].document, &before.documents[1].document));
        assert!(!Arc::ptr_eq(&after.documents[0].document, &before.documents[0].document));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let missing = File::read(Path::new("/nonexistent/a.yaml"), None, None);
        assert_eq!(missing.error.unwrap().diagnostic.message, "cannot be read: No such file or directory");
        let (_dir, path) = write(b"a: 1\nb: \xff\n");
        let file = File::read(&path, None, None);
        assert!(file.unreadable());
        let error = file.error.unwrap();
        assert_eq!((error.line, error.diagnostic.message.as_str()), (2, "is not UTF-8 text"));
    }

    #[test]
    fn the_text_of_a_document_is_found_by_its_line() {
        let (_dir, path) = write(TWO.as_bytes());
        assert!(document_text(&path, 4).unwrap().contains("name: b"));
        assert_eq!(document_text(&path, 2), None, "the file has changed since");
    }
}
