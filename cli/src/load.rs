//! Reads Kubernetes objects from files.
//!
//! `paths` finds the files, `documents` cuts each into documents, `yaml` makes a value of one, `identity` says which
//! object it is, `validate` checks it as the API server would, `kinds` makes it typed, and `inventory` holds all
//! objects together. A mistake hurts the object that has it and no other: see [`Loader::load`].

pub mod documents;
pub mod field;
pub mod file;
pub mod identity;
pub mod inventory;
pub mod kinds;
mod parallel;
pub mod paths;
pub mod places;
pub mod read;
pub mod yaml;

use crate::diagnostic::{Diagnostic, Severity};
use file::File;
use inventory::{Change, Files, Inventory};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The objects of some files, followed over time.
#[derive(Debug, Default)]
pub struct Loader {
    paths: Vec<PathBuf>,
    stdin: Option<String>,
    files: Files,
    folders: BTreeMap<PathBuf, paths::Names>,
    inventory: Inventory,
    walk_errors: Vec<Diagnostic>,
    diagnostics: Vec<Diagnostic>,
}

/// The name of standard input among the files.
const STDIN: &str = "-";

impl Loader {
    /// Will read `paths` (see [`paths`]), and `stdin` before them if it is given.
    pub fn new(paths: Vec<PathBuf>, stdin: Option<String>) -> Self {
        Self { paths, stdin, ..Self::default() }
    }

    /// Looks at all files and reads those that are new or have changed since the last time.
    ///
    /// An object that has become invalid keeps its last good state, and so does every object of a file (or of a
    /// document) that cannot be read at all any more; [`Self::diagnostics`] says so. Objects whose text is gone from
    /// readable files are gone.
    pub fn load(&mut self) -> Change {
        self.take(self.walk()())
    }

    /// Looks at all files: the first half of [`Self::load`], which can be done elsewhere.
    pub fn walk(&self) -> impl FnOnce() -> paths::Found + Send + 'static {
        let paths = self.paths.clone();
        move || paths::walk(&paths)
    }

    /// Reads what is new or has changed among the files that a walk has found: the second half of [`Self::load`].
    pub fn take(&mut self, found: paths::Found) -> Change {
        let known = self.files.len();
        let mut old: BTreeMap<Arc<Path>, File> = std::mem::take(&mut self.files).into_iter().collect();
        if let Some(text) = &self.stdin {
            let before = old.remove(Path::new(STDIN));
            self.files.push((Arc::from(Path::new(STDIN)), File::parse(text, None, before.as_ref())));
        }
        let work = found.files.into_iter().map(|(path, stamp)| match old.remove_entry(&path) {
            // The path under which its objects know it, which is in memory once.
            Some((known, before)) => (known, stamp, Some(before)),
            None => (path, stamp, None),
        });
        let read = AtomicBool::new(false);
        self.files.extend(parallel::map(work.collect(), |(path, stamp, before)| {
            let file = match before {
                Some(same) if same.stamp == Some(stamp) && same.error.is_none() => same,
                before => {
                    read.store(true, Ordering::Relaxed);
                    File::read(&path, Some(stamp), before.as_ref())
                }
            };
            (path, file)
        }));
        self.folders = found.folders;
        let same_errors = self.walk_errors == found.errors;
        self.walk_errors = found.errors;
        // Most often nobody has changed anything, and this is only a look at the stamps.
        if !read.into_inner() && self.files.len() == known && same_errors && self.stdin.is_none() {
            return Change::default();
        }
        self.take_stock()
    }

    /// Reads `changed` again, whatever their stamps say, and nothing else. `None`, and nothing done, if one of them is no
    /// file that is known: then only [`Self::load`] helps.
    pub fn reload(&mut self, changed: &BTreeSet<PathBuf>) -> Option<Change> {
        let mut read = Vec::new();
        for path in changed {
            let index = self.position(path)?;
            let (_, before) = self.files.get(index)?;
            let stamp = paths::stamp(path)?;
            read.push((index, File::read(path, Some(stamp), Some(before))));
        }
        let mut change = Change::default();
        let mut alone = true;
        for (index, file) in read {
            let Some((path, slot)) = self.files.get_mut(index) else { continue };
            // Once one needs the whole stock, that finds the rest, too.
            match alone.then(|| self.inventory.replace(path, slot, &file)).flatten() {
                Some(more) => change.extend(more),
                None => alone = false,
            }
            *slot = file;
        }
        if alone {
            let findings = self.files.iter().flat_map(|(path, file)| file.findings(path)).collect();
            self.note(findings);
        } else {
            change.extend(self.take_stock());
        }
        Some(change)
    }

    fn position(&self, path: &Path) -> Option<usize> {
        let same_text = |(known, _): &(Arc<Path>, File)| known.as_os_str() == path.as_os_str();
        let found = self.files.iter().position(same_text);
        found.or_else(|| self.files.iter().position(|(known, _)| same_path(known, path)))
    }

    fn take_stock(&mut self) -> Change {
        let (inventory, findings) = Inventory::of(&self.files, &self.inventory);
        let change = inventory.changes(&self.inventory);
        self.inventory = inventory;
        self.note(findings);
        change
    }

    /// Brings everything that is wrong together.
    fn note(&mut self, findings: Vec<Diagnostic>) {
        self.diagnostics = self.walk_errors.clone();
        self.diagnostics.extend(findings);
        self.diagnostics.extend(self.others());
    }

    /// One note for all objects that do not matter here.
    fn others(&self) -> Option<Diagnostic> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let documents = self.files.iter().flat_map(|(_, file)| &file.documents);
        for what in documents.flat_map(|placed| placed.document.others()) {
            *counts.entry(what).or_default() += 1;
        }
        let total: usize = counts.values().sum();
        let list: Vec<_> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let objects = if total == 1 { "object" } else { "objects" };
        let message = format!("{total} {objects} of kinds that do not matter here: {}", list.join(", "));
        (total > 0).then(|| Diagnostic::new(Severity::Note, "skipped", message))
    }

    /// The objects.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The folders whose changes may change what [`Self::load`] finds.
    pub fn folders(&self) -> &BTreeMap<PathBuf, paths::Names> {
        &self.folders
    }

    /// The files that were found, in reading order.
    pub fn files(&self) -> impl Iterator<Item = &Arc<Path>> {
        self.files.iter().map(|(path, _)| path)
    }

    /// All that is wrong with the files and objects.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// Whether both are the same, whatever leads with `./`.
fn same_path(a: &Path, b: &Path) -> bool {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_owned();
    *a == *b || plain(a) == plain(b)
}

#[cfg(test)]
mod tests;
