//! One file and its documents.

use super::{
    documents::{self, RawDocument},
    parallel,
    paths::{Stamp, plain},
    read::{Document, Finding, Item, read},
    yaml::MAX_FILE_BYTES,
};
use crate::diagnostic::Diagnostic;
use corten_snapshot::ContentHash;
use std::{collections::HashMap, fs, io::Read as _, path::Path, sync::Arc};

/// Half of a content hash, which is enough to tell the documents of one file apart.
type TextHash = [u8; 16];

fn text_hash(text: &str) -> TextHash {
    let ContentHash(hash) = ContentHash::of(text.as_bytes());
    std::array::from_fn(|place| hash.get(place).copied().unwrap_or_default())
}

/// A file as it was last read.
#[derive(Debug)]
pub struct File {
    /// Its stamp before it was read; `None` for standard input.
    pub stamp: Option<Stamp>,
    /// Its documents in order.
    pub documents: Box<[Placed]>,
    /// Why it could not be read; then it has no documents.
    pub error: Option<Box<Finding>>,
}

/// A document and where it stands.
#[derive(Debug)]
pub struct Placed {
    /// Line of its first line in the file, from 1.
    pub line: u32,
    hash: TextHash,
    /// What it holds; shared with the reading before while its text stays the same.
    pub document: Arc<Document>,
}

impl File {
    /// Reads the file. Documents whose text is the same as in `before` are not parsed again.
    pub fn read(path: &Path, stamp: Option<Stamp>, before: Option<&Self>) -> Self {
        match content(path) {
            Ok(text) => Self::parse(&text, stamp, before),
            Err((line, message)) => {
                let error = Finding { line, diagnostic: Diagnostic::error("io", message) };
                Self { stamp, documents: Box::default(), error: Some(Box::new(error)) }
            }
        }
    }

    /// The same with the text at hand.
    pub fn parse<'a>(text: &'a str, stamp: Option<Stamp>, before: Option<&Self>) -> Self {
        // Documents of one text are told apart by their order, the last on top.
        let mut known: HashMap<TextHash, Vec<&Arc<Document>>> = HashMap::new();
        for placed in before.into_iter().flat_map(|file| file.documents.iter().rev()) {
            known.entry(placed.hash).or_default().push(&placed.document);
        }
        let reuse = |raw: RawDocument<'a>| {
            let hash = text_hash(raw.text);
            (raw, hash, known.get_mut(&hash).and_then(Vec::pop).cloned())
        };
        let work: Vec<_> = documents::split(text).into_iter().map(reuse).collect();
        let documents = parallel::map(work, |(raw, hash, same)| {
            let document = same.unwrap_or_else(|| Arc::new(read(raw.text)));
            Placed { line: raw.line, hash, document }
        });
        Self { stamp, documents: documents.into_boxed_slice(), error: None }
    }

    /// Its objects, each with the line of its document.
    pub fn items(&self) -> impl Iterator<Item = (u32, &Item)> {
        self.documents.iter().flat_map(|placed| placed.document.items.iter().map(|item| (placed.line, item)))
    }

    /// What is wrong in it.
    pub fn findings(&self, path: &Arc<Path>) -> impl Iterator<Item = Diagnostic> {
        let at = |finding: &Finding, line| finding.diagnostic.clone().at(path, line);
        let whole = self.error.iter().map(move |error| at(error, error.line));
        whole.chain(self.documents.iter().flat_map(move |placed| {
            let findings = placed.document.findings().iter();
            findings.map(move |finding| at(finding, placed.line + finding.line - 1))
        }))
    }

    /// Whether everything in it is valid.
    pub fn is_plain(&self) -> bool {
        !self.unreadable() && self.items().all(|(_, item)| item.object.is_some())
    }

    /// Whether it may hold objects that could not be identified.
    pub fn unreadable(&self) -> bool {
        self.error.is_some() || self.documents.iter().any(|placed| placed.document.unreadable())
    }
}

/// The text of a file, or which line of it cannot be read (0: all of it) and why.
fn content(path: &Path) -> Result<String, (u32, String)> {
    // Room for most files: an empty buffer is grown by several small reads.
    let mut bytes = Vec::with_capacity(8 * 1024);
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

/// The documents of a file as it is now, by the line that they start at; none if it cannot be read.
pub fn texts(path: &Path) -> HashMap<u32, String> {
    content(path).map(|text| texts_of(&text)).unwrap_or_default()
}

/// The documents of a text, by the line that they start at.
pub fn texts_of(text: &str) -> HashMap<u32, String> {
    documents::split(text).into_iter().map(|raw| (raw.line, raw.text.to_owned())).collect()
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
    fn documents_of_one_text_stay_apart() {
        let twice = format!("{TWO}---\n{TWO}");
        let before = File::parse(&twice, None, None);
        let after = File::parse(&twice, None, Some(&before));
        for (one, two) in before.documents.iter().zip(&after.documents) {
            assert!(Arc::ptr_eq(&one.document, &two.document));
        }
        assert!(!Arc::ptr_eq(&after.documents[1].document, &after.documents[3].document));
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
        let texts = texts(&path);
        assert!(texts[&4].contains("name: b"));
        assert_eq!(texts.len(), 2);
        assert!(super::texts(Path::new("/nonexistent")).is_empty());
    }
}
