//! How a value is compared: byte for byte, or by a regular expression over the whole of it.

use parking_lot::Mutex;
use regex::bytes::RegexBuilder;
use regex_syntax::hir::{Hir, HirKind};
use rustc_hash::FxHashMap;
use std::sync::{Arc, LazyLock, Weak};

/// Bytes of a compiled expression before it is refused. Counted repetitions of Unicode classes are what
/// is large: `[\w-]{1,64}` needs about 3 MiB, `(?-u:[\w-]){1,64}` a few KiB.
const SIZE_LIMIT: usize = 4 << 20;
/// Bytes of the lazily built automaton that each expression may use at run time, for each thread that
/// uses it at once; beyond that its cache is cleared and it goes on.
const DFA_SIZE_LIMIT: usize = 256 << 10;

/// A compiled condition on a value.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Byte for byte.
    Exact(Box<[u8]>),
    /// The whole value must match.
    Regex(Arc<Regex>),
}

/// An expression that the whole value must match.
#[derive(Debug)]
pub(super) struct Regex {
    /// What every match begins with, as far as the expression begins with plain text. Most expressions for
    /// paths do, and most paths are told apart by it, without running the automaton.
    prefix: Box<[u8]>,
    automaton: regex::bytes::Regex,
}

impl Regex {
    /// Whether the whole value matches.
    pub(super) fn is_match(&self, value: &[u8]) -> bool {
        value.starts_with(&self.prefix) && self.automaton.is_match(value)
    }
}

impl Pattern {
    /// Compiles. The error says what is wrong with the expression.
    pub(super) fn build(pattern: &corten_snapshot::ValuePattern) -> Result<Self, String> {
        Ok(match pattern {
            corten_snapshot::ValuePattern::Exact(text) => Self::Exact(text.as_bytes().into()),
            corten_snapshot::ValuePattern::Regex(text) => Self::Regex(regex(text)?),
        })
    }
}

/// The expression, anchored at both ends. Expressions of equal text share one automaton, also across
/// hostnames and across snapshots, so that a rebuild of a hostname compiles only what is new.
pub(super) fn regex(text: &str) -> Result<Arc<Regex>, String> {
    static SHARED: LazyLock<Mutex<Shared>> = LazyLock::new(Mutex::default);
    SHARED.lock().get(text)
}

#[derive(Default)]
struct Shared {
    known: FxHashMap<Box<str>, Weak<Regex>>,
    /// Size of `known` at which entries that nobody holds any more are dropped.
    sweep_at: usize,
}

impl Shared {
    fn get(&mut self, text: &str) -> Result<Arc<Regex>, String> {
        if let Some(regex) = self.known.get(text).and_then(Weak::upgrade) {
            return Ok(regex);
        }
        let regex = Arc::new(compile(text)?);
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, weak| weak.strong_count() > 0);
            self.sweep_at = (self.known.len() * 2).max(64);
        }
        self.known.insert(text.into(), Arc::downgrade(&regex));
        Ok(regex)
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    // On its own first: `a)|(b` must not become valid between the anchors, and the message should show
    // what the user wrote.
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(text);
    let parsed = parsed.map_err(|error| error.to_string())?;
    let automaton = RegexBuilder::new(&format!("^(?:{text})$"))
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(DFA_SIZE_LIMIT)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Regex { prefix: literal_prefix(&parsed).into(), automaton })
}

/// The plain text that the expression begins with.
fn literal_prefix(hir: &Hir) -> &[u8] {
    match hir.kind() {
        HirKind::Literal(literal) => &literal.0,
        HirKind::Capture(capture) => literal_prefix(&capture.sub),
        // Assertions (`^`) take up nothing.
        HirKind::Concat(parts) => {
            let first = parts.iter().find(|part| !matches!(part.kind(), HirKind::Look(_)));
            first.map_or(&[], literal_prefix)
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, value: &[u8]) -> bool {
        regex(text).unwrap().is_match(value)
    }

    #[test]
    fn the_whole_value_is_matched() {
        assert!(matches("a|ab", b"ab"));
        assert!(!matches("a|ab", b"abc"));
        assert!(!matches("a|b", b"xb"));
        assert!(matches("(?i)abc", b"ABC"));
        assert!(!matches("(?m)a", b"a\nb"), "anchors stand outside of the user's flags");
        assert!(!matches("a", b"a\n"), "the end is the end, not the last line's");
        assert!(matches(r"(?-u)\xff.*", b"\xffx"), "values need not be UTF-8");
        assert!(matches("", b""));
    }

    #[test]
    fn a_bad_expression_is_refused_with_what_the_user_wrote() {
        for bad in ["(", "a)|(b", "[z-a]", "a{2,1}", r"\p{Nope}", r"(?x)a # comment", "(?=a)"] {
            assert!(regex(bad).is_err(), "{bad}");
        }
        let message = regex("ab(c").unwrap_err();
        assert!(message.contains("unclosed group") && !message.contains("(?:"), "{message}");
    }

    #[test]
    fn size_is_bounded() {
        regex(r"[\w-]{1,64}").unwrap();
        let message = regex(r"(\w{100}){100}").unwrap_err();
        assert!(message.contains("size limit"), "{message}");
    }

    #[test]
    fn plain_text_at_the_start_is_compared_first() {
        for (text, prefix) in [
            ("/api/v[0-9]+/.*", "/api/v"),
            ("/api(/.*)?", "/api"),
            ("(/a)b", "/a"),
            ("/exactly", "/exactly"),
            ("/ab*", "/a"),
            ("^/api/.*$", "/api/"),
            ("/a|/b", ""),
            ("a|b", ""),
            ("(?i)/api", "/"),
            (".*", ""),
            ("(/a)?/b", ""),
            (r"\b/a", "/a"),
            ("^$", ""),
            ("", ""),
        ] {
            assert_eq!(*regex(text).unwrap().prefix, *prefix.as_bytes(), "{text}");
        }
        assert!(
            matches("/ab*", b"/a") && matches("/api(/.*)?", b"/api/x") && !matches("/api(/.*)?", b"/apix")
        );
    }

    #[test]
    fn equal_texts_share_one_automaton_while_somebody_holds_it() {
        let (a, b) = (regex("shared-[0-9]+").unwrap(), regex("shared-[0-9]+").unwrap());
        assert!(Arc::ptr_eq(&a, &b));
        assert!(!Arc::ptr_eq(&a, &regex("other-[0-9]+").unwrap()));
    }

    #[test]
    fn what_nobody_holds_is_swept() {
        let mut shared = Shared::default();
        let held = shared.get("held").unwrap();
        for n in 0..1000 {
            shared.get(&format!("gone-{n}")).unwrap();
        }
        assert!(shared.known.len() <= 64, "{}", shared.known.len());
        assert!(Arc::ptr_eq(&held, &shared.get("held").unwrap()));
    }
}
