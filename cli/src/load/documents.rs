//! Cuts a YAML stream into its documents, without parsing them.
//!
//! A line that starts with `---` or `...` and goes on with white space is a marker wherever it stands (YAML
//! 1.2.2, section 9.1.2, `c-forbidden`), also in block and quoted scalars, so the cut needs no parser. It has two uses:
//! a document with a mistake in it leaves its neighbours alone, and one that did not change is not parsed again.

/// One document of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawDocument<'a> {
    /// Its text, with its own `---` line and directives if there are any.
    pub text: &'a str,
    /// Number of the text's first line in the stream, from 1.
    pub line: u32,
}

/// The documents of `stream` that are not empty.
pub fn split(stream: &str) -> Vec<RawDocument<'_>> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let mut splitter = Splitter { documents: Vec::new(), start: 0, line: 1, content: false, marked: false };
    let mut offset = 0;
    for (number, text) in (1_u32..).zip(stream.split_inclusive('\n')) {
        let end = offset + text.len();
        if is_marker(text, "---") {
            if splitter.content || splitter.marked {
                splitter.cut(stream, offset, offset, number);
            }
            splitter.marked = true;
            splitter.content = has_content(text.trim_start_matches('-'));
        } else if is_marker(text, "...") {
            splitter.cut(stream, offset, end, number + 1);
        } else {
            // A directive counts only before the marker; after it, `%` is content.
            splitter.content |= has_content(text) && (splitter.marked || !text.starts_with('%'));
        }
        offset = end;
    }
    splitter.cut(stream, offset, offset, 0);
    splitter.documents
}

struct Splitter<'a> {
    documents: Vec<RawDocument<'a>>,
    /// Where the current document starts.
    start: usize,
    line: u32,
    /// Whether it holds anything but blanks, comments and directives.
    content: bool,
    /// Whether its `---` has been seen.
    marked: bool,
}

impl<'a> Splitter<'a> {
    /// Ends the current document at `end`; the next starts at `next`, on line `line`.
    fn cut(&mut self, stream: &'a str, end: usize, next: usize, line: u32) {
        if self.content {
            self.documents
                .extend(stream.get(self.start..end).map(|text| RawDocument { text, line: self.line }));
        }
        *self = Self {
            documents: std::mem::take(&mut self.documents),
            start: next,
            line,
            content: false,
            marked: false,
        };
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn has_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::yaml;
    use serde_json::{Value, json};

    fn texts(stream: &str) -> Vec<(u32, &str)> {
        split(stream).into_iter().map(|d| (d.line, d.text)).collect()
    }

    fn values(stream: &str) -> Vec<Value> {
        split(stream).into_iter().map(|d| yaml::parse(d.text).unwrap()).collect()
    }

    #[test]
    fn one_document_without_a_marker() {
        assert_eq!(texts("a: 1\nb: 2\n"), [(1, "a: 1\nb: 2\n")]);
    }

    #[test]
    fn each_document_knows_its_first_line() {
        assert_eq!(
            texts("a: 1\n---\nb: 2\n---\nc: 3"),
            [(1, "a: 1\n"), (2, "---\nb: 2\n"), (4, "---\nc: 3")]
        );
    }

    #[test]
    fn empty_documents_are_no_documents() {
        assert_eq!(texts(""), []);
        assert_eq!(texts("---\n---\n# only a comment\n---\n\n"), []);
        assert_eq!(texts("---\n---\na: 1\n---\n"), [(2, "---\na: 1\n")]);
    }

    #[test]
    fn a_comment_before_the_marker_belongs_to_the_document_behind_it() {
        assert_eq!(texts("# licence\n---\na: 1\n"), [(1, "# licence\n---\na: 1\n")]);
        assert_eq!(values("# licence\n---\na: 1\n"), [json!({"a": 1})]);
    }

    #[test]
    fn markers_with_content_and_carriage_returns() {
        assert_eq!(
            values("--- {a: 1}\r\n--- # note\r\nb: 2\r\n---\t{c: 3}\n"),
            [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})]
        );
    }

    #[test]
    fn a_longer_dash_line_is_no_marker() {
        assert_eq!(texts("a:\n----\nb\n").len(), 1);
        assert_eq!(texts("---a: 1\n"), [(1, "---a: 1\n")]);
    }

    #[test]
    fn indented_dashes_in_a_block_scalar_are_text() {
        let stream = "pem: |\n  -----BEGIN CERTIFICATE-----\n  --- not a marker\n---\nb: 2\n";
        assert_eq!(
            values(stream),
            [json!({"pem": "-----BEGIN CERTIFICATE-----\n--- not a marker\n"}), json!({"b": 2})]
        );
    }

    #[test]
    fn the_end_marker_ends_a_document_and_directives_belong_to_the_next() {
        let stream = "%YAML 1.2\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n...\n";
        assert_eq!(texts(stream), [(1, "%YAML 1.2\n---\na: 1\n"), (5, "%YAML 1.2\n---\nb: 2\n")]);
        assert_eq!(values(stream), [json!({"a": 1}), json!({"b": 2})]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(texts("\u{feff}---\na: 1\n"), [(1, "---\na: 1\n")]);
    }
}
