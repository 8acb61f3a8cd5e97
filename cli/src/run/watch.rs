//! Notices changes of files within milliseconds.
//!
//! Folders are watched, not files: editors replace files, and mounts swap the links that lead to them. The kernel's
//! word is not trusted alone (network mounts, exhausted limits): the caller also looks at the stamps now and then.

mod debounce;

use crate::load::paths::{Found, Names};
use debounce::Debounce;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until},
};

/// What has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// The content of these files, and nothing else.
    Files(BTreeSet<PathBuf>),
    /// Perhaps everything.
    Anything,
    /// The same, and what a look at all files has found.
    Found(Found),
}

/// Follows a set of folders.
pub struct Watcher {
    /// `None`: the system has no way of watching, or no room for it.
    inner: Option<RecommendedWatcher>,
    events: UnboundedReceiver<notify::Result<Event>>,
    watched: BTreeMap<PathBuf, Watched>,
    debounce: Debounce,
}

/// One watched folder, under its canonical path.
#[derive(Debug, PartialEq)]
struct Watched {
    inode: (u64, u64),
    /// The names under which the loader knows the folder.
    given: BTreeSet<PathBuf>,
    names: Names,
}

impl Watcher {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// The second value says why files cannot be watched; then [`Self::next`] never returns.
    pub fn new() -> (Self, Option<notify::Error>) {
        let (sender, events) = unbounded_channel();
        let (inner, error) = match notify::recommended_watcher(move |event| forward(&sender, event)) {
            Ok(inner) => (Some(inner), None),
            Err(error) => (None, Some(error)),
        };
        (Self { inner, events, watched: BTreeMap::new(), debounce: Debounce::default() }, error)
    }

    /// Watches exactly these folders. Returns whether any of them is new, so that changes in it may have been missed, and why
    /// some cannot be watched.
    pub fn follow(&mut self, folders: &BTreeMap<PathBuf, Names>) -> (bool, Vec<String>) {
        let wanted = wanted(folders);
        let Some(inner) = &mut self.inner else { return (false, Vec::new()) };
        let mut errors = Vec::new();
        let mut new = false;
        self.watched.retain(|path, old| {
            let keep = wanted.get(path).is_some_and(|w| w.inode == old.inode);
            if !keep {
                // A folder that is gone has lost its watch already.
                let _ = inner.unwatch(path);
            }
            keep
        });
        for (path, watched) in wanted {
            if !self.watched.contains_key(&path) {
                match inner.watch(&path, RecursiveMode::NonRecursive) {
                    Ok(()) => new = true,
                    Err(error) => {
                        errors.push(format!("{}: {}", path.display(), reason(&error)));
                        continue;
                    }
                }
            }
            self.watched.insert(path, watched);
        }
        (new, errors)
    }

    /// Whether changes are noticed at all.
    pub fn is_active(&self) -> bool {
        self.inner.is_some()
    }

    /// Whether a change has been noticed that [`Self::next`] still holds back.
    pub fn is_pending(&self) -> bool {
        self.debounce.deadline().is_some()
    }

    /// Waits for a change: until nothing has happened for 10 ms (3 ms after a single file), at most 100 ms. A file
    /// that is being written is waited for until it is closed, within the same limit. Cancel-safe.
    pub async fn next(&mut self) -> Changes {
        loop {
            let deadline = self.debounce.deadline();
            tokio::select! {
                biased;
                event = self.events.recv() => match event {
                    Some(Ok(event)) => self.note(&event),
                    Some(Err(error)) => {
                        tracing::debug!(%error, "watching files");
                        self.debounce.anything(Instant::now());
                    }
                    None => std::future::pending().await,
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if let Some(changes) = self.debounce.take() {
                        return changes;
                    }
                }
            }
        }
    }

    fn note(&mut self, event: &Event) {
        let now = Instant::now();
        if event.need_rescan() {
            return self.debounce.anything(now);
        }
        for path in &event.paths {
            let Some(meaning) = meaning(event.kind) else { continue };
            let folder = path.parent().and_then(|parent| self.watched.get(parent));
            match (folder, path.file_name()) {
                (Some(folder), Some(name)) if folder.names.contain(name) => {
                    let files = folder.given.iter().map(|given| given.join(name));
                    self.debounce.note(now, meaning, files.collect());
                }
                // The watched folder itself; or one that is watched no more.
                (None, _) => self.debounce.anything(now),
                _ => {}
            }
        }
    }
}

/// What an event says about the file that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Someone has it open and is writing.
    Writing,
    /// Its content is whole: written and closed, or moved here.
    Whole,
    /// It is there no more.
    Gone,
    /// Something that is no file has come or gone: a folder, or who knows.
    Other,
}

fn meaning(kind: EventKind) -> Option<Meaning> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Meaning::Whole),
        EventKind::Access(_) => None,
        EventKind::Create(CreateKind::File) | EventKind::Modify(ModifyKind::Data(_)) => {
            Some(Meaning::Writing)
        }
        // Permissions may have changed.
        EventKind::Modify(ModifyKind::Metadata(_) | ModifyKind::Name(RenameMode::To)) => Some(Meaning::Whole),
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(RemoveKind::File) => {
            Some(Meaning::Gone)
        }
        // Both ends have been told apart already.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => None,
        _ => Some(Meaning::Other),
    }
}

/// Reading files makes events too; they need not even be queued.
fn forward(sender: &UnboundedSender<notify::Result<Event>>, event: notify::Result<Event>) {
    let matters = event.as_ref().map_or(true, |event| event.need_rescan() || meaning(event.kind).is_some());
    if matters {
        // The other end is gone when the process ends.
        let _ = sender.send(event);
    }
}

/// The folders by canonical path, so that one that is reached in two ways is watched once.
fn wanted(folders: &BTreeMap<PathBuf, Names>) -> BTreeMap<PathBuf, Watched> {
    let mut wanted: BTreeMap<PathBuf, Watched> = BTreeMap::new();
    for (given, names) in folders {
        let Some((path, inode)) = canonical(given) else { continue };
        let empty = || Watched { inode, given: BTreeSet::new(), names: Names::Only(BTreeSet::new()) };
        let watched = wanted.entry(path).or_insert_with(empty);
        watched.given.insert(given.clone());
        watched.names.extend(names.clone());
    }
    wanted
}

fn canonical(path: &Path) -> Option<(PathBuf, (u64, u64))> {
    let path = fs::canonicalize(path).ok()?;
    let metadata = fs::metadata(&path).ok()?;
    Some((path, (metadata.dev(), metadata.ino())))
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the limit of watches is reached; raise fs.inotify.max_user_watches".to_owned()
        }
        notify::ErrorKind::Io(error) => crate::load::paths::plain(error),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
