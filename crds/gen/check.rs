//! What is checked in is what the generator makes; `UPDATE_GOLDEN=1` rewrites it.

mod crd;
mod emit;
mod ident;
mod names;
mod output;
mod registry;
mod shape;

#[test]
fn generated_files_are_current() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (path, text) in output::all().unwrap() {
        if update {
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let current = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(current == text, "{} is stale: run with UPDATE_GOLDEN=1", path.display());
    }
}

#[test]
fn nothing_else_is_in_the_generated_folder() {
    let made: Vec<_> = output::all().unwrap().into_keys().collect();
    for entry in std::fs::read_dir(output::generated_folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(made.contains(&path), "{} is not generated any more", path.display());
    }
}
