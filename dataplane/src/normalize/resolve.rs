//! Second step: segments.

use super::{EscapedSlashes, PathError};
use corten_snapshot::PathNormalization;

/// Resolves dot segments (RFC 3986 section 5.2.4) and merges slashes in a path whose escapes have their one
/// form.
pub(super) fn resolve(decoded: &str, policy: &PathNormalization) -> Result<String, PathError> {
    let mut out = String::with_capacity(decoded.len());
    let mut segments = decoded.strip_prefix('/').ok_or(PathError::NotAbsolute)?.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    let parent = out.rfind('/').ok_or(PathError::AboveRoot)?;
                    out.truncate(parent);
                }
                if last {
                    push(&mut out, "");
                }
            }
            "" if policy.merge_slashes && !last => {}
            _ if hides_dots(segment, policy.escaped_slashes) => return Err(PathError::HiddenDotSegment),
            _ => push(&mut out, segment),
        }
    }
    Ok(out)
}

/// Adds a segment; an empty one at the end makes a trailing slash.
fn push(out: &mut String, segment: &str) {
    out.push('/');
    out.push_str(segment);
}

/// Whether some backends would see a dot segment in `segment`: behind its parameters, or between escaped
/// slashes that the policy keeps.
fn hides_dots(segment: &str, slashes: EscapedSlashes) -> bool {
    if slashes == EscapedSlashes::Keep && segment.contains('%') {
        let parts = segment.split("%2F").flat_map(|part| part.split("%5C"));
        return parts.into_iter().any(|part| is_parameterised_dots(part) || matches!(part, "." | ".."));
    }
    is_parameterised_dots(segment)
}

/// `.;`, `..;`, also with the semicolon escaped.
fn is_parameterised_dots(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('.') else { return false };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    rest.starts_with(';') || rest.starts_with("%3B")
}
