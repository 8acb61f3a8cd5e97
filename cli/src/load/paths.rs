//! Which files the PATHs of a command stand for.
//!
//! - A file is read whatever its name is.
//! - A folder is walked with everything below it: files named `*.yaml`, `*.yml` and `*.json` are read, files and folders
//!   whose names start with a dot are not. Symbolic links are followed, so that a mounted ConfigMap
//!   (`routes.yaml -> ..data/routes.yaml`) works; a link back to a folder above is passed by.
//! - The order is that of the PATHs, then that of the names. A file that is reached twice counts once.

use crate::diagnostic::Diagnostic;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::{OsStr, OsString},
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    num::NonZeroU64,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What tells a changed file from an unchanged one without reading it: a hash over where it is, its size and its times.
/// There may be ten thousands of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(NonZeroU64);

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let mut hasher = DefaultHasher::new();
        (metadata.dev(), metadata.ino(), metadata.size()).hash(&mut hasher);
        (metadata.mtime(), metadata.mtime_nsec()).hash(&mut hasher);
        (metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
        Self(NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN))
    }
}

/// The stamp of a file, through symbolic links; `None` if it is no regular file.
pub fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().filter(Metadata::is_file).map(|metadata| Stamp::of(&metadata))
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The files, in reading order.
    pub files: Vec<(Arc<Path>, Stamp)>,
    /// Folders whose changes matter: those that were walked, those that hold a PATH, and those that the links
    /// among them point into.
    pub folders: BTreeMap<PathBuf, Names>,
    /// What could not be walked.
    pub errors: Vec<Diagnostic>,
}

/// Which names in a folder matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// All.
    All,
    /// These.
    Only(BTreeSet<OsString>),
}

impl Names {
    /// Whether a name matters.
    pub fn contain(&self, name: &OsStr) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }

    /// Adds what `other` holds.
    pub fn extend(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Only(names), Self::Only(more)) => names.extend(more),
            (_, Self::All) => *self = Self::All,
            (Self::All, _) => {}
        }
    }
}

/// Walks `paths`.
pub fn walk(paths: &[PathBuf]) -> Found {
    let mut walk = Walk::default();
    for path in paths {
        walk.entry_matters(path);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                walk.note_link(path);
                walk.folder(path, &metadata);
            }
            Ok(metadata) => {
                walk.note_link(path);
                walk.file(path, &metadata);
            }
            Err(error) => walk.failed(path, &error),
        }
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Found,
    /// The path that each file was reached by first.
    files: HashMap<(u64, u64), Arc<Path>>,
    /// The folders from a PATH down to the one that is being walked.
    above: Vec<(u64, u64)>,
}

impl Walk {
    fn failed(&mut self, path: &Path, error: &io::Error) {
        let message = format!("cannot be read: {}", plain(error));
        self.found.errors.push(Diagnostic::error("io", message).at(&Arc::from(path), 0));
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) {
        let id = (metadata.dev(), metadata.ino());
        let path: Arc<Path> = Arc::from(path);
        if let Some(first) = self.files.insert(id, path.clone()) {
            // A file that goes during the walk leaves its number to one that comes.
            match fs::metadata(&first) {
                Ok(now) if (now.dev(), now.ino()) == id => {
                    self.files.insert(id, first);
                    return;
                }
                Ok(_) => {}
                Err(_) => self.found.files.retain(|(path, _)| *path != first),
            }
        }
        self.found.files.push((path, Stamp::of(metadata)));
    }

    fn folder(&mut self, path: &Path, metadata: &Metadata) {
        let id = (metadata.dev(), metadata.ino());
        if self.above.contains(&id) {
            return;
        }
        self.above.push(id);
        self.found.folders.insert(path.to_owned(), Names::All);
        match fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>()) {
            Ok(mut entries) => {
                entries.sort_by_key(fs::DirEntry::file_name);
                entries.iter().filter(|entry| !is_hidden(&entry.path())).for_each(|entry| self.entry(entry));
            }
            Err(error) => self.failed(path, &error),
        }
        self.above.pop();
    }

    fn entry(&mut self, entry: &fs::DirEntry) {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !is_folder && !is_link && !is_named_as_object(&path) {
            return;
        }
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                self.note_entry(&path, is_link);
                self.folder(&path, &metadata);
            }
            Ok(metadata) if metadata.is_file() && is_named_as_object(&path) => {
                self.note_entry(&path, is_link);
                self.file(&path, &metadata);
            }
            // Gone since the folder was listed; or a link to nothing, which editors use as locks.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && (!is_link || !is_named_as_object(&path)) => {}
            Err(error) => self.failed(&path, &error),
            Ok(_) => {}
        }
    }

    /// The same where the folder's listing has said whether it is a link: one question less to the system for each of
    /// ten thousands of files.
    fn note_entry(&mut self, path: &Path, is_link: bool) {
        if is_link {
            self.note_link(path);
        }
    }

    /// What a link points to may change where it is.
    fn note_link(&mut self, path: &Path) {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        if let Some(target) = is_link.then(|| fs::canonicalize(path).ok()).flatten() {
            self.entry_matters(&target);
        }
    }

    /// Changes of this name matter in the folder that holds it.
    fn entry_matters(&mut self, path: &Path) {
        let Some(name) = path.file_name() else { return };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names = self.found.folders.entry(parent.to_owned()).or_insert(Names::Only(BTreeSet::new()));
        names.extend(Names::Only(BTreeSet::from([name.to_owned()])));
    }
}

/// Whether a name starts with a dot.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Whether a file in a folder is read.
pub fn is_named_as_object(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|e| extension == *e))
}

/// An error without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        dir
    }

    fn names(dir: &Path, found: &Found) -> Vec<String> {
        found.files.iter().map(|(p, _)| p.strip_prefix(dir).unwrap().display().to_string()).collect()
    }

    #[test]
    fn folders_are_walked_by_name_and_other_files_left_out() {
        let dir = tree(&[
            "b.yaml",
            "a.yml",
            "c.json",
            "sub/d.yaml",
            "README.md",
            "x.yaml~",
            ".h.yaml",
            ".git/e.yaml",
            "#a.yaml#",
        ]);
        let found = walk(&[dir.path().to_owned()]);
        assert_eq!(names(dir.path(), &found), ["a.yml", "b.yaml", "c.json", "sub/d.yaml"]);
        assert_eq!(found.folders[&dir.path().join("sub")], Names::All);
        let parent = &found.folders[dir.path().parent().unwrap()];
        assert!(parent.contain(dir.path().file_name().unwrap()), "the folder itself may be replaced");
        assert!(!parent.contain(OsStr::new("other")));
        assert!(found.errors.is_empty());
    }

    #[test]
    fn a_file_path_is_read_whatever_its_name() {
        let dir = tree(&["gateway.conf", ".hidden"]);
        let found = walk(&[dir.path().join("gateway.conf"), dir.path().join(".hidden")]);
        assert_eq!(names(dir.path(), &found), ["gateway.conf", ".hidden"]);
    }

    #[test]
    fn what_is_reached_twice_counts_once() {
        let dir = tree(&["a.yaml"]);
        symlink("a.yaml", dir.path().join("b.yaml")).unwrap();
        let found = walk(&[dir.path().to_owned(), dir.path().join("a.yaml")]);
        assert_eq!(names(dir.path(), &found), ["a.yaml"]);
    }

    /// The number of a file that goes is given to the next one that comes, also while a folder is walked.
    #[test]
    fn a_file_that_takes_the_place_of_another_meanwhile_is_not_the_same() {
        let dir = tree(&["a.yaml", "c.yaml"]);
        let (a, b, c) = (dir.path().join("a.yaml"), dir.path().join("b.yaml"), dir.path().join("c.yaml"));
        let mut walk = Walk::default();
        walk.file(&a, &fs::metadata(&a).unwrap());
        fs::rename(&a, &b).unwrap();
        walk.file(&b, &fs::metadata(&b).unwrap());
        assert_eq!(names(dir.path(), &walk.found), ["b.yaml"], "the first is gone");
        // What is there again under the old name is another file.
        fs::rename(&b, &c).unwrap();
        fs::write(&b, "").unwrap();
        walk.file(&c, &fs::metadata(&c).unwrap());
        assert_eq!(names(dir.path(), &walk.found), ["b.yaml", "c.yaml"]);
        walk.file(&c, &fs::metadata(&c).unwrap());
        assert_eq!(names(dir.path(), &walk.found), ["b.yaml", "c.yaml"], "the same, twice");
    }

    #[test]
    fn a_mounted_config_map() {
        let dir = tree(&["..2024_01/routes.yaml"]);
        symlink("..2024_01", dir.path().join("..data")).unwrap();
        symlink("..data/routes.yaml", dir.path().join("routes.yaml")).unwrap();
        let found = walk(&[dir.path().to_owned()]);
        assert_eq!(names(dir.path(), &found), ["routes.yaml"]);
        let target = fs::canonicalize(dir.path().join("..2024_01")).unwrap();
        let names = &found.folders[&target];
        assert!(names.contain(OsStr::new("routes.yaml")), "an edit of the target is seen: {names:?}");
    }

    #[test]
    fn links_in_a_circle_end() {
        let dir = tree(&["sub/a.yaml"]);
        symlink("..", dir.path().join("sub/up")).unwrap();
        assert_eq!(names(dir.path(), &walk(&[dir.path().to_owned()])), ["sub/a.yaml"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tree(&[]);
        symlink("nowhere.yaml", dir.path().join("broken.yaml")).unwrap();
        symlink("user@host.1234", dir.path().join(".#lock.yaml")).unwrap();
        let found = walk(&[dir.path().join("missing"), dir.path().to_owned()]);
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        let expected = |name: &str| {
            format!("{}: error: cannot be read: No such file or directory", dir.path().join(name).display())
        };
        assert_eq!(errors, [expected("missing"), expected("broken.yaml")]);
    }

    #[test]
    fn stamps_change_with_the_content_and_with_the_file() {
        let dir = tree(&["a.yaml", "b.yaml"]);
        let (a, b) = (dir.path().join("a.yaml"), dir.path().join("b.yaml"));
        let before = stamp(&a).unwrap();
        assert_eq!(stamp(&a), Some(before));
        fs::write(&a, "x").unwrap();
        assert_ne!(stamp(&a), Some(before));
        let before = stamp(&a);
        fs::rename(&b, &a).unwrap();
        assert_ne!(stamp(&a), before);
        assert_eq!(stamp(dir.path()), None);
    }
}
