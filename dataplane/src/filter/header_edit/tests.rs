use super::*;

fn edit(set: &[(&str, &str)], add: &[(&str, &str)], remove: &[&str]) -> HeaderEdit {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(n, v)| HeaderPair { name: (*n).to_owned(), value: (*v).to_owned() }).collect()
    };
    HeaderEdit { set: pairs(set), add: pairs(add), remove: remove.iter().map(|n| (*n).to_owned()).collect() }
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let lines = lines.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
    let mut headers = HeaderMap::new();
    lines.for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers
}

fn applied(edits: &[&HeaderEdit], before: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = headers(before);
    HeaderEdits::for_response(edits).unwrap().apply(&mut headers);
    headers
}

#[test]
fn set_puts_one_line_in_the_place_of_all() {
    let edit = edit(&[("my-header", "bar")], &[], &[]);
    let expected = headers(&[("my-header", "bar")]);
    assert_eq!(applied(&[&edit], &[]), expected);
    assert_eq!(applied(&[&edit], &[("my-header", "foo"), ("my-header", "more")]), expected);
}

#[test]
fn add_appends_behind_what_is_there() {
    let edit = edit(&[], &[("my-header", "bar,baz")], &[]);
    let expected = headers(&[("my-header", "foo"), ("my-header", "bar,baz")]);
    assert_eq!(applied(&[&edit], &[("my-header", "foo")]), expected);
    assert_eq!(applied(&[&edit], &[]), headers(&[("my-header", "bar,baz")]));
}

#[test]
fn remove_drops_every_line_and_nothing_else() {
    let edit = edit(&[], &[], &["my-header1", "my-header3"]);
    let before = [("my-header1", "foo"), ("my-header2", "bar"), ("my-header3", "baz"), ("my-header3", "b")];
    assert_eq!(applied(&[&edit], &before), headers(&[("my-header2", "bar")]));
}

#[test]
fn a_filter_sets_then_adds_then_removes_and_filters_follow_each_other() {
    let first = edit(&[("a", "set")], &[("a", "added"), ("b", "added")], &["b"]);
    let second = edit(&[], &[("b", "again")], &[]);
    let expected = headers(&[("a", "set"), ("a", "added"), ("b", "again")]);
    assert_eq!(applied(&[&first, &second], &[("a", "0"), ("b", "0")]), expected);
}

#[test]
fn names_are_case_insensitive_and_values_may_be_any_text() {
    let edit = edit(&[("X-Upper", "häuser")], &[], &[]);
    let result = applied(&[&edit], &[("x-upper", "old")]);
    assert_eq!(result.get_all("x-upper").iter().count(), 1);
    assert_eq!(result["x-upper"].as_bytes(), "häuser".as_bytes());
}

#[test]
fn setting_host_on_a_request_is_a_rewrite_of_the_hostname() {
    let edit = edit(&[("host", "a.example"), ("x", "1")], &[], &[]);
    let (edits, host) = HeaderEdits::for_request(&[&edit]).unwrap();
    assert_eq!(host, Some(HeaderValue::from_static("a.example")));
    let mut map = headers(&[("host", "b.example")]);
    edits.apply(&mut map);
    assert_eq!(map, headers(&[("host", "b.example"), ("x", "1")]));
}

#[test]
fn host_is_never_added_or_removed() {
    for bad in [edit(&[], &[("host", "a.example")], &[]), edit(&[], &[], &["Host"])] {
        assert_eq!(HeaderEdits::for_request(&[&bad]).unwrap_err(), BuildError::Host);
    }
}

#[test]
fn what_would_break_the_message_is_refused() {
    for value in ["a\r\nx: y", "a\nb", "a\0b", "\x7f"] {
        let bad = edit(&[("x", value)], &[], &[]);
        assert_eq!(HeaderEdits::for_response(&[&bad]).unwrap_err(), BuildError::HeaderValue("x".to_owned()));
    }
    for name in ["", "a b", "a:", "ä", "a\n"] {
        for bad in [edit(&[(name, "1")], &[], &[]), edit(&[], &[(name, "1")], &[]), edit(&[], &[], &[name])] {
            assert_eq!(
                HeaderEdits::for_response(&[&bad]).unwrap_err(),
                BuildError::HeaderName(name.to_owned())
            );
        }
    }
}

#[test]
fn nothing_to_do_is_known() {
    assert!(HeaderEdits::for_response(&[]).unwrap().is_empty());
    let (edits, host) = HeaderEdits::for_request(&[&edit(&[("host", "a")], &[], &[])]).unwrap();
    assert!(edits.is_empty() && host.is_some());
}
