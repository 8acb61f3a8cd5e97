//! The objects of all files: which one counts, and what is kept of a file that has become invalid.

use super::{
    file::File,
    identity::ObjectId,
    kinds::Object,
    read::{Item, ListPlace},
};
use crate::diagnostic::{Diagnostic, Place};
use corten_compile::Inputs;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
    sync::Arc,
};

/// Files by path, in reading order.
pub type Files = Vec<(Arc<Path>, File)>;

/// All objects, sorted by kind, namespace and name.
#[derive(Debug, Default)]
pub struct Inventory {
    entries: BTreeMap<Arc<ObjectId>, Entry>,
    /// Whether each file holds valid objects only, and none that another one holds: then a file can be
    /// replaced without a look at the others.
    plain: bool,
}

/// One object and where it comes from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The object.
    pub object: Object,
    /// The file.
    pub file: Arc<Path>,
    /// First line of its document in the file, from 1.
    pub document_line: u32,
    /// Its own line in the file, from 1.
    pub line: u32,
    /// Its place if the document is a List.
    pub place: Option<ListPlace>,
    /// Whether this is an older state, because what the file says now is invalid.
    pub kept: bool,
}

impl Entry {
    fn new(object: Object, file: &Arc<Path>, document_line: u32, item: &Item, kept: bool) -> Self {
        let line = document_line + item.line - 1;
        Self { object, file: file.clone(), document_line, line, place: item.place, kept }
    }
}

/// How two inventories differ.
#[derive(Debug, Default)]
pub struct Change {
    /// Objects that are new.
    pub added: Vec<Arc<ObjectId>>,
    /// Objects with another content.
    pub changed: Vec<Arc<ObjectId>>,
    /// Objects that are gone.
    pub removed: Vec<Arc<ObjectId>>,
}

impl Change {
    /// Adds what a later comparison found.
    pub fn extend(&mut self, later: Self) {
        for (all, more) in [
            (&mut self.added, later.added),
            (&mut self.changed, later.changed),
            (&mut self.removed, later.removed),
        ] {
            all.extend(more);
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl Inventory {
    /// Takes stock of `files`. Of an object that occurs twice the first counts. An object that is invalid now keeps the
    /// state that it has in `before`, and so do all objects of a file that has become unreadable.
    pub fn of(files: &Files, before: &Self) -> (Self, Vec<Diagnostic>) {
        let mut stock =
            Stock { before, entries: BTreeMap::new(), seen: BTreeMap::new(), findings: Vec::new() };
        for (path, file) in files {
            stock.findings.extend(file.findings(path));
            for (line, item) in file.items() {
                stock.item(path, line, item);
            }
        }
        stock.keep_unreadable(files);
        let items: usize = files.iter().map(|(_, file)| file.items().count()).sum();
        let plain = items == stock.entries.len() && files.iter().all(|(_, file)| file.is_plain());
        // Put together anew, the nodes of the map are full, where insertion leaves them half empty.
        (Self { entries: stock.entries.into_iter().collect(), plain }, stock.findings)
    }

    /// The same for one file that was read again, in much less time. `None`, and nothing done, if other files matter
    /// for what comes of it.
    pub fn replace(&mut self, path: &Arc<Path>, old: &File, new: &File) -> Option<Change> {
        let ids: BTreeSet<&Arc<ObjectId>> = new.items().map(|(_, item)| &item.id).collect();
        let elsewhere = |id: &&Arc<ObjectId>| self.entries.get(*id).is_some_and(|entry| entry.file != *path);
        let distinct = ids.len() == new.items().count() && !ids.iter().any(elsewhere);
        if !self.plain || !old.is_plain() || !new.is_plain() || !distinct {
            return None;
        }
        let mut change = Change::default();
        for (_, item) in old.items().filter(|(_, item)| !ids.contains(&item.id)) {
            self.entries.remove(&item.id);
            change.removed.push(item.id.clone());
        }
        for (document_line, item) in new.items() {
            let Some(object) = &item.object else { continue };
            let entry = Entry::new(object.clone(), path, document_line, item, false);
            match self.entries.get_mut(&item.id) {
                Some(known) => {
                    if !known.object.same(object) {
                        change.changed.push(item.id.clone());
                    }
                    *known = entry;
                }
                None => {
                    self.entries.insert(item.id.clone(), entry);
                    change.added.push(item.id.clone());
                }
            }
        }
        Some(change)
    }

    /// One object.
    pub fn get(&self, id: &ObjectId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<ObjectId>, &Entry)> {
        self.entries.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is different from `before`. Both are walked once, side by side.
    pub fn changes(&self, before: &Self) -> Change {
        let mut change = Change::default();
        let mut old = before.entries.iter().peekable();
        for (id, entry) in &self.entries {
            while let Some((gone, _)) = old.next_if(|(known, _)| *known < id) {
                change.removed.push(gone.clone());
            }
            match old.next_if(|(known, _)| *known == id) {
                None => change.added.push(id.clone()),
                Some((_, old)) if !old.object.same(&entry.object) => change.changed.push(id.clone()),
                Some(_) => {}
            }
        }
        change.removed.extend(old.map(|(gone, _)| gone.clone()));
        change
    }

    /// For the compiler.
    pub fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::default();
        self.entries.values().for_each(|entry| entry.object.clone().put_into(&mut inputs));
        inputs
    }
}

struct Stock<'a> {
    before: &'a Inventory,
    entries: BTreeMap<Arc<ObjectId>, Entry>,
    /// Where each object was met first, valid or not.
    seen: BTreeMap<Arc<ObjectId>, Place>,
    findings: Vec<Diagnostic>,
}

impl Stock<'_> {
    fn item(&mut self, path: &Arc<Path>, document_line: u32, item: &Item) {
        let line = document_line + item.line - 1;
        if let Some(first) = self.seen.get(&item.id) {
            let diagnostic =
                Diagnostic::error("duplicate", format!("is already defined in {first}, which counts"));
            self.findings
                .push(diagnostic.at(path, line).of(item.id.display()).remedy("remove one of the two"));
            return;
        }
        self.seen.insert(item.id.clone(), Place { file: path.clone(), line });
        let (object, kept) = match (&item.object, self.before.get(&item.id)) {
            (Some(object), _) => (object.clone(), false),
            (None, Some(old)) => (old.object.clone(), true),
            (None, None) => return,
        };
        self.entries.insert(item.id.clone(), Entry::new(object, path, document_line, item, kept));
    }

    /// What an unreadable file held before stays, unless it is defined somewhere now.
    fn keep_unreadable(&mut self, files: &Files) {
        let unreadable: HashSet<&Path> =
            files.iter().filter(|(_, file)| file.unreadable()).map(|(path, _)| &**path).collect();
        if unreadable.is_empty() {
            return;
        }
        for (id, entry) in &self.before.entries {
            if unreadable.contains(&*entry.file) && !self.seen.contains_key(id) {
                self.entries.insert(id.clone(), Entry { kept: true, ..entry.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests;
