//! `corten check`: everything that is wrong with files, without serving them.

use crate::{
    compiled::{self, PortPair},
    diagnostic::{Diagnostic, Severity},
    exit::Exit,
    load::Loader,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::{
    io::{self, Read as _, Write},
    path::PathBuf,
};

/// Arguments of `corten check`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Files and folders of Kubernetes YAML; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the findings are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Fail for warnings too
    #[arg(long)]
    pub strict: bool,
    /// Ports as `corten run` would bind them, such as 80=8080
    #[arg(long, value_name = "LISTENER=BOUND", value_delimiter = ',')]
    pub port_map: Vec<PortPair>,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line each.
    #[default]
    Text,
    /// One JSON object: `diagnostics` and `summary`.
    Json,
}

/// The JSON form.
#[derive(Debug, Serialize)]
struct Report<'a> {
    diagnostics: &'a [Diagnostic],
    summary: Summary,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Summary {
    files: usize,
    objects: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
}

/// Checks, and writes what it finds to standard output.
pub fn check(arguments: &Arguments) -> Exit {
    let mut loader = match loader(&arguments.paths) {
        Ok(loader) => loader,
        Err(message) => {
            eprintln!("error: {message}");
            return Exit::Usage;
        }
    };
    let options = compiled::options(&arguments.port_map, compiled::EVERY_ADDRESS);
    let (_, diagnostics) = compiled::once(&mut loader, &options);
    let summary = Summary::of(&loader, &diagnostics);
    // Nobody reads on after a closed pipe; the exit code says it all the same.
    let _ = write(&mut io::stdout().lock(), arguments.format, &diagnostics, summary);
    let failed = summary.errors > 0 || arguments.strict && summary.warnings > 0;
    if failed { Exit::Failure } else { Exit::Success }
}

/// A loader of PATHs in which `-` stands for standard input.
///
/// # Errors
/// What cannot be found or read, for people.
pub fn loader(paths: &[PathBuf]) -> Result<Loader, String> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    let files: Vec<PathBuf> = paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if let Some(missing) = files.iter().find(|path| !path.exists()) {
        return Err(format!("{}: no such file or folder", missing.display()));
    }
    let mut stdin = None;
    if paths.iter().any(is_stdin) {
        let mut text = String::new();
        let read = io::stdin().lock().take(crate::load::yaml::MAX_FILE_BYTES).read_to_string(&mut text);
        read.map_err(|error| format!("standard input: {error}"))?;
        stdin = Some(text);
    }
    Ok(Loader::new(files, stdin))
}

impl Summary {
    fn of(loader: &Loader, diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        Self {
            files: loader.files().count(),
            objects: loader.inventory().len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

fn write(
    out: &mut impl Write,
    format: Format,
    diagnostics: &[Diagnostic],
    summary: Summary,
) -> io::Result<()> {
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut *out, &Report { diagnostics, summary })?;
        return writeln!(out);
    }
    for diagnostic in diagnostics {
        writeln!(out, "{diagnostic}")?;
    }
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let parts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| plural(*n, what)).collect();
    let found = if parts.is_empty() { "nothing is wrong".to_owned() } else { parts.join(", ") };
    writeln!(out, "{} in {}: {found}", plural(summary.objects, "object"), plural(summary.files, "file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, diagnostics: &[Diagnostic], summary: Summary) -> String {
        let mut out = Vec::new();
        write(&mut out, format, diagnostics, summary).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_ends_with_the_counts() {
        let summary = Summary { files: 1, objects: 2, errors: 1, warnings: 2, notes: 0 };
        let found = [Diagnostic::error("x", "wrong")];
        assert_eq!(
            written(Format::Text, &found, summary),
            "error: wrong\n2 objects in 1 file: 1 error, 2 warnings\n"
        );
        let clean = Summary { files: 3, objects: 1, ..Summary::default() };
        assert_eq!(written(Format::Text, &[], clean), "1 object in 3 files: nothing is wrong\n");
    }

    #[test]
    fn json_has_findings_and_counts() {
        let summary = Summary { files: 1, objects: 2, errors: 1, ..Summary::default() };
        let value: serde_json::Value =
            serde_json::from_str(&written(Format::Json, &[Diagnostic::error("x", "wrong")], summary))
                .unwrap();
        assert_eq!(value["diagnostics"][0]["message"], "wrong");
        assert_eq!(
            value["summary"],
            serde_json::json!({"files": 1, "objects": 2, "errors": 1, "warnings": 0, "notes": 0})
        );
    }
}
