//! What filters cost a request: `cargo bench -p corten-dataplane --bench filter`.
//!
//! The allocation columns are part of the answer: only what is really built (a `Location`, a rewritten
//! target) may allocate.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use corten_dataplane::filter::{Facts, FilterPlan, Stage, WeightedPick};
use corten_snapshot::{Cors, Filter, HeaderEdit, HeaderPair, OriginMatch, PathModifier, Redirect, Rewrite};
use divan::{AllocProfiler, Bencher, black_box};
use http::{HeaderMap, HeaderValue, Method};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const FACTS: Facts<'static> = Facts {
    https: true,
    host: "shop.example.com",
    port: 443,
    path: "/shop/items/42",
    query: Some("page=7"),
    prefix_len: 5,
};

fn main() {
    divan::main();
}

fn plan(filters: &[Filter]) -> FilterPlan<()> {
    FilterPlan::build(filters, |_| ()).unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<HeaderPair> {
    pairs.iter().map(|(n, v)| HeaderPair { name: (*n).to_owned(), value: (*v).to_owned() }).collect()
}

/// What a browser sends through a proxy.
fn request() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(32);
    for (name, value) in [
        ("host", "shop.example.com"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip, br"),
        ("user-agent", "Mozilla/5.0"),
        ("cookie", "session=4711"),
        ("origin", "https://www.example.com"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-remove", "1"),
        ("x-set", "old"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

#[divan::bench]
fn nothing_configured(bencher: Bencher<'_, '_>) {
    let plan = plan(&[]);
    bencher.bench(|| black_box(&plan).has(Stage::CORS | Stage::REDIRECT | Stage::REWRITE));
}

/// Two of each kind, on headers that have room: six operations.
#[divan::bench]
fn six_header_edits(bencher: Bencher<'_, '_>) {
    let plan = plan(&[Filter::RequestHeaders(HeaderEdit {
        set: pairs(&[("x-set", "new"), ("x-other", "new")]),
        add: pairs(&[("x-add", "1"), ("x-add-more", "2")]),
        remove: vec!["x-remove".to_owned(), "x-absent".to_owned()],
    })]);
    bencher.with_inputs(request).bench_local_refs(|headers| plan.edit_request(headers));
}

fn rewrite(bencher: Bencher<'_, '_>, path: PathModifier, facts: Facts<'_>) {
    let plan = plan(&[Filter::Rewrite(Rewrite { hostname: None, path: Some(path) })]);
    bencher.bench(|| plan.target(black_box(&facts)));
}

#[divan::bench]
fn rewrite_prefix(bencher: Bencher<'_, '_>) {
    rewrite(bencher, PathModifier::ReplacePrefixMatch("/v2".to_owned()), FACTS);
}

#[divan::bench]
fn rewrite_full_path_without_query(bencher: Bencher<'_, '_>) {
    let facts = Facts { query: None, ..FACTS };
    rewrite(bencher, PathModifier::ReplaceFullPath("/index".to_owned()), facts);
}

#[divan::bench]
fn redirect(bencher: Bencher<'_, '_>) {
    let path = Some(PathModifier::ReplacePrefixMatch("/v2".to_owned()));
    let plan = plan(&[Filter::Redirect(Redirect {
        scheme: Some("https".to_owned()),
        hostname: None,
        port: Some(8443),
        path,
        status: 301,
    })]);
    bencher.bench(|| plan.redirect(black_box(&FACTS), None));
}

fn cors() -> FilterPlan<()> {
    plan(&[Filter::Cors(Cors {
        allow_origins: vec![
            OriginMatch::Exact("https://shop.example.org".to_owned()),
            OriginMatch::Wildcard { scheme: "https://".to_owned(), suffix: ".example.com".to_owned() },
        ],
        allow_methods: vec!["GET".to_owned(), "PUT".to_owned()],
        allow_headers: vec!["x-one".to_owned(), "x-two".to_owned()],
        expose_headers: vec!["x-three".to_owned()],
        allow_credentials: true,
        max_age: 600,
    })])
}

#[divan::bench]
fn cors_preflight(bencher: Bencher<'_, '_>) {
    let plan = cors();
    let mut headers = request();
    headers.insert("access-control-request-method", HeaderValue::from_static("PUT"));
    bencher.bench(|| plan.preflight(&Method::OPTIONS, black_box(&headers)).unwrap());
}

/// Both halves: the origin of the request, the headers of the response.
#[divan::bench]
fn cors_actual(bencher: Bencher<'_, '_>) {
    let plan = cors();
    let headers = request();
    bencher.with_inputs(request).bench_local_refs(|response| {
        let origin = plan.allowed_origin(black_box(&headers));
        plan.edit_response(response, origin.as_ref());
    });
}

#[divan::bench(args = [1, 2, 16])]
fn weighted_pick(bencher: Bencher<'_, '_>, n: usize) {
    let pick = WeightedPick::new(&vec![3; n]);
    bencher.bench_local(|| black_box(&pick).pick(fastrand::u32(..)));
}
