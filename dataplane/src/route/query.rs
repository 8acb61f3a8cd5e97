//! Query parameters, parsed when an entry first asks for one.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The names of the parameters that some entry of a hostname asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryNames {
    slots: FxHashMap<Box<[u8]>, u32>,
}

impl QueryNames {
    /// The slot of a name; made if it is new.
    pub(super) fn slot(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        *self.slots.entry(name.as_bytes().into()).or_insert(next)
    }

    /// The slot of a name as it stands in a query string.
    fn find(&self, raw: &[u8]) -> Option<usize> {
        let slot = if is_encoded(raw) {
            let name: SmallVec<[u8; 64]> = decoded(raw).collect();
            self.slots.get(name.as_slice())
        } else {
            self.slots.get(raw)
        };
        slot.map(|slot| *slot as usize)
    }
}

/// A query string and, once asked, the first value of each parameter in [`QueryNames`].
pub(super) struct LazyQuery<'r> {
    text: Option<&'r str>,
    values: Option<SmallVec<[Option<&'r [u8]>; 8]>>,
}

impl<'r> LazyQuery<'r> {
    pub(super) fn new(text: Option<&'r str>) -> Self {
        Self { text, values: None }
    }

    /// The first value of the parameter, still encoded; a parameter without `=` has the empty value.
    pub(super) fn first(&mut self, names: &QueryNames, slot: u32) -> Option<&'r [u8]> {
        let text = self.text.filter(|text| !text.is_empty())?;
        let values = self.values.get_or_insert_with(|| parse(text, names));
        values.get(slot as usize).copied().flatten()
    }
}

/// One pass over the query string, however many parameters entries ask for.
fn parse<'r>(text: &'r str, names: &QueryNames) -> SmallVec<[Option<&'r [u8]>; 8]> {
    let mut values: SmallVec<[Option<&[u8]>; 8]> = SmallVec::from_elem(None, names.slots.len());
    for pair in text.as_bytes().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
            None => (pair, &[][..]),
        };
        if let Some(value_slot) = names.find(name).and_then(|slot| values.get_mut(slot)) {
            value_slot.get_or_insert(value);
        }
    }
    values
}

/// Whether decoding would change `raw`.
pub(super) fn is_encoded(raw: &[u8]) -> bool {
    memchr::memchr2(b'%', b'+', raw).is_some()
}

/// Decodes `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte; a `%` without two
/// hexadecimal digits behind it stays (WHATWG URL, "percent-decode").
pub(super) fn decoded(raw: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        rest = tail;
        match (first, tail) {
            (b'+', _) => Some(b' '),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = tail;
                    Some(high << 4 | low)
                }
                _ => Some(b'%'),
            },
            _ => Some(first),
        }
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(query: &str, name: &str) -> Option<String> {
        let mut names = QueryNames::default();
        names.slot("another");
        let slot = names.slot(name);
        let raw = LazyQuery::new(Some(query)).first(&names, slot)?;
        Some(String::from_utf8_lossy(&decoded(raw).collect::<Vec<_>>()).into_owned())
    }

    #[test]
    fn the_first_value_counts() {
        assert_eq!(first("a=1&a=2", "a").as_deref(), Some("1"));
        assert_eq!(first("b=1&a=2", "a").as_deref(), Some("2"));
        assert_eq!(first("a&a=2", "a").as_deref(), Some(""));
        assert_eq!(first("a=&a=2", "a").as_deref(), Some(""));
        assert_eq!(first("&&a=b=c&", "a").as_deref(), Some("b=c"));
    }

    #[test]
    fn names_are_case_sensitive_and_whole() {
        assert_eq!(first("A=1&ab=2", "a"), None);
        assert_eq!(first("", "a"), None);
        assert_eq!(first("=1", "a"), None);
        assert_eq!(first("=1", "").as_deref(), Some("1"));
    }

    #[test]
    fn both_sides_are_decoded() {
        assert_eq!(first("%61%20b=x%26y+z", "a b").as_deref(), Some("x&y z"));
        assert_eq!(first("a+b=1", "a b").as_deref(), Some("1"));
        assert_eq!(first("a=%C3%bc", "a").as_deref(), Some("ü"));
    }

    #[test]
    fn a_lone_percent_sign_stays() {
        assert_eq!(first("a=100%", "a").as_deref(), Some("100%"));
        assert_eq!(first("a=%zz%4", "a").as_deref(), Some("%zz%4"));
        assert_eq!(first("a=%%41", "a").as_deref(), Some("%A"));
    }

    #[test]
    fn no_query_is_no_parameter() {
        let mut names = QueryNames::default();
        let slot = names.slot("a");
        assert_eq!(LazyQuery::new(None).first(&names, slot), None);
    }

    #[test]
    fn many_names_are_all_kept() {
        let mut names = QueryNames::default();
        let slots: Vec<u32> = (0..20).map(|n| names.slot(&format!("p{n}"))).collect();
        let text = (0..20).map(|n| format!("p{n}={n}")).collect::<Vec<_>>().join("&");
        let mut query = LazyQuery::new(Some(&text));
        for (n, slot) in slots.iter().enumerate() {
            assert_eq!(query.first(&names, *slot), Some(n.to_string().as_bytes()));
        }
        assert_eq!(names.slot("p7"), slots[7], "one slot a name");
    }
}
