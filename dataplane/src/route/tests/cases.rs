//! The words of the specification, one by one.

use super::{Request, exact, found, host, is, like, prefix, regex};
use crate::route::HostIndex;
use corten_snapshot::{Entry, ValueMatch};

fn get(entries: &[Entry], path: &str) -> Option<u32> {
    found(entries, &Request::get(path))
}

fn with_headers(entry: Entry, headers: &[ValueMatch]) -> Entry {
    Entry { headers: headers.to_vec(), ..entry }
}

fn with_query(entry: Entry, query: &[ValueMatch]) -> Entry {
    Entry { query: query.to_vec(), ..entry }
}

#[test]
fn exact_is_exact_and_case_sensitive() {
    let entries = [exact("/abc")];
    assert_eq!(get(&entries, "/abc"), Some(0));
    for other in ["/abc/", "/Abc", "/abcd", "/", "/ab", "/x/abc", ""] {
        assert_eq!(get(&entries, other), None, "{other}");
    }
}

#[test]
fn a_prefix_takes_in_whole_segments() {
    for written in ["/abc", "/abc/"] {
        let entries = [prefix(written)];
        for path in ["/abc", "/abc/", "/abc/def", "/abc//", "/abc/def/ghi"] {
            assert_eq!(get(&entries, path), Some(0), "{written} takes in {path}");
        }
        for path in ["/abcd", "/ab", "/", "/ABC", "/x/abc", "abc"] {
            assert_eq!(get(&entries, path), None, "{written} does not take in {path}");
        }
    }
}

#[test]
fn the_empty_prefix_takes_in_everything() {
    for written in ["", "/"] {
        for path in ["/", "/a", "/a/b", "//", "*", ""] {
            assert_eq!(get(&[prefix(written)], path), Some(0), "{path}");
        }
    }
}

#[test]
fn exact_before_expression_before_prefixes_by_length() {
    let entries = [
        exact("/match"),
        exact("/match/exact"),
        regex("/match/e[^/]*"),
        prefix("/match/prefix/one"),
        prefix("/match/prefix"),
        prefix("/match"),
        prefix(""),
    ];
    for (path, expected) in [
        ("/match", 0),
        ("/match/exact", 1),
        ("/match/else", 2),
        ("/match/else/x", 5),
        ("/match/prefix/one/any", 3),
        ("/match/prefix/one", 3),
        ("/match/prefix/oneany", 4),
        ("/match/prefix/", 4),
        ("/match/", 5),
        ("/matches", 6),
    ] {
        assert_eq!(get(&entries, path), Some(expected), "{path}");
    }
}

#[test]
fn an_entry_whose_conditions_fail_falls_through_to_the_next_and_to_shorter_prefixes() {
    let entries = [
        Entry { method: Some("POST".to_owned()), ..exact("/a/b") },
        with_headers(prefix("/a/b"), &[is("x", "1")]),
        with_headers(prefix("/a/b"), &[is("x", "2")]),
        with_query(prefix("/a"), &[is("q", "1")]),
        prefix(""),
    ];
    let request = || Request::get("/a/b");
    assert_eq!(found(&entries, &request().method("POST")), Some(0));
    assert_eq!(found(&entries, &request().header("x", "2")), Some(2));
    assert_eq!(found(&entries, &request().header("x", "3")), Some(4));
    assert_eq!(found(&entries, &Request::get("/a/b?q=1")), Some(3));
    assert_eq!(found(&entries, &Request::get("/a/b?q=1").header("x", "1")), Some(1));
}

#[test]
fn methods_are_compared_as_written() {
    let entries = [
        Entry { method: Some("GET".to_owned()), ..prefix("") },
        Entry { method: Some("PURGE".to_owned()), ..prefix("") },
    ];
    assert_eq!(found(&entries, &Request::get("/")), Some(0));
    assert_eq!(found(&entries, &Request::get("/").method("PURGE")), Some(1));
    assert_eq!(found(&entries, &Request::get("/").method("get")), None);
    assert_eq!(found(&entries, &Request::get("/").method("HEAD")), None);
}

#[test]
fn all_headers_must_match_by_their_whole_value() {
    let entries = [with_headers(prefix(""), &[is("version", "two"), like("color", "blue|green")])];
    let request = || Request::get("/").header("Version", "two");
    assert_eq!(found(&entries, &request().header("COLOR", "green")), Some(0));
    assert_eq!(found(&entries, &request()), None);
    assert_eq!(found(&entries, &request().header("color", "greenish")), None);
    assert_eq!(found(&entries, &Request::get("/").header("version", "TWO").header("color", "blue")), None);
}

#[test]
fn an_absent_header_matches_nothing_and_an_empty_one_the_empty_value() {
    let entries = [with_headers(prefix(""), &[like("x", ".*")])];
    assert_eq!(found(&entries, &Request::get("/")), None);
    assert_eq!(found(&entries, &Request::get("/").header("x", "")), Some(0));
}

#[test]
fn repeated_headers_are_compared_joined() {
    let repeated = Request::get("/").header("x", "a").header("x", "b");
    for (pattern, expected) in [
        (is("x", "a,b"), Some(0)),
        (is("x", "a"), None),
        (is("x", "b"), None),
        (is("x", "a,b,"), None),
        (is("x", "a, b"), None),
        (like("x", "a,[b]"), Some(0)),
        (like("x", "a"), None),
    ] {
        assert_eq!(
            found(&[with_headers(prefix(""), std::slice::from_ref(&pattern))], &repeated),
            expected,
            "{pattern:?}"
        );
    }
}

#[test]
fn split_cookies_are_joined_as_cookies_are() {
    let split = Request::get("/").header("cookie", "a=1").header("cookie", "b=2");
    let entries = [with_headers(prefix(""), &[is("cookie", "a=1; b=2")])];
    assert_eq!(found(&entries, &split), Some(0));
    let entries = [with_headers(prefix(""), &[like("cookie", ".*; b=.*")])];
    assert_eq!(found(&entries, &split), Some(0));
}

#[test]
fn query_parameters_are_decoded_and_the_first_value_counts() {
    let entries = [
        with_query(prefix(""), &[is("animal", "dolphin"), is("color", "blue")]),
        with_query(prefix(""), &[is("animal", "dolphin")]),
        with_query(prefix(""), &[is("ANIMAL", "Whale")]),
        with_query(prefix(""), &[like("free text", "[a-z ]+")]),
    ];
    for (query, expected) in [
        ("animal=dolphin", Some(1)),
        ("color=blue&animal=dolphin", Some(0)),
        ("animal=dolphin&color=yellow", Some(1)),
        ("animal=dolphins", None),
        ("animal=whale&animal=dolphin", None),
        ("animal=dolphin&animal=whale", Some(1)),
        ("ANIMAL=Whale", Some(2)),
        ("animal=Whale", None),
        ("%61nimal=d%6Flphin", Some(1)),
        ("free+text=two+words", Some(3)),
        ("free%20text=two%20words", Some(3)),
        ("free+text=2", None),
        ("", None),
    ] {
        assert_eq!(get(&entries, &format!("/?{query}")), expected, "{query}");
    }
    assert_eq!(get(&entries, "/"), None);
}

#[test]
fn the_prefix_that_matched_is_told_by_its_length() {
    let entries = vec![exact("/a/b"), prefix("/a/b"), prefix("/a"), prefix("")];
    let index = HostIndex::build(&host(entries)).unwrap();
    for (path, len) in [("/a/b", 0), ("/a/b/", 4), ("/a/b/c", 4), ("/a/c", 2), ("/x", 0)] {
        assert_eq!(index.find(&Request::get(path).view()).unwrap().prefix_len, len, "{path}");
    }
}

#[test]
fn entries_in_another_order_than_the_compilers_are_still_taken_in_theirs() {
    let entries = [prefix("/a"), exact("/a"), regex("/b.*"), prefix("/b/c/d"), prefix("/b/c"), exact("/b/c")];
    assert_eq!(get(&entries, "/a"), Some(0));
    assert_eq!(get(&entries, "/b/c"), Some(2));
    let entries = [prefix("/b/c"), prefix("/b/c/d"), exact("/b/c/d"), prefix("")];
    assert_eq!(get(&entries, "/b/c/d"), Some(0));
    assert_eq!(get(&entries, "/b"), Some(3));
}

#[test]
fn depth_is_no_limit() {
    let deep = "/s".repeat(200);
    let entries = [exact(&format!("{deep}/x")), prefix(&deep), prefix(&"/s".repeat(70)), prefix("/s")];
    assert_eq!(get(&entries, &format!("{deep}/x")), Some(0));
    assert_eq!(get(&entries, &format!("{deep}/y/z")), Some(1));
    assert_eq!(get(&entries, &"/s".repeat(199)), Some(2));
    assert_eq!(get(&entries, &"/s".repeat(69)), Some(3));
    assert_eq!(get(&entries, &"/t".repeat(5000)), None);
}

#[test]
fn no_entries_no_answer() {
    let index = HostIndex::build(&host(vec![])).unwrap();
    assert!(index.is_empty());
    assert_eq!(index.find(&Request::get("/").view()), None);
    assert_eq!(HostIndex::build(&host(vec![regex("/"), exact("/"), prefix("/")])).unwrap().len(), 3);
}
