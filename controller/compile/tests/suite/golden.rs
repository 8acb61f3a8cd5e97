//! Golden files: `golden/TOPIC/NAME.in.yaml` compiles to `golden/TOPIC/NAME.out.yaml`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p corten-compile --test suite` rewrites the outputs; `GOLDEN=text` runs only those
//! whose path holds the text. Each output is reviewed like code.

use crate::{dump, read};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// All inputs, sorted.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases = Vec::new();
    for topic in fs::read_dir(&root).expect("the folder of golden files") {
        let topic = topic.expect("an entry").path();
        for file in fs::read_dir(&topic).expect("a folder for each topic") {
            let file = file.expect("an entry").path();
            if file.to_string_lossy().ends_with(".in.yaml") {
                cases.push(file);
            }
        }
    }
    cases.sort();
    cases
}

fn compiled(case: &Path) -> Result<String, String> {
    let text = fs::read_to_string(case).map_err(|error| error.to_string())?;
    let (inputs, options) = read::inputs(&text)?;
    Ok(dump::output(&corten_compile::compile(&inputs, &options)))
}

/// The first lines in which the texts differ.
fn first_difference(expected: &str, got: &str) -> String {
    let mut lines = expected.lines().zip(got.lines()).enumerate();
    match lines.find(|(_, (expected, got))| expected != got) {
        Some((number, (expected, got))) => {
            format!("line {}:\n  expected: {expected}\n  got:      {got}", number + 1)
        }
        None => format!("{} lines expected, {} got", expected.lines().count(), got.lines().count()),
    }
}

#[test]
fn golden() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let filter = std::env::var("GOLDEN").unwrap_or_default();
    let mut failures = Vec::new();
    for case in cases().iter().filter(|case| case.to_string_lossy().contains(&filter)) {
        let out = PathBuf::from(case.to_string_lossy().replace(".in.yaml", ".out.yaml"));
        let name = case.iter().rev().take(2).collect::<Vec<_>>();
        let name = format!("{}/{}", name[1].to_string_lossy(), name[0].to_string_lossy());
        let got = match compiled(case) {
            Ok(got) => got,
            Err(error) => {
                failures.push(format!("{name}: cannot be read: {error}"));
                continue;
            }
        };
        if update {
            fs::write(&out, &got).expect("the output can be written");
        }
        let expected = fs::read_to_string(&out).unwrap_or_default();
        if expected != got {
            failures.push(format!("{name}: {}", first_difference(&expected, &got)));
        }
    }
    assert!(failures.is_empty(), "{} golden files differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn there_are_enough_and_every_output_has_an_input() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} golden files", cases.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for topic in fs::read_dir(root).expect("the folder of golden files") {
        for file in fs::read_dir(topic.expect("an entry").path()).expect("a folder for each topic") {
            let file = file.expect("an entry").path();
            let input = PathBuf::from(file.to_string_lossy().replace(".out.yaml", ".in.yaml"));
            assert!(input.exists(), "{} has no input", file.display());
        }
    }
}
