//! `docs/tutorial.md`, as a reader follows it: its commands in their order, and what they print.

use corten_test_support::{
    Instant,
    cluster::kubectl,
    release::{helm, root},
};
use std::{fs, path::Path, process::Command, time::Duration};

/// How long commands may take to print what the tutorial shows.
const PATIENCE: Duration = Duration::from_secs(60);

/// Commands with what they print, line by line; a line's `…` stands for anything.
struct Step {
    commands: String,
    printed: Vec<String>,
}

/// The fenced blocks: each `sh` is a step, and a `text` behind it is what it prints.
fn steps(tutorial: &str) -> Vec<Step> {
    let mut steps = Vec::<Step>::new();
    let mut fence: Option<(&str, String)> = None;
    for line in tutorial.lines() {
        match (&mut fence, line.strip_prefix("```")) {
            (None, Some(language)) => fence = Some((language, String::new())),
            (Some((language, text)), Some(_)) => {
                match *language {
                    "sh" => steps.push(Step { commands: text.clone(), printed: Vec::new() }),
                    "text" => {
                        steps.last_mut().unwrap().printed.extend(text.lines().map(str::to_owned));
                    }
                    other => panic!("a block of {other:?}, which nobody runs"),
                }
                fence = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    steps
}

/// Whether `output` has the line, in which runs of spaces count as one.
fn prints(output: &str, line: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    output.lines().map(squeeze).any(|printed| {
        let mut rest = printed.as_str();
        line.split('…').map(squeeze).all(|piece| match rest.find(&piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    })
}

/// Runs a step in a shell that knows what earlier ones have exported. `Err`: what it printed instead.
fn run(step: &Step, state: &Path) -> Result<(), String> {
    let shell = "set -euo pipefail; . \"$1\"; eval \"$2\"; export -p > \"$1\"";
    let output = Command::new("bash")
        .args(["-c", shell, "tutorial", state.to_str().unwrap(), &step.commands])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let missing: Vec<_> = step.printed.iter().filter(|line| !prints(&text, line)).collect();
    if output.status.success() && missing.is_empty() {
        return Ok(());
    }
    Err(format!("{}: {:?} is missing in\n{text}\n{errors}", output.status, missing))
}

/// Whether a step only looks, so that it may be run again until what was written before is in effect.
fn only_looks(step: &Step) -> bool {
    let writes = ["apply", "create", "install", "patch", "delete", "mktemp"];
    !step.commands.split_whitespace().any(|word| writes.contains(&word))
}

/// The cluster's CRDs were applied by kubectl; a release takes over only what says that it is its own.
fn hand_over_crds() {
    let crds = kubectl(&["get", "crds", "--output=name"], "").unwrap();
    for crd in crds.lines().filter(|crd| crd.ends_with(".corten.dev")) {
        kubectl(&["label", "--overwrite", crd, "app.kubernetes.io/managed-by=Helm"], "").unwrap();
        let owner = ["meta.helm.sh/release-name=corten", "meta.helm.sh/release-namespace=corten-system"];
        kubectl(&["annotate", "--overwrite", crd, owner[0], owner[1]], "").unwrap();
    }
}

/// Takes away what a tutorial that broke off has left.
struct Tidy;

impl Drop for Tidy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = helm(&["uninstall", "corten", "--namespace", "corten-system", "--wait=false"]);
            let _ = kubectl(&["delete", "namespace", "shop", "corten-system", "--wait=false"], "");
        }
    }
}

#[test]
fn the_tutorial_does_what_it_says() {
    let steps = steps(&fs::read_to_string(root().join("docs/tutorial.md")).unwrap());
    assert!(steps.len() > 10 && steps.iter().filter(|step| !step.printed.is_empty()).count() > 7);
    let image = std::env::var("CORTEN_IMAGE").unwrap();
    let (repository, tag) = image.rsplit_once(':').unwrap();
    let state = tempfile::NamedTempFile::new().unwrap();
    fs::write(state.path(), format!("export REPOSITORY='{repository}' TAG='{tag}'\n")).unwrap();
    hand_over_crds();
    let _tidy = Tidy;
    for step in &steps {
        let begun = Instant::now();
        while let Err(error) = run(step, state.path()) {
            assert!(only_looks(step) && begun.elapsed() < PATIENCE, "{}\n{error}", step.commands);
        }
    }
}

#[test]
fn a_line_is_found_with_what_may_differ_left_out() {
    let output = "NAME     AGE\nweb      3s   True\n";
    for (line, found) in
        [("web 3s True", true), ("web …True", true), ("web", true), ("NAME …True", false), ("web 4s", false)]
    {
        assert_eq!(prints(output, line), found, "{line}");
    }
}
