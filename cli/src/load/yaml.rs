//! One YAML document as a JSON value, within limits.
//!
//! Parsing is done twice where a message needs it: [`parse`] makes the value that is used, [`Node`] keeps the line of each
//! key and item, and is made only to say where a mistake is.

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::{MessageFormatter, Options, Spanned, UserMessageFormatter};
use std::fmt;

/// Files above this many bytes are refused.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Deepest nesting of maps and lists. The deepest field of all kinds is at 14.
const MAX_DEPTH: usize = 64;
/// Nodes in one document: a `List` of some 30,000 routes.
const MAX_NODES: usize = 2_000_000;
/// Nodes that aliases may repeat in one document.
const MAX_ALIASED_NODES: usize = 50_000;

/// Why a document is no YAML that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Line in the document, from 1; 0 if unknown.
    pub line: u32,
    /// What is wrong, one line.
    pub message: String,
}

/// The value of a single document.
///
/// # Errors
/// Syntax errors, duplicate keys, keys that are no strings, unknown aliases, and exceeded limits.
pub fn parse(document: &str) -> Result<Value, YamlError> {
    serde_saphyr::from_str_with_options(document, options()).map_err(|error| error_of(&error))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_recorded_anchor_events: MAX_ALIASED_NODES,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_ALIASED_NODES },
        // What kubectl reads as octal (file modes) is octal here too.
        legacy_octal_numbers: true,
        emit_comments: false,
        with_snippet: false,
    }
}

fn error_of(error: &serde_saphyr::Error) -> YamlError {
    let line = error.location().map_or(0, |location| u32::try_from(location.line()).unwrap_or(0));
    let message = UserMessageFormatter.format_message(error).into_owned();
    YamlError { line, message: message.trim_end_matches('.').to_owned() }
}

/// A document as lines: where each key and item stands.
#[derive(Debug)]
pub struct Node {
    line: u32,
    children: Children,
}

#[derive(Debug)]
enum Children {
    None,
    Items(Vec<Node>),
    /// Key, its line, its value.
    Members(Vec<(String, u32, Node)>),
}

/// One step from a value to a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A member of a map.
    Key(&'a str),
    /// An item of a list, from 0.
    Index(usize),
}

impl Node {
    /// The lines of a document; `None` if it is no YAML.
    pub fn parse(document: &str) -> Option<Self> {
        serde_saphyr::from_str_with_options(document, options()).ok()
    }

    /// The line in the document, from 1, of the deepest part of `path` that exists.
    pub fn line(&self, path: &[Step<'_>]) -> u32 {
        let mut node = self;
        let mut line = self.line;
        for step in path {
            let next = match (step, &node.children) {
                (Step::Key(key), Children::Members(members)) => {
                    members.iter().find(|(name, ..)| name == key).map(|(_, line, value)| (*line, value))
                }
                (Step::Index(index), Children::Items(items)) => {
                    items.get(*index).map(|item| (item.line, item))
                }
                _ => None,
            };
            let Some((found, value)) = next else { break };
            (line, node) = (found, value);
        }
        line
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Children>::deserialize(deserializer)?;
        Ok(Self { line: line_of(&spanned), children: spanned.value })
    }
}

fn line_of<T>(spanned: &Spanned<T>) -> u32 {
    u32::try_from(spanned.referenced.line()).unwrap_or(0)
}

impl<'de> Deserialize<'de> for Children {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChildrenVisitor)
    }
}

struct ChildrenVisitor;

impl<'de> Visitor<'de> for ChildrenVisitor {
    type Value = Children;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_unit<E: de::Error>(self) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_none<E: de::Error>(self) -> Result<Children, E> {
        Ok(Children::None)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Children, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Children::Items(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Children, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            let line = line_of(&key);
            members.push((key.value, line, access.next_value()?));
        }
        Ok(Children::Members(members))
    }
}

#[cfg(test)]
mod tests;
