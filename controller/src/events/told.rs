//! Which notes are to be told, and when: a note must have been there for a moment, and is told once.

use corten_compile::{Note, Severity};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// How long something must be wrong until it is told: what is put right within a moment, such as a Secret that comes
/// after its Gateway, is nobody's concern.
const SETTLE: Duration = Duration::from_secs(3);
/// The most that are told at a time; the others come with the next.
const AT_ONCE: usize = 10;

/// The notes that are there.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<Note, (Instant, bool)>);

impl Told {
    /// The notes are these now. What is good to know only is no Event.
    pub(super) fn update<'n>(&mut self, notes: impl Iterator<Item = &'n Note>, now: Instant) {
        let notes: BTreeSet<&Note> = notes.filter(|note| note.severity != Severity::Info).collect();
        self.0.retain(|note, _| notes.contains(note));
        for note in notes {
            if !self.0.contains_key(note) {
                self.0.insert(note.clone(), (now, false));
            }
        }
    }

    /// What is to be told now. Each is taken once.
    pub(super) fn take(&mut self, now: Instant) -> Vec<Note> {
        let due = self.0.iter_mut().filter(|(_, (since, told))| !*told && *since + SETTLE <= now);
        due.take(AT_ONCE)
            .map(|(note, (_, told))| {
                *told = true;
                note.clone()
            })
            .collect()
    }

    /// Nothing has been told yet.
    pub(super) fn forget(&mut self) {
        self.0.values_mut().for_each(|(_, told)| *told = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_compile::{Kind, ObjectId, ObjectName};

    fn note(name: &str, severity: Severity) -> Note {
        Note {
            object: ObjectId { kind: Kind::HttpRoute, name: ObjectName::new("a", name) },
            field: String::new(),
            severity,
            reason: "BackendNotFound".into(),
            message: "no such Service".to_owned(),
            remedy: "create it".to_owned(),
        }
    }

    #[test]
    fn told_once_and_again_if_it_comes_back() {
        let (mut told, start) = (Told::default(), Instant::now());
        let notes = [note("r", Severity::Error), note("s", Severity::Info)];
        told.update(notes.iter(), start);
        assert_eq!(told.take(start + Duration::from_secs(2)), [], "not at once");
        assert_eq!(told.take(start + SETTLE), [notes[0].clone()]);
        told.update(notes.iter(), start + SETTLE);
        assert_eq!(told.take(start + SETTLE * 9), []);
        told.update([].iter(), start + SETTLE * 9);
        told.update(notes.iter(), start + SETTLE * 10);
        assert_eq!(told.take(start + SETTLE * 11).len(), 1);
    }

    #[test]
    fn what_is_put_right_in_a_moment_is_not_told() {
        let (mut told, start) = (Told::default(), Instant::now());
        told.update([note("r", Severity::Error)].iter(), start);
        told.update([].iter(), start + Duration::from_secs(1));
        assert_eq!(told.take(start + SETTLE * 2), []);
    }

    #[test]
    fn many_are_told_a_few_at_a_time() {
        let (mut told, start) = (Told::default(), Instant::now());
        let notes: Vec<Note> = (0..25).map(|number| note(&format!("r{number}"), Severity::Warning)).collect();
        told.update(notes.iter(), start);
        let counts: Vec<usize> = (0..4).map(|_| told.take(start + SETTLE).len()).collect();
        assert_eq!(counts, [10, 10, 5, 0]);
        told.forget();
        assert_eq!(told.take(start + SETTLE).len(), 10, "a new leader tells them again");
    }
}
