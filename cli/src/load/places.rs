//! Where fields are written.
//!
//! Texts and line tables are not kept, since they would be most of the memory; they are read again when a message
//! wants to name a field's line. What is read once is kept for one round of messages.

use super::{
    Loader, STDIN, file,
    identity::ObjectId,
    inventory::Entry,
    read::{ListPlace, line_in},
    yaml::Node,
};
use crate::diagnostic::{Diagnostic, Place};
use std::{collections::HashMap, path::Path, sync::Arc};

/// Looks up lines, for one round of messages.
#[derive(Debug)]
pub struct Places<'a> {
    loader: &'a Loader,
    /// The documents of files, by the line that they start at.
    files: HashMap<Arc<Path>, HashMap<u32, String>>,
    /// The lines of the document that was asked about last.
    last: Option<(Arc<Path>, u32, Option<Node>)>,
}

impl<'a> Places<'a> {
    /// Has read nothing yet.
    pub fn new(loader: &'a Loader) -> Self {
        Self { loader, files: HashMap::new(), last: None }
    }

    /// Where an object, or a field of it, is written.
    pub fn of(&mut self, id: &ObjectId, field: &str) -> Option<Place> {
        let entry = self.loader.inventory().get(id)?;
        let line = if field.is_empty() { entry.line } else { self.line(entry, field) };
        Some(Place { file: entry.file.clone(), line })
    }

    /// Brings a message that has the line of its object to the line of its field.
    pub fn refine(&mut self, diagnostic: &mut Diagnostic) {
        let (Some(object), Some(field)) = (&diagnostic.object, &diagnostic.field) else { return };
        let Some(id) = ObjectId::of(object) else { return };
        let entry = self.loader.inventory().get(&id);
        let at_object = entry.filter(|e| diagnostic.place.as_ref().is_some_and(|p| p.line == e.line));
        if let Some(entry) = at_object {
            let line = self.line(entry, field);
            diagnostic.place = Some(Place { file: entry.file.clone(), line });
        }
    }

    fn line(&mut self, entry: &Entry, field: &str) -> u32 {
        match self.node(entry) {
            Some(node) => entry.document_line + line_in(node, entry.place.map(ListPlace::index), field) - 1,
            None => entry.line,
        }
    }

    /// The lines of an object's document; `None` if it is no longer there.
    fn node(&mut self, entry: &Entry) -> Option<&Node> {
        let is_last = self
            .last
            .as_ref()
            .is_some_and(|(file, line, _)| *file == entry.file && *line == entry.document_line);
        if !is_last {
            let loader = self.loader;
            let documents = self.files.entry(entry.file.clone()).or_insert_with(|| match &loader.stdin {
                Some(text) if *entry.file == *Path::new(STDIN) => file::texts_of(text),
                _ => file::texts(&entry.file),
            });
            let node = documents.get(&entry.document_line).and_then(|text| Node::parse(text));
            self.last = Some((entry.file.clone(), entry.document_line, node));
        }
        self.last.as_ref().and_then(|(_, _, node)| node.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::ObjectName;

    const YAML: &str = "# one\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n";

    fn loader() -> Loader {
        let mut loader = Loader::new(Vec::new(), Some(YAML.to_owned()));
        loader.load();
        loader
    }

    fn note(name: &str, field: &str, line: u32) -> Diagnostic {
        let object = ObjectName { kind: "Namespace".into(), namespace: String::new(), name: name.into() };
        Diagnostic::error("x", "y").at(&Arc::from(Path::new("-")), line).of(object).field(field)
    }

    #[test]
    fn the_line_of_the_object_becomes_that_of_the_field() {
        let loader = loader();
        let mut places = Places::new(&loader);
        let mut refined = |mut diagnostic: Diagnostic| {
            places.refine(&mut diagnostic);
            diagnostic.place.unwrap().line
        };
        assert_eq!(refined(note("a", "metadata.name", 2)), 5);
        assert_eq!(refined(note("b", "metadata.name", 7)), 10);
        assert_eq!(refined(note("a", "metadata.name", 2)), 5, "also after another document");
        assert_eq!(refined(note("a", "", 2)), 2);
        assert_eq!(refined(note("a", "metadata.name", 4)), 4, "what is finer already stays");
        assert_eq!(refined(note("c", "metadata.name", 2)), 2, "unknown objects stay");
    }

    #[test]
    fn a_file_that_has_changed_since_gives_the_line_of_the_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        std::fs::write(&path, YAML).unwrap();
        let mut loader = Loader::new(vec![path.clone()], None);
        loader.load();
        std::fs::write(&path, "other: 1\n").unwrap();
        let id = loader.inventory().iter().nth(1).unwrap().0.clone();
        assert_eq!(Places::new(&loader).of(&id, "metadata.name").unwrap().line, 7);
    }
}
