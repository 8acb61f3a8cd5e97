//! How long a compilation takes: one Gateway with N routes, each with a hostname and a Service of its own, or all on
//! one hostname.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by panicking")]

use corten_compile::{Addresses, Compiler, Inputs, Options, compile};
use divan::{Bencher, black_box};
use serde_json::{Value, json};
use std::sync::Arc;

/// As in the real process.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    divan::main();
}

fn object<T: serde::de::DeserializeOwned>(value: Value) -> Arc<T> {
    Arc::new(serde_json::from_value(value).unwrap())
}

fn gateway() -> Value {
    json!({
        "metadata": {"name": "gw", "namespace": "default", "generation": 1},
        "spec": {
            "gatewayClassName": "corten",
            "listeners": [{"name": "http", "port": 8080, "protocol": "HTTP"}],
        },
    })
}

fn inputs(routes: usize, hostname: fn(usize) -> String) -> Inputs {
    let mut inputs = Inputs { gateways: vec![object(gateway())], ..Inputs::default() };
    for number in 0..routes {
        // In order, as the loader of files has them.
        let name = format!("app-{number:05}");
        inputs.http_routes.push(object(json!({
            "metadata": {"name": name, "namespace": "default", "generation": 1},
            "spec": {
                "parentRefs": [{"name": "gw"}],
                "hostnames": [hostname(number)],
                "rules": [{
                    "matches": [{"path": {"type": "PathPrefix", "value": format!("/app/{number}")}}],
                    "backendRefs": [{"name": name, "port": 80}],
                }],
            },
        })));
        inputs.services.push(object(json!({
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
        })));
        inputs.endpoint_slices.push(object(json!({
            "metadata": {
                "name": format!("{name}-1"), "namespace": "default",
                "labels": {"kubernetes.io/service-name": name},
            },
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8080}],
            "endpoints": [
                {"addresses": ["10.1.2.3"], "conditions": {"ready": true}},
                {"addresses": ["10.1.2.4"], "conditions": {"ready": true}},
            ],
        })));
    }
    inputs
}

fn options() -> Options {
    let addresses = Addresses { default: vec!["127.0.0.1".to_owned()], ..Addresses::default() };
    Options { standalone: true, addresses, ..Options::default() }
}

#[divan::bench(args = [1, 1_000, 5_000, 10_000])]
fn hostname_each(bencher: Bencher<'_, '_>, routes: usize) {
    let (inputs, options) = (inputs(routes, |number| format!("app-{number:05}.example.com")), options());
    bencher.bench_local(|| compile(black_box(&inputs), &options));
}

#[divan::bench(args = [1, 1_000, 5_000, 10_000])]
fn one_hostname(bencher: Bencher<'_, '_>, routes: usize) {
    let (inputs, options) = (inputs(routes, |_| "example.com".to_owned()), options());
    bencher.bench_local(|| compile(black_box(&inputs), &options));
}

/// Compiling again after one Service's endpoints have changed.
#[divan::bench(args = [1, 1_000, 5_000, 10_000])]
fn again(bencher: Bencher<'_, '_>, routes: usize) {
    let (mut inputs, options) = (inputs(routes, |number| format!("app-{number:05}.example.com")), options());
    let mut compiler = Compiler::default();
    compiler.compile(&inputs, &options);
    let mut ready = true;
    bencher.bench_local(|| {
        ready = !ready;
        let slice = Arc::make_mut(&mut inputs.endpoint_slices[0]);
        slice.endpoints[0].conditions.ready = Some(ready);
        compiler.compile(black_box(&inputs), &options)
    });
}
