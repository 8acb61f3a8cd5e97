//! Brings the many events of one edit together.

use super::{Changes, Meaning};
use crate::load::paths::{is_hidden, is_named_as_object};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

/// An edit is over when nothing happens for this long.
pub(super) const QUIET: Duration = Duration::from_millis(10);
/// The same for an edit of one file that is whole: who writes several (a checkout, a tool that renders a folder) has
/// touched the second by then, and each state of a single file is somebody's intention.
pub(super) const QUIET_AFTER_ONE: Duration = Duration::from_millis(3);
/// It is taken as over after this long, whatever happens.
pub(super) const LONGEST: Duration = Duration::from_millis(100);

/// How many files that do not matter are remembered.
const OTHER_FILES: usize = 1024;

/// What has been noticed and not been told yet.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    /// When the first and the last event came.
    times: Option<(Instant, Instant)>,
    anything: bool,
    files: BTreeSet<PathBuf>,
    /// Whether it was more than one file, whatever names they have.
    several: bool,
    /// Files that somebody is writing.
    writing: BTreeSet<PathBuf>,
    /// Files that were seen being written and do not matter.
    other_files: BTreeSet<PathBuf>,
}

impl Debounce {
    /// Notes an event of one file, under each of its names.
    pub(super) fn note(&mut self, now: Instant, meaning: Meaning, names: Vec<PathBuf>) {
        // Names of one file come together.
        let second = !self.files.is_empty() && !names.iter().any(|name| self.files.contains(name));
        for name in names {
            if self.matters(&name, meaning) {
                self.several |= second;
                self.touch(now);
                self.files.insert(name);
            }
        }
    }

    fn matters(&mut self, name: &Path, meaning: Meaning) -> bool {
        let was_written = self.writing.remove(name);
        match meaning {
            Meaning::Writing if matters(name) => self.writing.insert(name.to_owned()),
            Meaning::Writing => {
                if self.other_files.len() < OTHER_FILES {
                    self.other_files.insert(name.to_owned());
                }
                false
            }
            Meaning::Whole => was_written || matters(name),
            // An editor's scratch file; most often it has just been moved to its place.
            Meaning::Gone if self.other_files.remove(name) => false,
            // Gone names, folders and links may have led to files, whatever they are called.
            Meaning::Gone | Meaning::Other => {
                self.anything = true;
                true
            }
        }
    }

    /// Notes that everything may be different.
    pub(super) fn anything(&mut self, now: Instant) {
        self.anything = true;
        self.touch(now);
    }

    fn touch(&mut self, now: Instant) {
        let first = self.times.map_or(now, |(first, _)| first);
        self.times = Some((first, now));
    }

    /// When [`Self::take`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (first, last) = self.times?;
        let latest = first + LONGEST;
        let quiet = if self.several || self.anything { QUIET } else { QUIET_AFTER_ONE };
        Some(if self.writing.is_empty() { latest.min(last + quiet) } else { latest })
    }

    /// What has been noticed since the last time.
    pub(super) fn take(&mut self) -> Option<Changes> {
        self.times.take()?;
        self.writing.clear();
        self.several = false;
        let files = std::mem::take(&mut self.files);
        let anything = std::mem::take(&mut self.anything);
        Some(if anything { Changes::Anything } else { Changes::Files(files) })
    }
}

/// Whether a file's content matters. Links count under any name: they may lead to folders.
fn matters(path: &Path) -> bool {
    let is_object = is_named_as_object(path) && !is_hidden(path);
    is_object || path.is_symlink() || path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    fn files(paths: &[&str]) -> Option<Changes> {
        Some(Changes::Files(names(paths).into_iter().collect()))
    }

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn one_file_is_due_after_the_short_quiet_time() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        assert_eq!((debounce.deadline(), debounce.take()), (None, None));
        debounce.note(now, Meaning::Whole, names(&["a.yaml", "link/a.yaml"]));
        debounce.note(now, Meaning::Whole, names(&["a.yaml", "link/a.yaml"]));
        assert_eq!(debounce.deadline(), Some(now + millis(3)));
        assert_eq!(debounce.take(), files(&["a.yaml", "link/a.yaml"]));
        assert_eq!((debounce.deadline(), debounce.take()), (None, None));
    }

    #[test]
    fn more_than_one_file_is_waited_for_longer() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        debounce.note(now, Meaning::Whole, names(&["a.yaml"]));
        debounce.note(now + millis(2), Meaning::Whole, names(&["b.yaml"]));
        assert_eq!(debounce.deadline(), Some(now + millis(12)));
        debounce.note(now + millis(11), Meaning::Whole, names(&["a.yaml"]));
        assert_eq!(debounce.deadline(), Some(now + millis(21)));
        assert_eq!(debounce.take(), files(&["a.yaml", "b.yaml"]));
        debounce.note(now, Meaning::Whole, names(&["c.yaml"]));
        assert_eq!(debounce.deadline(), Some(now + millis(3)), "each edit counts for itself");
        debounce.anything(now);
        assert_eq!(debounce.deadline(), Some(now + millis(10)), "links that move take more than one step");
    }

    #[test]
    fn a_file_that_does_not_matter_makes_no_second() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        debounce.note(now, Meaning::Whole, names(&["a.yaml"]));
        debounce.note(now, Meaning::Whole, names(&["a.yaml~"]));
        assert_eq!(debounce.deadline(), Some(now + millis(3)));
    }

    #[test]
    fn many_events_move_the_deadline_but_not_for_ever() {
        let (mut debounce, start) = (Debounce::default(), Instant::now());
        for step in 0..30 {
            debounce.note(start + millis(step * 5), Meaning::Whole, names(&["a.yaml"]));
        }
        assert_eq!(debounce.deadline(), Some(start + millis(100)));
    }

    #[test]
    fn a_file_that_is_being_written_is_waited_for() {
        let (mut debounce, start) = (Debounce::default(), Instant::now());
        debounce.note(start, Meaning::Writing, names(&["a.yaml"]));
        assert_eq!(debounce.deadline(), Some(start + millis(100)));
        debounce.note(start + millis(3), Meaning::Writing, names(&["a.yaml"]));
        debounce.note(start + millis(4), Meaning::Whole, names(&["a.yaml"]));
        assert_eq!(debounce.deadline(), Some(start + millis(7)));
        assert_eq!(debounce.take(), files(&["a.yaml"]));
    }

    #[test]
    fn other_files_do_not_matter() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        for meaning in [Meaning::Writing, Meaning::Whole] {
            debounce.note(now, meaning, names(&["a.yaml.swp", ".a.yaml", "notes.txt", "4913"]));
        }
        assert_eq!(debounce.deadline(), None);
    }

    #[test]
    fn what_is_gone_may_have_been_anything() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        debounce.note(now, Meaning::Writing, names(&["..data_tmp.yaml"]));
        debounce.note(now, Meaning::Gone, names(&["..data_tmp"]));
        assert_eq!(debounce.take(), Some(Changes::Anything));
        debounce.anything(now);
        assert_eq!(debounce.take(), Some(Changes::Anything));
    }

    #[test]
    fn a_scratch_file_that_is_moved_to_its_place_is_no_other_change() {
        let (mut debounce, now) = (Debounce::default(), Instant::now());
        debounce.note(now, Meaning::Writing, names(&["scratch"]));
        debounce.note(now, Meaning::Whole, names(&["scratch"]));
        debounce.note(now, Meaning::Gone, names(&["scratch"]));
        debounce.note(now, Meaning::Whole, names(&["a.yaml"]));
        assert_eq!(debounce.take(), files(&["a.yaml"]));
    }
}
