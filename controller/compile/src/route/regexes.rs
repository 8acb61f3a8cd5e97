//! Regular expressions, checked here as strictly as the dataplane builds them, so that a bad one is a status and not a
//! rejected part.

use rustc_hash::FxHashMap;

/// Bytes of a compiled expression, as the dataplane limits them.
const SIZE_LIMIT: usize = 4 << 20;

/// The most expressions that are remembered.
const REMEMBERED: usize = 20_000;

/// Expressions that have been checked.
#[derive(Default)]
pub(crate) struct Regexes {
    checked: FxHashMap<String, Result<(), String>>,
}

impl Regexes {
    /// Whether `text` is a regular expression that can be matched against a whole value.
    pub(crate) fn check(&mut self, text: &str) -> Result<(), String> {
        if let Some(known) = self.checked.get(text) {
            return known.clone();
        }
        if self.checked.len() >= REMEMBERED {
            self.checked.clear();
        }
        let result = check(text);
        self.checked.insert(text.to_owned(), result.clone());
        result
    }
}

fn check(text: &str) -> Result<(), String> {
    // On its own first: `a)|(b` must not become valid between the anchors.
    let build = |text: &str| regex::bytes::RegexBuilder::new(text).size_limit(SIZE_LIMIT).build();
    let message = |error: regex::Error| match error {
        regex::Error::CompiledTooBig(_) => {
            "it is too large; `(?-u:…)` makes classes such as \\w small, and smaller repetition counts help"
                .to_owned()
        }
        other => last_line(&other.to_string()),
    };
    build(text).map_err(message)?;
    build(&format!("^(?:{text})$")).map_err(message).map(drop)
}

/// The part of a syntax error that says what is wrong, without the picture of where.
fn last_line(error: &str) -> String {
    let line = error.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_are_accepted() {
        let mut regexes = Regexes::default();
        for text in ["", "a", "/v[0-9]+/.*", "(?i)abc", r"\p{Greek}+", "a|b", r"(?-u)\xff"] {
            assert_eq!(regexes.check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn expressions_that_are_refused() {
        let mut regexes = Regexes::default();
        for text in
            ["(", "a)|(b", "[z-a]", "a{2,1}", r"\1", "(?=a)", "*", r"\w{1000}{1000}", "(?x)a # comment"]
        {
            let error = regexes.check(text).unwrap_err();
            assert!(!error.is_empty() && !error.contains('\n'), "{text}: {error}");
            assert_eq!(regexes.check(text), Err(error), "the second answer is the first");
        }
        assert_eq!(regexes.check("(").unwrap_err(), "unclosed group");
    }
}
