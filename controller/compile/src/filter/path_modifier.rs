//! Path modifiers of redirects and rewrites.

use super::Place;
use crate::{problem::Problem, text};
use corten_crds::gateway::{PathModifier as Given, PathModifierType};
use corten_snapshot::{PathMatch, PathModifier};

/// Compiles a path modifier.
pub(super) fn compile(given: &Given, place: &Place<'_, '_>, field: &str) -> Result<PathModifier, Problem> {
    let refused = |part: &str, message: String, remedy: &'static str| {
        Problem::new("UnsupportedValue", format!("{field}.{part}"), message, remedy)
    };
    match (given.type_, &given.replace_full_path, &given.replace_prefix_match) {
        (PathModifierType::ReplaceFullPath, Some(path), None) => {
            text::path(path).map_err(|message| {
                refused("replaceFullPath", message, "write an absolute path, percent-encoded where needed")
            })?;
            Ok(PathModifier::ReplaceFullPath(path.clone()))
        }
        (PathModifierType::ReplacePrefixMatch, None, Some(path)) => {
            if !path.is_empty() {
                text::path(path).map_err(|message| {
                    refused(
                        "replacePrefixMatch",
                        message,
                        "write an absolute path, or nothing to cut the prefix off",
                    )
                })?;
            }
            let prefixes = place.entries.iter().all(|entry| matches!(entry.path, PathMatch::Prefix(_)));
            if !prefixes {
                let message =
                    "only a rule whose matches are all of type PathPrefix has a prefix to replace".to_owned();
                return Err(refused(
                    "replacePrefixMatch",
                    message,
                    "use ReplaceFullPath, or match by PathPrefix",
                ));
            }
            Ok(PathModifier::ReplacePrefixMatch(path.clone()))
        }
        (type_, ..) => {
            let name = match type_ {
                PathModifierType::ReplaceFullPath => "replaceFullPath",
                PathModifierType::ReplacePrefixMatch => "replacePrefixMatch",
            };
            Err(refused(
                "type",
                format!("type {} has the field `{name}` and no other", type_.as_str()),
                "add it",
            ))
        }
    }
}
