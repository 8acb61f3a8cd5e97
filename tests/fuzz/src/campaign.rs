//! One run of one target.

use crate::{Mutator, seeds};
use std::{
    collections::BTreeSet,
    env,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

/// A target with its seeds and bounds.
#[derive(Debug)]
pub struct Campaign {
    name: &'static str,
    seeds: PathBuf,
    made: Vec<Vec<u8>>,
    findings: PathBuf,
    dictionary: &'static [&'static [u8]],
    iterations: u64,
    random: u64,
    max_len: usize,
}

/// What a run has seen.
#[derive(Debug)]
pub struct Report {
    /// Inputs run, seeds included.
    pub inputs: u64,
    /// The words that the target returned.
    pub outcomes: BTreeSet<String>,
}

impl Campaign {
    /// The target `name`, whose kept seeds are in `seeds/NAME/`.
    ///
    /// The number of mutated inputs is 20,000, or `CORTEN_FUZZ_ITERATIONS`. They are the same in each run, unless
    /// `CORTEN_FUZZ_RANDOM` gives another number to begin from.
    pub fn new(name: &'static str) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            name,
            seeds: home.join("seeds").join(name),
            made: Vec::new(),
            findings: home.join("findings").join(name),
            dictionary: &[],
            iterations: number("CORTEN_FUZZ_ITERATIONS", 20_000),
            random: number("CORTEN_FUZZ_RANDOM", 1),
            max_len: 4096,
        }
    }

    /// Seeds that are made by program, beside those that are kept.
    #[must_use]
    pub fn seeds(mut self, seeds: Vec<Vec<u8>>) -> Self {
        self.made.extend(seeds);
        self
    }

    /// Pieces of input that are unlikely to arise by chance.
    #[must_use]
    pub fn dictionary(mut self, pieces: &'static [&'static [u8]]) -> Self {
        self.dictionary = pieces;
        self
    }

    /// Runs only one mutated input for every `share` of the usual number: for targets that are slow.
    #[must_use]
    pub fn one_in(mut self, share: u64) -> Self {
        self.iterations /= share.max(1);
        self
    }

    /// The longest mutated input; seeds may be longer.
    #[must_use]
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Other folders and bounds, for tests of this crate.
    #[cfg(test)]
    pub(crate) fn within(mut self, folder: &Path, iterations: u64) -> Self {
        self.seeds = folder.join("seeds");
        self.findings = folder.join("findings");
        self.iterations = iterations;
        self
    }

    /// Runs `target` on all seeds, then on mutations.
    ///
    /// # Panics
    /// When the target does. The input is then kept under `findings/NAME/`; once the fault is repaired, move it to
    /// the seeds, where it is run ever after.
    pub fn run(&self, target: impl Fn(&[u8]) -> String) -> Report {
        let mut corpus = seeds::load(&self.seeds);
        corpus.extend(self.made.iter().cloned());
        assert!(!corpus.is_empty(), "there are no seeds in {}", self.seeds.display());
        let mut report = Report { inputs: 0, outcomes: BTreeSet::new() };
        for seed in &corpus {
            self.try_input(&target, seed, &mut report);
        }
        let mut mutator = Mutator::new(self.random, self.dictionary, self.max_len);
        for _ in 0..self.iterations {
            let input = mutator.mutate(&corpus);
            if self.try_input(&target, &input, &mut report) {
                corpus.push(input);
            }
        }
        report
    }

    /// Whether the outcome is new.
    fn try_input(&self, target: &impl Fn(&[u8]) -> String, input: &[u8], report: &mut Report) -> bool {
        report.inputs += 1;
        match panic::catch_unwind(AssertUnwindSafe(|| target(input))) {
            Ok(outcome) => report.outcomes.insert(outcome),
            Err(cause) => {
                let path = seeds::keep(&self.findings, input);
                eprintln!("fuzz target {}: input {} of {} bytes", self.name, path.display(), input.len());
                panic::resume_unwind(cause)
            }
        }
    }
}

impl Report {
    /// Checks that the run has reached these outcomes: that it fuzzes the code behind the first check, too.
    ///
    /// # Panics
    /// If one was not reached.
    pub fn reached(&self, outcomes: &[&str]) {
        for outcome in outcomes {
            assert!(self.outcomes.contains(*outcome), "{outcome} was not reached: {:?}", self.outcomes);
        }
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")),
        Err(_) => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(seeds: &[&[u8]]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("seeds")).unwrap();
        for (index, seed) in seeds.iter().enumerate() {
            fs::write(dir.path().join("seeds").join(index.to_string()), seed).unwrap();
        }
        dir
    }

    #[test]
    fn a_fault_that_needs_a_few_steps_is_found_and_kept() {
        let dir = folder(&[b"hello world"]);
        let campaign = Campaign::new("test").within(dir.path(), 200_000);
        let run = panic::catch_unwind(|| {
            campaign.run(|input| {
                // Each byte that is right is an outcome of its own, as a new branch is to a coverage tool.
                let right = input.iter().zip(b"bug!").take_while(|(a, b)| a == b).count();
                assert!(right < 4, "the fault");
                right.to_string()
            })
        });
        assert!(run.is_err(), "the fault was found");
        let kept: Vec<_> = fs::read_dir(dir.path().join("findings")).unwrap().collect();
        let bytes = fs::read(kept[0].as_ref().unwrap().path()).unwrap();
        assert!(bytes.starts_with(b"bug!"), "{bytes:?}");
    }

    #[test]
    fn seeds_are_run_as_they_are() {
        let dir = folder(&[b"one", b"two"]);
        let report = Campaign::new("test")
            .within(dir.path(), 0)
            .run(|input| String::from_utf8_lossy(input).into_owned());
        assert_eq!(report.inputs, 2);
        report.reached(&["one", "two"]);
    }

    #[test]
    fn runs_are_repeatable() {
        let dir = folder(&[b"one", b"two"]);
        let run = || {
            let seen = std::cell::RefCell::new(Vec::new());
            Campaign::new("test").within(dir.path(), 200).run(|input| {
                seen.borrow_mut().push(input.to_vec());
                String::new()
            });
            seen.into_inner()
        };
        let first = run();
        assert_eq!(first, run());
        assert!(first.iter().collect::<BTreeSet<_>>().len() > 100, "inputs differ");
    }

    #[test]
    #[should_panic(expected = "there are no seeds")]
    fn a_target_without_seeds_fails() {
        let dir = folder(&[]);
        Campaign::new("test").within(dir.path(), 10).run(|_| String::new());
    }

    #[test]
    #[should_panic(expected = "deep was not reached")]
    fn an_outcome_that_is_not_reached_fails() {
        let dir = folder(&[b"one"]);
        Campaign::new("test").within(dir.path(), 10).run(|_| "shallow".into()).reached(&["deep"]);
    }
}
