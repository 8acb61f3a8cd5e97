//! What validation costs at a start: `cargo bench -p corten-crds`.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

use corten_crds::validate::validate;
use divan::{Bencher, counter::ItemsCount};
use serde_json::{Value, json};

const ROUTES: usize = 5_000;

fn main() {
    divan::main();
}

fn routes() -> Vec<Value> {
    let route = |i: usize| {
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": { "name": format!("route-{i}"), "namespace": "bench" },
            "spec": {
                "parentRefs": [{ "name": "edge", "sectionName": "http" }],
                "hostnames": [format!("h{}.example.com", i % 100)],
                "rules": [{
                    "matches": [{ "path": { "type": "PathPrefix", "value": format!("/api/v1/{i}") } }],
                    "filters": [{
                        "type": "RequestHeaderModifier",
                        "requestHeaderModifier": { "set": [{ "name": "X-Route", "value": i.to_string() }] },
                    }],
                    "backendRefs": [{ "name": format!("service-{i}"), "port": 80 }],
                }],
            },
        })
    };
    (0..ROUTES).map(route).collect()
}

/// The first object of a kind also reads the kind's schema; this is without that.
#[divan::bench(sample_count = 10)]
fn http_routes(bencher: Bencher<'_, '_>) {
    assert_eq!(validate(routes().pop().expect("a route")).errors, []);
    bencher.counter(ItemsCount::new(ROUTES)).with_inputs(routes).bench_values(|routes| {
        routes.into_iter().map(validate).filter(|outcome| outcome.errors.is_empty()).count()
    });
}
