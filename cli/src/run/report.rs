//! What `corten run` tells people, on standard error: lines of text, or log records if logs are JSON.

use super::{engine::Round, summary::Summary};
use crate::{
    diagnostic::{Diagnostic, Place, Severity},
    load::{Loader, identity::ObjectId, places::Places},
    logging::Format,
};
use std::{collections::HashSet, fmt::Write as _, path::PathBuf, sync::Arc};

/// How many objects a reload names.
const NAMED: usize = 3;

/// Tells, and remembers what has been told.
#[derive(Debug)]
pub struct Reporter {
    format: Format,
    told: HashSet<Diagnostic>,
}

impl Reporter {
    /// Tells in this format.
    pub fn new(format: Format) -> Self {
        Self { format, told: HashSet::new() }
    }

    /// Tells what is served.
    pub fn started(&self, summary: &Summary, paths: &[PathBuf]) {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let paths = paths.join(", ");
        if self.format == Format::Json {
            for row in &summary.listeners {
                let address = row.address.map(|address| address.to_string());
                tracing::info!(listener = %row.key, scheme = row.scheme, address, routes = row.routes, "listener");
            }
            let (files, objects, ms) = (summary.files, summary.objects, millis(summary.took));
            let admin = summary.admin.map(|address| address.to_string());
            tracing::info!(files, objects, ms, admin, paths, "started");
            return;
        }
        eprint!("{}", started(summary, &paths));
    }

    /// Tells what is different.
    pub fn reloaded(&self, round: &Round) {
        let (change, ms) = (&round.change, millis(round.took));
        if self.format == Format::Json {
            let (added, changed, removed) = (change.added.len(), change.changed.len(), change.removed.len());
            tracing::info!(added, changed, removed, revision = round.revision, ms, "reloaded");
            return;
        }
        let mut parts = Vec::new();
        for (verb, ids) in
            [("added", &change.added), ("changed", &change.changed), ("removed", &change.removed)]
        {
            parts.extend((!ids.is_empty()).then(|| format!("{verb} {}", names(ids))));
        }
        line(format!("reloaded in {ms} ms, revision {}: {}", round.revision, parts.join("; ")));
    }

    /// Tells what is wrong and has not been told yet; what is right again is forgotten.
    pub fn problems<'a>(&mut self, all: impl Iterator<Item = &'a Diagnostic>, loader: &Loader) {
        let mut places = Places::new(loader);
        let now: HashSet<Diagnostic> = all
            .map(|diagnostic| {
                let key = without_line(diagnostic);
                if !self.told.contains(&key) {
                    let mut diagnostic = diagnostic.clone();
                    places.refine(&mut diagnostic);
                    self.tell(&diagnostic);
                }
                key
            })
            .collect();
        let was_wrong = self.told.iter().any(|d| d.severity == Severity::Error);
        let is_wrong = now.iter().any(|d| d.severity == Severity::Error);
        if was_wrong && !is_wrong {
            self.note("all errors are mended");
        }
        self.told = now;
    }

    fn tell(&self, diagnostic: &Diagnostic) {
        if self.format == Format::Text {
            line(diagnostic.to_string());
            return;
        }
        let place = diagnostic.place.as_ref().map(ToString::to_string);
        let object = diagnostic.object.as_ref().map(ToString::to_string);
        let Diagnostic { code, field, message, remedy, .. } = diagnostic;
        match diagnostic.severity {
            Severity::Error => tracing::error!(place, object, field, code, remedy, "{message}"),
            Severity::Warning => tracing::warn!(place, object, field, code, remedy, "{message}"),
            Severity::Note => tracing::info!(place, object, field, code, remedy, "{message}"),
        }
    }

    /// Tells why it ends.
    pub fn failure(&self, message: &str) {
        match self.format {
            Format::Text => line(format!("error: {message}")),
            Format::Json => tracing::error!("{message}"),
        }
    }

    /// Tells something that is not as it should be.
    pub fn warning(&self, message: &str) {
        match self.format {
            Format::Text => line(format!("warning: {message}")),
            Format::Json => tracing::warn!("{message}"),
        }
    }

    /// Tells something worth knowing.
    pub fn note(&self, message: &str) {
        match self.format {
            Format::Text => line(message.to_owned()),
            Format::Json => tracing::info!("{message}"),
        }
    }

    /// Tells how a drain ended.
    pub fn stopped(&self, cut: usize) {
        match cut {
            0 => self.note("stopped"),
            cut => self.warning(&format!("stopped; {cut} connections took too long and were cut")),
        }
    }
}

fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

fn started(summary: &Summary, paths: &str) -> String {
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut text = format!(
        "corten {}: {} in {}, ready after {} ms\n",
        env!("CARGO_PKG_VERSION"),
        plural(summary.objects, "object"),
        plural(summary.files, "file"),
        millis(summary.took)
    );
    // Writing to a String does not fail.
    for row in &summary.listeners {
        let _ = writeln!(text, "  {row}");
    }
    if summary.listeners.is_empty() {
        text.push_str("  no listener yet: no Gateway of class `corten` is valid\n");
    }
    if let Some(admin) = summary.admin {
        let _ = writeln!(text, "  http://{admin}: metrics and readiness");
    }
    let _ = writeln!(text, "following changes of {paths}");
    text
}

fn names(ids: &[Arc<ObjectId>]) -> String {
    let named: Vec<_> = ids.iter().take(NAMED).map(|id| id.display().to_string()).collect();
    match ids.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Lines move when something else in the file changes; that is no news.
fn without_line(diagnostic: &Diagnostic) -> Diagnostic {
    let place = diagnostic.place.as_ref().map(|place| Place { line: 0, ..place.clone() });
    Diagnostic { place, ..diagnostic.clone() }
}

/// Writes a line to standard error at once: who follows the file never sees a part of one.
fn line(mut text: String) {
    text.push('\n');
    eprint!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::Path, time::Duration};

    fn id(name: &str) -> Arc<ObjectId> {
        Arc::new(ObjectId { group: "", kind: "Secret", namespace: "default".into(), name: name.into() })
    }

    #[test]
    fn many_objects_are_counted() {
        let ids: Vec<_> = ["a", "b", "c", "d", "e"].map(id).into();
        assert_eq!(names(&ids[..2]), "Secret default/a, Secret default/b");
        assert_eq!(names(&ids), "Secret default/a, Secret default/b, Secret default/c and 2 more");
    }

    #[test]
    fn the_summary_names_what_is_missing() {
        let summary = Summary {
            files: 1,
            objects: 0,
            listeners: Vec::new(),
            admin: None,
            took: Duration::from_micros(1234),
        };
        assert_eq!(
            started(&summary, "./shop"),
            format!(
                "corten {}: 0 objects in 1 file, ready after 1.2 ms\n  no listener yet: no Gateway of class `corten` \
                 is valid\nfollowing changes of ./shop\n",
                env!("CARGO_PKG_VERSION")
            )
        );
    }

    #[test]
    fn a_problem_that_only_moves_is_no_news() {
        let at = |line| Diagnostic::error("x", "y").at(&Arc::from(Path::new("a.yaml")), line);
        let mut reporter = Reporter::new(Format::Text);
        reporter.problems([at(3)].iter(), &Loader::default());
        assert!(reporter.told.contains(&without_line(&at(7))));
        reporter.problems(std::iter::empty(), &Loader::default());
        assert!(reporter.told.is_empty(), "mended, so it would be told again");
    }
}
