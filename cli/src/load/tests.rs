use super::*;
use std::fs;

fn namespace(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn loader(&self) -> Loader {
        let mut loader = Loader::new(vec![self.0.path().to_owned()], None);
        loader.load();
        loader
    }
}

fn names(loader: &Loader) -> Vec<String> {
    loader.inventory().iter().map(|(id, _)| id.name.to_string()).collect()
}

#[test]
fn a_change_is_found_and_nothing_else_is_read() {
    let folder = Folder::new(&[("a.yaml", &namespace("a")), ("b.yaml", &namespace("b"))]);
    let mut loader = folder.loader();
    assert!(loader.load().is_empty(), "nothing has changed");
    folder.write("b.yaml", &namespace("c"));
    let change = loader.load();
    assert_eq!((change.added.len(), change.changed.len(), change.removed.len()), (1, 0, 1));
    assert_eq!(names(&loader), ["a", "c"]);
}

#[test]
fn a_known_file_is_reloaded_alone() {
    let folder = Folder::new(&[("a.yaml", &namespace("a")), ("b.yaml", &namespace("b"))]);
    let mut loader = folder.loader();
    folder.write("a.yaml", &namespace("x"));
    folder.write("b.yaml", &namespace("y"));
    let change = loader.reload(&BTreeSet::from([folder.path("a.yaml")])).unwrap();
    assert_eq!((change.added.len(), change.removed.len()), (1, 1));
    assert_eq!(names(&loader), ["b", "x"]);
    assert!(loader.reload(&BTreeSet::from([folder.path("new.yaml")])).is_none(), "new files need a walk");
    fs::remove_file(folder.path("b.yaml")).unwrap();
    assert!(loader.reload(&BTreeSet::from([folder.path("b.yaml")])).is_none(), "so do removed ones");
    loader.load();
    assert_eq!(names(&loader), ["x"]);
}

#[test]
fn standard_input_is_a_file_named_dash() {
    let mut loader = Loader::new(Vec::new(), Some(format!("{}---\nkind: [\n", namespace("a"))));
    loader.load();
    assert_eq!(names(&loader), ["a"]);
    assert!(loader.diagnostics()[0].to_string().starts_with("-:5: error: "), "{:?}", loader.diagnostics());
    let id = loader.inventory().iter().next().unwrap().0.clone();
    assert_eq!(places::Places::new(&loader).of(&id, "metadata.name").unwrap().to_string(), "-:3");
}

#[test]
fn places_of_objects_and_fields() {
    let folder = Folder::new(&[(
        "a.yaml",
        &format!("{}---\n# note\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n", namespace("a")),
    )]);
    let loader = folder.loader();
    let id = loader.inventory().iter().nth(1).unwrap().0.clone();
    let line = |field| places::Places::new(&loader).of(&id, field).unwrap().line;
    assert_eq!(line(""), 6);
    assert_eq!(line("metadata.name"), 9);
    assert_eq!(line("metadata.labels"), 8, "the line of what holds it");
}

#[test]
fn other_kinds_are_noted_once() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n";
    let folder = Folder::new(&[("a.yaml", pod), ("b.yaml", pod)]);
    assert_eq!(
        folder.loader().diagnostics().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["note: 4 objects of kinds that do not matter here: 2 apps/v1 Deployment, 2 v1 Pod"]
    );
}

#[test]
fn a_file_that_has_become_unreadable_is_read_again_each_time() {
    let folder = Folder::new(&[("a.yaml", &namespace("a"))]);
    let mut loader = folder.loader();
    fs::write(folder.path("a.yaml"), b"\xff").unwrap();
    assert!(loader.load().is_empty());
    assert_eq!(names(&loader), ["a"], "the last good state stays");
    assert!(loader.diagnostics()[0].to_string().ends_with("a.yaml:1: error: is not UTF-8 text"));
    folder.write("a.yaml", &namespace("a"));
    assert!(loader.load().changed.len() == 1 && loader.diagnostics().is_empty());
}

#[test]
fn several_files_are_reloaded_though_one_needs_all_the_others() {
    let folder =
        Folder::new(&[("a.yaml", &namespace("a")), ("b.yaml", &namespace("b")), ("c.yaml", &namespace("c"))]);
    let mut loader = folder.loader();
    folder.write("a.yaml", &namespace("x"));
    folder.write("b.yaml", &namespace("c"));
    let change = loader.reload(&BTreeSet::from([folder.path("a.yaml"), folder.path("b.yaml")])).unwrap();
    assert_eq!(names(&loader), ["c", "x"]);
    let sorted = |ids: &[std::sync::Arc<identity::ObjectId>]| {
        let mut names: Vec<_> = ids.iter().map(|id| id.name.to_string()).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(&change.added), ["x"], "the first file's change is told as well");
    assert_eq!(sorted(&change.removed), ["a", "b"]);
    assert!(
        loader.diagnostics()[0].to_string().contains("is already defined in "),
        "{:?}",
        loader.diagnostics()
    );
}

#[test]
fn a_look_at_files_that_nobody_touched_changes_nothing() {
    let folder = Folder::new(&[("a.yaml", &namespace("a")), ("b.yaml", "kind: [\n")]);
    let mut loader = folder.loader();
    let before = loader.diagnostics().to_vec();
    assert!(!before.is_empty() && loader.load().is_empty());
    assert_eq!(loader.diagnostics(), before);
    fs::remove_file(folder.path("b.yaml")).unwrap();
    assert!(loader.load().is_empty() && loader.diagnostics().is_empty(), "a removed file is noticed");
}
