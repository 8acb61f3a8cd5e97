//! Over random entries and requests that overlap often, the index and the explanation say what the oracle says.

use super::{Request, exact, host, is, like, prefix, regex};
use crate::route::{HostIndex, explain::explain, oracle};
use corten_snapshot::{Entry, PathMatch, ValueMatch};
use proptest::{collection::vec, prelude::*, sample::select};
use std::cmp::Reverse;

fn path() -> impl Strategy<Value = String> {
    let segments = vec(select(vec!["a", "b", "ab", "a%20b", ""]), 0..5);
    (segments, select(vec!["", "/"])).prop_map(|(segments, end)| {
        let path: String = segments.iter().map(|segment| format!("/{segment}")).collect();
        if path.is_empty() { "/".to_owned() } else { path + end }
    })
}

fn conditions(names: Vec<&'static str>) -> impl Strategy<Value = Vec<ValueMatch>> {
    let exact = (select(names.clone()), select(vec!["1", "2", "1,2", "a b"])).prop_map(|(n, v)| is(n, v));
    let regex = (select(names), select(vec!["[12]", ".*", "1(,2)?", "a."])).prop_map(|(n, r)| like(n, r));
    prop_oneof![3 => Just(vec![]), 1 => vec(prop_oneof![exact, regex], 1..3)]
}

fn entry() -> impl Strategy<Value = Entry> {
    let regexes = vec!["/a/.*", "/(a|b)", ".*b", "/a/[^/]+", "/", "(/ab?)+", "(?i)/A"];
    let path = prop_oneof![
        2 => path().prop_map(|path| exact(&path)),
        4 => path().prop_map(|path| prefix(&path)),
        1 => select(regexes).prop_map(regex),
    ];
    let method = select(vec![None, None, None, Some("GET"), Some("POST")]);
    (path, method, conditions(vec!["x", "y", "cookie"]), conditions(vec!["q", "r", "a b"])).prop_map(
        |(entry, method, headers, query)| Entry {
            method: method.map(str::to_owned),
            headers,
            query,
            ..entry
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let header = (select(vec!["x", "y", "cookie"]), select(vec!["1", "2", "a b", ""]));
    let pair = (
        select(vec!["q", "r", "a+b", "a%20b", "%71", "s"]),
        select(vec!["=1", "=2", "=a+b", "=%31", "", "=%"]),
    );
    let query =
        vec(pair, 0..4).prop_map(|pairs| pairs.iter().map(|(n, v)| format!("{n}{v}&")).collect::<String>());
    let headers = vec(header, 0..4);
    (path(), select(vec!["GET", "POST", "PUT"]), headers, proptest::option::of(query)).prop_map(
        |(path, method, headers, query)| {
            let request = Request { query, ..Request::get(&path).method(method) };
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        },
    )
}

/// As the compiler sorts them, as far as the path goes.
fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| match &entry.path {
        PathMatch::Exact(_) => (0, Reverse(0)),
        PathMatch::Regex(_) => (1, Reverse(0)),
        PathMatch::Prefix(prefix) => (2, Reverse(prefix.trim_end_matches('/').len())),
    });
    entries
}

fn check(entries: Vec<Entry>, requests: &[Request]) -> Result<(), TestCaseError> {
    let host = host(entries);
    let index = HostIndex::build(&host).unwrap();
    for request in requests {
        let expected = oracle::find(&host, &request.view());
        prop_assert_eq!(index.find(&request.view()), expected, "{:?}", request);
        let told = explain(&host, &request.view(), usize::MAX);
        prop_assert_eq!(told.answer, expected, "{:?}", request);
        prop_assert_eq!(told.near.len() + usize::from(expected.is_some()), host.entries.len());
    }
    Ok(())
}

proptest! {
    #[test]
    fn sorted_entries(entries in vec(entry(), 0..40), requests in vec(request(), 1..20)) {
        check(sorted(entries), &requests)?;
    }

    #[test]
    fn entries_in_any_order(entries in vec(entry(), 0..40), requests in vec(request(), 1..20)) {
        check(entries, &requests)?;
    }

    /// Wild text neither panics nor disagrees.
    #[test]
    fn wild_requests(entries in vec(entry(), 0..20), path in "[/a%.;é]{0,20}", query in "[q=&%+1é]{0,20}") {
        check(sorted(entries), &[Request { query: Some(query), ..Request::get(&path) }])?;
    }
}
