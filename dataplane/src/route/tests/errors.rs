//! What cannot be indexed is refused, with the rule that it stands in.

use super::{exact, host, is, like, prefix, regex};
use crate::route::{HostIndex, Problem};
use corten_snapshot::Entry;

fn error(bad: Entry) -> (String, Problem) {
    let error = HostIndex::build(&host(vec![prefix("/fine"), bad])).unwrap_err();
    (error.to_string(), error.problem)
}

#[test]
fn a_bad_path_expression() {
    let (message, problem) = error(regex("/a("));
    assert!(message.starts_with("HTTPRoute shop/cart rule 1: regular expression for the path"), "{message}");
    assert!(message.contains("unclosed group"), "{message}");
    assert!(matches!(problem, Problem::Regex { .. }));
}

#[test]
fn a_bad_header_or_query_expression_names_what_it_is_for() {
    let (message, _) = error(Entry { headers: vec![like("x-a", "[")], ..exact("/") });
    assert!(message.contains("header x-a"), "{message}");
    let (message, _) = error(Entry { query: vec![like("q", "*")], ..exact("/") });
    assert!(message.contains("query parameter q"), "{message}");
}

#[test]
fn bad_names_and_methods() {
    let (_, problem) = error(Entry { headers: vec![is("not a name", "1")], ..exact("/") });
    assert_eq!(problem, Problem::HeaderName("not a name".to_owned()));
    let (_, problem) = error(Entry { method: Some("NO WAY".to_owned()), ..exact("/") });
    assert_eq!(problem, Problem::Method("NO WAY".to_owned()));
}

#[test]
fn an_entry_without_a_rule() {
    let mut host = host(vec![exact("/")]);
    host.entries[0].rule = 7;
    let error = HostIndex::build(&host).unwrap_err();
    assert_eq!(error.problem, Problem::Rule(7));
    assert_eq!(error.to_string(), "entry 0 of hostname *: there is no rule 7");
}
