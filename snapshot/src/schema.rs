//! The identity of the encoding.
//!
//! Postcard is not self-describing: bytes that one build wrote mean something else to a build with other types.
//! So every stream and every file begins with a hash over the text of the type definitions, and only equal
//! hashes talk to each other. Comments, blank lines and indentation do not count. The hash is stricter than it
//! must be (a new method changes it too), which costs a full snapshot after an upgrade and nothing else.

use crate::ContentHash;
use std::sync::LazyLock;

/// Every source file that defines something which is encoded, by its path under `src/`.
const SOURCES: &[(&str, &str)] = &[
    ("certificate.rs", include_str!("certificate.rs")),
    ("cluster.rs", include_str!("cluster.rs")),
    ("filter.rs", include_str!("filter.rs")),
    ("frame/mod.rs", include_str!("frame/mod.rs")),
    ("hash.rs", include_str!("hash.rs")),
    ("host.rs", include_str!("host.rs")),
    ("key.rs", include_str!("key.rs")),
    ("listener.rs", include_str!("listener.rs")),
    ("part.rs", include_str!("part.rs")),
    ("settings.rs", include_str!("settings.rs")),
    ("snapshot.rs", include_str!("snapshot.rs")),
    ("update.rs", include_str!("update.rs")),
];

/// The hash over the definitions of everything that is encoded.
pub fn schema_hash() -> ContentHash {
    static HASH: LazyLock<ContentHash> = LazyLock::new(|| hash_of(SOURCES));
    *HASH
}

fn hash_of(sources: &[(&str, &str)]) -> ContentHash {
    let mut text = String::new();
    for (path, source) in sources {
        text.push_str(path);
        text.push('\n');
        for line in source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    ContentHash::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn a_changed_field_changes_the_hash() {
        let before = [("a.rs", "struct A {\n    /// Doc.\n    b: u8,\n}\n")];
        let after = [("a.rs", "struct A {\n    /// Doc.\n    b: u16,\n}\n")];
        assert_ne!(hash_of(&before), hash_of(&after));
    }

    #[test]
    fn comments_and_layout_do_not_count() {
        let before = [("a.rs", "/// Doc.\nstruct A {\n    b: u8,\n}\n")];
        let after = [("a.rs", "struct A {\n\n  // Why.\n  b: u8,\n}\n")];
        assert_eq!(hash_of(&before), hash_of(&after));
    }

    #[test]
    fn moving_a_line_to_another_file_counts() {
        assert_ne!(hash_of(&[("a.rs", "x"), ("b.rs", "")]), hash_of(&[("a.rs", ""), ("b.rs", "x")]));
    }

    #[test]
    fn every_file_that_derives_an_encoding_is_listed() {
        let mut found = Vec::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
        found.sort();
        let listed: Vec<_> = SOURCES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(listed, found, "schema.rs must list exactly the files that define encoded types");
    }

    /// Paths of files under `dir` that derive or implement `Deserialize`.
    fn collect(dir: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let (path, name) = {
                let entry = entry.unwrap();
                (entry.path(), format!("{prefix}{}", entry.file_name().to_string_lossy()))
            };
            if path.is_dir() {
                collect(&path, &format!("{name}/"), found);
            } else if name != "schema.rs" && fs::read_to_string(&path).unwrap().contains("Deserialize") {
                found.push(name);
            }
        }
    }
}
