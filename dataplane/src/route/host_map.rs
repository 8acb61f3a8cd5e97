//! Values under hostname patterns.

use corten_snapshot::HostnamePattern;
use rustc_hash::FxHashMap;

/// Values under hostname patterns, looked up from the most specific pattern to the least.
#[derive(Clone, Debug)]
pub struct HostMap<T> {
    exact: FxHashMap<Box<str>, T>,
    /// Under the name behind `*.`.
    wildcard: FxHashMap<Box<str>, T>,
    any: Option<T>,
    /// Length of the longest name in `wildcard`: a longer suffix of a hostname need not be tried, so a
    /// long `Host` with many dots costs no more than a proper one.
    longest_wildcard: usize,
}

impl<T> Default for HostMap<T> {
    fn default() -> Self {
        Self { exact: FxHashMap::default(), wildcard: FxHashMap::default(), any: None, longest_wildcard: 0 }
    }
}

impl<T> HostMap<T> {
    /// Puts a value under a pattern; gives back what was there.
    pub fn insert(&mut self, pattern: &HostnamePattern, value: T) -> Option<T> {
        match pattern {
            HostnamePattern::Exact(name) => self.exact.insert(Box::from(&**name), value),
            HostnamePattern::Wildcard(suffix) => {
                self.longest_wildcard = self.longest_wildcard.max(suffix.len());
                self.wildcard.insert(Box::from(&**suffix), value)
            }
            HostnamePattern::Any => self.any.replace(value),
        }
    }

    /// The value under exactly this pattern.
    pub fn get(&self, pattern: &HostnamePattern) -> Option<&T> {
        match pattern {
            HostnamePattern::Exact(name) => self.exact.get(&**name),
            HostnamePattern::Wildcard(suffix) => self.wildcard.get(&**suffix),
            HostnamePattern::Any => self.any.as_ref(),
        }
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wildcard.is_empty() && self.any.is_none()
    }

    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.exact.len() + self.wildcard.len() + usize::from(self.any.is_some())
    }

    /// The values, most specific pattern first, whose pattern takes in `host` (lower-case, without port
    /// and trailing dot; empty if the request names none): the exact name, wildcards from the longest to
    /// the shortest, [`HostnamePattern::Any`].
    pub fn candidates<'a, 'h>(&'a self, host: &'h str) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        let exact = self.exact.get(host).into_iter();
        exact.chain(self.wildcards(host)).chain(self.any.as_ref())
    }

    fn wildcards<'a, 'h>(&'a self, host: &'h str) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        // The dot before a suffix that could be in the map; never the first byte, for the star stands
        // for at least one character.
        let from = if self.wildcard.is_empty() {
            host.len()
        } else {
            host.len().saturating_sub(self.longest_wildcard + 1)
        };
        let from = from.max(1);
        let tail = host.as_bytes().get(from..).unwrap_or_default();
        memchr::memchr_iter(b'.', tail).filter_map(move |dot| self.wildcard.get(host.get(from + dot + 1..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> HostnamePattern {
        match text.strip_prefix("*.") {
            Some(suffix) => HostnamePattern::Wildcard(suffix.into()),
            None if text == "*" => HostnamePattern::Any,
            None => HostnamePattern::Exact(text.into()),
        }
    }

    fn map(patterns: &[&str]) -> HostMap<String> {
        let mut map = HostMap::default();
        for text in patterns {
            map.insert(&pattern(text), (*text).to_owned());
        }
        map
    }

    fn found<'a>(map: &'a HostMap<String>, host: &'a str) -> Vec<&'a str> {
        map.candidates(host).map(String::as_str).collect()
    }

    #[test]
    fn most_specific_first() {
        let map = map(&["*", "*.com", "*.example.com", "a.example.com", "*.a.example.com", "b.example.com"]);
        assert_eq!(found(&map, "a.example.com"), ["a.example.com", "*.example.com", "*.com", "*"]);
        assert_eq!(found(&map, "x.a.example.com"), ["*.a.example.com", "*.example.com", "*.com", "*"]);
        assert_eq!(found(&map, "x.y.example.com"), ["*.example.com", "*.com", "*"]);
        assert_eq!(found(&map, "example.com"), ["*.com", "*"]);
        assert_eq!(found(&map, "com"), ["*"]);
        assert_eq!(found(&map, ""), ["*"]);
    }

    #[test]
    fn the_star_stands_for_whole_labels_and_never_for_nothing() {
        let map = map(&["*.example.com"]);
        assert_eq!(found(&map, "example.com"), [""; 0]);
        assert_eq!(found(&map, ".example.com"), [""; 0]);
        assert_eq!(found(&map, "badexample.com"), [""; 0]);
        assert_eq!(found(&map, "a.b.example.com"), ["*.example.com"]);
    }

    #[test]
    fn insert_replaces_and_get_is_by_pattern() {
        let mut map = map(&["*.example.com", "example.com"]);
        assert_eq!(map.len(), 2);
        assert_eq!(map.insert(&pattern("example.com"), "new".to_owned()).as_deref(), Some("example.com"));
        assert_eq!(map.get(&pattern("example.com")).map(String::as_str), Some("new"));
        assert_eq!(map.get(&pattern("*.example.com")).map(String::as_str), Some("*.example.com"));
        assert_eq!(map.get(&pattern("*")), None);
        assert!(!map.is_empty() && HostMap::<u8>::default().is_empty());
    }

    #[test]
    fn a_host_longer_than_any_name_is_searched_at_its_end_only() {
        let map = map(&["*.a.a"]);
        let host = "a.".repeat(40_000) + "a";
        assert_eq!(found(&map, &host), ["*.a.a"]);
    }

    proptest! {
        /// The same as asking every pattern, sorted by the specificity of the specification.
        #[test]
        fn equals_the_patterns_asked_one_by_one(
            names in proptest::collection::btree_set("(\\*\\.)?[ab](\\.[ab]){0,3}|\\*", 0..12),
            host in "[ab]?(\\.?[ab]){0,5}",
        ) {
            let map = map(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let mut expected: Vec<_> =
                names.iter().map(|n| (pattern(n), n.as_str())).filter(|(p, _)| p.matches(&host)).collect();
            expected.sort_by_key(|(p, _)| std::cmp::Reverse(p.specificity()));
            let expected: Vec<_> = expected.into_iter().map(|(_, name)| name).collect();
            prop_assert_eq!(found(&map, &host), expected);
        }
    }
}
