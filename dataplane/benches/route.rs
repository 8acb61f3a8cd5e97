//! How long it takes to find a route: `cargo bench -p corten-dataplane --bench route`.
//!
//! One hostname with 1, 1,000 and 10,000 entries; exact paths, prefixes, deep paths, misses; then the
//! conditions, and the hostname itself. Finding allocates nothing, as the allocation columns show; those of
//! `build` are what a table takes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]

use corten_dataplane::route::{HostIndex, HostMap, RequestView};
use corten_snapshot::{
    Action, Entry, Host, HostnamePattern, ListenerKey, PathMatch, RouteId, Rule, Timeouts, ValueMatch,
    ValuePattern,
};
use divan::{AllocProfiler, Bencher, black_box};
use http::{HeaderMap, HeaderValue, Method};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 3] = [1, 1_000, 10_000];

fn main() {
    divan::main();
}

fn host(entries: Vec<Entry>) -> Host {
    let rule = Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "bench".into(), name: "bench".into() },
        index: 0,
        name: None,
        filters: vec![],
        action: Action::Error { status: 500, reason: String::new() },
        timeouts: Timeouts::default(),
        retry: None,
    };
    Host {
        listener: ListenerKey::new("bench/bench/http"),
        hostname: HostnamePattern::Any,
        entries,
        rules: vec![std::sync::Arc::new(rule)],
    }
}

fn entry(path: PathMatch) -> Entry {
    Entry { path, method: None, headers: vec![], query: vec![], rule: 0 }
}

/// `n` entries of one shape, half of them exact where `exact`.
fn index(n: usize, exact: bool, tail: &str) -> HostIndex {
    let paths = (0..n).map(|i| format!("/team-{}/service-{i}{tail}", i % 97));
    let entries =
        paths.map(|path| entry(if exact { PathMatch::Exact(path) } else { PathMatch::Prefix(path) }));
    HostIndex::build(&host(entries.collect())).unwrap()
}

/// Looks up `path` for other entries in turn, so that the caches are not kinder than in traffic.
fn look_up(bencher: Bencher<'_, '_>, n: usize, index: &HostIndex, path: impl Fn(usize) -> String, hit: bool) {
    let headers = HeaderMap::new();
    let paths: Vec<String> = (0..256).map(|i| path(i * 7919 % n)).collect();
    let mut next = 0_usize;
    bencher.bench_local(|| {
        next = (next + 1) % 256;
        let request =
            RequestView { path: &paths[next], method: &Method::GET, headers: &headers, query: None };
        let found = index.find(black_box(&request));
        assert_eq!(found.is_some(), hit);
        found
    });
}

#[divan::bench(args = SIZES)]
fn exact(bencher: Bencher<'_, '_>, n: usize) {
    look_up(bencher, n, &index(n, true, "/v1"), |i| format!("/team-{}/service-{i}/v1", i % 97), true);
}

#[divan::bench(args = SIZES)]
fn prefix(bencher: Bencher<'_, '_>, n: usize) {
    look_up(bencher, n, &index(n, false, ""), |i| format!("/team-{}/service-{i}/items/42", i % 97), true);
}

#[divan::bench(args = SIZES)]
fn prefix_of_a_deep_path(bencher: Bencher<'_, '_>, n: usize) {
    let path = |i| format!("/team-{}/service-{i}/a/deeply/nested/resource/with/many/segments/42", i % 97);
    look_up(bencher, n, &index(n, false, ""), path, true);
}

#[divan::bench(args = SIZES)]
fn miss(bencher: Bencher<'_, '_>, n: usize) {
    look_up(bencher, n, &index(n, false, ""), |i| format!("/nobody-{i}/service/items/42"), false);
}

/// Prefixes at eight depths, so that each is looked up before the shortest matches.
#[divan::bench]
fn miss_at_eight_depths_then_the_empty_prefix(bencher: Bencher<'_, '_>) {
    let mut entries: Vec<_> =
        (1..=8).rev().map(|depth| entry(PathMatch::Prefix("/x".repeat(depth)))).collect();
    entries.push(entry(PathMatch::Prefix(String::new())));
    let index = HostIndex::build(&host(entries)).unwrap();
    look_up(bencher, 256, &index, |i| format!("/a/b/c/d/e/f/g/h/{i}"), true);
}

#[divan::bench]
fn header_and_query_conditions(bencher: Bencher<'_, '_>) {
    let is = |name: &str, value: &str| ValueMatch {
        name: name.to_owned(),
        pattern: ValuePattern::Exact(value.to_owned()),
    };
    let entries = (0..4).map(|n| Entry {
        method: Some("GET".to_owned()),
        headers: vec![is("x-tenant", &n.to_string())],
        query: vec![is("version", "2")],
        ..entry(PathMatch::Prefix("/api".to_owned()))
    });
    let index = HostIndex::build(&host(entries.collect())).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("*/*"));
    headers.insert("x-tenant", HeaderValue::from_static("3"));
    let query = Some("page=7&version=2");
    let request = RequestView { path: "/api/items", method: &Method::GET, headers: &headers, query };
    assert!(index.find(&request).is_some());
    bencher.bench(|| index.find(black_box(&request)));
}

/// Expressions are asked one by one, the last of them matches.
#[divan::bench(args = [1, 10, 100])]
fn regex(bencher: Bencher<'_, '_>, n: usize) {
    let entries = (0..n).map(|i| entry(PathMatch::Regex(format!("/team-{i}/items/[0-9]+"))));
    let index = HostIndex::build(&host(entries.collect())).unwrap();
    let path = format!("/team-{}/items/4711", n - 1);
    let headers = HeaderMap::new();
    let request = RequestView { path: &path, method: &Method::GET, headers: &headers, query: None };
    assert!(index.find(&request).is_some());
    bencher.bench(|| index.find(black_box(&request)));
}

#[divan::bench(args = SIZES)]
fn hostname_exact(bencher: Bencher<'_, '_>, n: usize) {
    let mut map = HostMap::default();
    for i in 0..n {
        map.insert(&HostnamePattern::Exact(format!("svc-{i}.example.com").into()), i);
    }
    let host = format!("svc-{}.example.com", n / 2);
    bencher.bench(|| map.candidates(black_box(&host)).next().copied());
}

#[divan::bench(args = SIZES)]
fn hostname_wildcard(bencher: Bencher<'_, '_>, n: usize) {
    let mut map = HostMap::default();
    for i in 0..n {
        map.insert(&HostnamePattern::Wildcard(format!("svc-{i}.example.com").into()), i);
    }
    let host = format!("a.svc-{}.example.com", n / 2);
    bencher.bench(|| map.candidates(black_box(&host)).next().copied());
}

#[divan::bench(args = SIZES)]
fn build(bencher: Bencher<'_, '_>, n: usize) {
    let paths = (0..n).map(|i| entry(PathMatch::Prefix(format!("/team-{}/service-{i}", i % 97))));
    let host = host(paths.collect());
    bencher.bench(|| HostIndex::build(black_box(&host)).unwrap());
}
