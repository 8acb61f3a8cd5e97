//! What the index must say: the entries asked one by one, in order, by code as plain as possible. It
//! shares nothing with the index but the types.

use super::{Found, RequestView};
use corten_snapshot::{Entry, Host, PathMatch, ValueMatch, ValuePattern};
use regex::bytes::Regex;
use std::{cell::RefCell, collections::HashMap};

/// The first entry that agrees.
pub(super) fn find(host: &Host, request: &RequestView<'_>) -> Option<Found> {
    host.entries.iter().enumerate().find(|(_, entry)| agrees(entry, request)).map(|(number, entry)| {
        let prefix_len = match &entry.path {
            PathMatch::Prefix(prefix) => u32::try_from(prefix.trim_end_matches('/').len()).unwrap(),
            _ => 0,
        };
        Found { entry: u32::try_from(number).unwrap(), rule: entry.rule, prefix_len }
    })
}

fn agrees(entry: &Entry, request: &RequestView<'_>) -> bool {
    let path = match &entry.path {
        PathMatch::Exact(path) => request.path == path,
        PathMatch::Prefix(prefix) => has_prefix(request.path, prefix),
        PathMatch::Regex(regex) => is_match(regex, request.path.as_bytes()),
    };
    path && entry.method.as_ref().is_none_or(|method| method == request.method.as_str())
        && entry
            .headers
            .iter()
            .all(|header| header_value(request, &header.name).is_some_and(|v| value(header, &v)))
        && entry.query.iter().all(|query| query_value(request, &query.name).is_some_and(|v| value(query, &v)))
}

fn has_prefix(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    prefix.is_empty() || path == prefix || path.starts_with(&format!("{prefix}/"))
}

fn value(condition: &ValueMatch, actual: &[u8]) -> bool {
    match &condition.pattern {
        ValuePattern::Exact(text) => text.as_bytes() == actual,
        ValuePattern::Regex(regex) => is_match(regex, actual),
    }
}

fn is_match(regex: &str, value: &[u8]) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let anchored = || Regex::new(&format!(r"\A(?:{regex})\z")).unwrap();
        compiled.entry(regex.to_owned()).or_insert_with(anchored).is_match(value)
    })
}

fn header_value(request: &RequestView<'_>, name: &str) -> Option<Vec<u8>> {
    let lines: Vec<_> = request.headers.get_all(name).iter().map(|line| line.as_bytes().to_vec()).collect();
    (!lines.is_empty()).then(|| lines.join(if name == "cookie" { &b"; "[..] } else { b"," }))
}

fn query_value(request: &RequestView<'_>, name: &str) -> Option<Vec<u8>> {
    let pairs = request.query?.split('&').filter(|pair| !pair.is_empty());
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(raw, _)| decode(raw) == name.as_bytes()).map(|(_, value)| decode(value))
}

fn decode(raw: &str) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    let raw = raw.as_bytes();
    while at < raw.len() {
        let digits = raw.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match (raw[at], digits) {
            (b'%', Some(digits)) => {
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                at += 2;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}
