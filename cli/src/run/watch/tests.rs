use super::*;
use crate::load::paths::walk;
use std::{os::unix::fs::symlink, time::Duration};

struct Fixture {
    folder: tempfile::TempDir,
    watcher: Watcher,
}

impl Fixture {
    fn new(prepare: impl Fn(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let (mut watcher, error) = Watcher::new();
        assert!(error.is_none(), "{error:?}");
        let (new, errors) = watcher.follow(&walk(&[folder.path().to_owned()]).folders);
        assert!(new && errors.is_empty(), "{errors:?}");
        Self { folder, watcher }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn next(&mut self) -> Changes {
        tokio::time::timeout(Duration::from_secs(20), self.watcher.next()).await.expect("a change is noticed")
    }

    fn files(&self, names: &[&str]) -> Changes {
        Changes::Files(names.iter().map(|name| self.path(name)).collect())
    }
}

fn two(folder: &Path) {
    fs::write(folder.join("a.yaml"), "a: 1").unwrap();
    fs::write(folder.join("b.yaml"), "b: 1").unwrap();
}

#[tokio::test]
async fn a_file_that_is_written() {
    let mut fixture = Fixture::new(two);
    fs::write(fixture.path("a.yaml"), "a: 2").unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["a.yaml"]));
}

#[tokio::test]
async fn a_file_that_is_moved_over_another() {
    let mut fixture = Fixture::new(two);
    fs::write(fixture.path("next"), "a: 2").unwrap();
    fs::rename(fixture.path("next"), fixture.path("a.yaml")).unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["a.yaml"]));
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x"), "b: 2").unwrap();
    fs::rename(outside.path().join("x"), fixture.path("b.yaml")).unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["b.yaml"]));
}

#[tokio::test]
async fn several_files_at_once_are_one_change() {
    let mut fixture = Fixture::new(two);
    fs::write(fixture.path("a.yaml"), "a: 2").unwrap();
    fs::write(fixture.path("b.yaml"), "b: 2").unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["a.yaml", "b.yaml"]));
}

#[tokio::test]
async fn new_and_removed_files_and_folders() {
    let mut fixture = Fixture::new(two);
    fs::remove_file(fixture.path("a.yaml")).unwrap();
    assert_eq!(fixture.next().await, Changes::Anything);
    fs::create_dir(fixture.path("sub")).unwrap();
    assert_eq!(fixture.next().await, Changes::Anything);
    let folders = walk(&[fixture.folder.path().to_owned()]).folders;
    assert_eq!(fixture.watcher.follow(&folders), (true, Vec::new()), "the new folder is watched from now on");
    assert_eq!(fixture.watcher.follow(&folders), (false, Vec::new()));
    fs::write(fixture.path("sub/c.yaml"), "c: 1").unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["sub/c.yaml"]));
}

#[tokio::test]
async fn a_swapped_link_as_kubernetes_does_it() {
    let mut fixture = Fixture::new(|folder| {
        fs::create_dir(folder.join("..1")).unwrap();
        fs::write(folder.join("..1/a.yaml"), "a: 1").unwrap();
        symlink("..1", folder.join("..data")).unwrap();
        symlink("..data/a.yaml", folder.join("a.yaml")).unwrap();
    });
    fs::create_dir(fixture.path("..2")).unwrap();
    fs::write(fixture.path("..2/a.yaml"), "a: 2").unwrap();
    symlink("..2", fixture.path("..data_tmp")).unwrap();
    fs::rename(fixture.path("..data_tmp"), fixture.path("..data")).unwrap();
    assert_eq!(fixture.next().await, Changes::Anything);
}

#[tokio::test]
async fn a_folder_that_is_replaced_is_watched_again() {
    let mut fixture = Fixture::new(|folder| {
        fs::create_dir(folder.join("config")).unwrap();
        fs::write(folder.join("config/a.yaml"), "a: 1").unwrap();
    });
    let config = fixture.path("config");
    fixture.watcher.follow(&walk(std::slice::from_ref(&config)).folders);
    fs::rename(&config, fixture.path("old")).unwrap();
    fs::create_dir(&config).unwrap();
    assert_eq!(fixture.next().await, Changes::Anything);
    let folders = walk(std::slice::from_ref(&config)).folders;
    assert_eq!(fixture.watcher.follow(&folders), (true, Vec::new()));
    // What the unwatched folder still has to say may come with the first writes.
    let written = loop {
        fs::write(config.join("b.yaml"), "b: 1").unwrap();
        if let Changes::Files(files) = fixture.next().await {
            break files;
        }
    };
    assert_eq!(written, BTreeSet::from([config.join("b.yaml")]));
}

#[tokio::test]
async fn the_file_behind_a_link_elsewhere() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("real.yaml"), "a: 1").unwrap();
    let mut fixture =
        Fixture::new(|folder| symlink(outside.path().join("real.yaml"), folder.join("a.yaml")).unwrap());
    fs::write(outside.path().join("unrelated.yaml"), "x: 1").unwrap();
    fs::write(outside.path().join("real.yaml"), "a: 2").unwrap();
    let Changes::Files(files) = fixture.next().await else { panic!() };
    assert!(files.iter().all(|file| file.ends_with("real.yaml")), "{files:?}");
}

#[tokio::test]
async fn what_does_not_matter_is_silent() {
    let mut fixture = Fixture::new(two);
    fs::read(fixture.path("a.yaml")).unwrap();
    fs::write(fixture.path("notes.txt"), "x").unwrap();
    fs::write(fixture.path(".a.yaml.swp"), "x").unwrap();
    // The watched file comes last, so what came before it has been passed by when it is told.
    fs::write(fixture.path("a.yaml"), "a: 2").unwrap();
    assert_eq!(fixture.next().await, fixture.files(&["a.yaml"]));
    assert!(!fixture.watcher.is_pending());
}
