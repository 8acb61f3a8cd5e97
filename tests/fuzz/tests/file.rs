//! The decoder of snapshot files.

use corten_fuzz::{Campaign, targets::file};

#[test]
fn files() {
    let report = Campaign::new("file").seeds(file::files()).run(file::file);
    report.reached(&["no snapshot", "another schema", "damaged", "0 parts", "3 parts"]);
}

#[test]
fn contents() {
    let report = Campaign::new("file-content").seeds(file::contents()).run(file::content);
    assert!(report.outcomes.iter().any(|outcome| outcome.starts_with("malformed")), "{:?}", report.outcomes);
    assert!(report.outcomes.iter().any(|outcome| outcome.ends_with("parts")), "{:?}", report.outcomes);
}
