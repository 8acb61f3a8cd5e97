//! What a change costs before it is built: `cargo bench -p corten-snapshot`.
//!
//! The snapshots hold a host, a cluster and its endpoints for each route: 5,000 and 10,000 parts and above are what
//! a large installation has.

use corten_snapshot::{
    Action, Backend, Cluster, ClusterKey, ClusterSettings, Endpoint, EndpointHost, Endpoints, EndpointsKey,
    Entry, Host, HostnamePattern, ListenerKey, Part, PartKey, PathMatch, RouteId, Rule, Snapshot, Target,
    Timeouts, Update, UpstreamProtocol, file,
    frame::{Frame, MAX_FRAME, decode, encode},
};
use divan::{Bencher, black_box};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// Routes; each has three parts.
const ROUTES: &[u32] = &[1_700, 3_400, 5_000];

fn main() {
    divan::main();
}

fn endpoints_key(index: u32) -> EndpointsKey {
    EndpointsKey::new(format!("service/shop/backend-{index}:8080"))
}

fn endpoints(address: u32) -> Part {
    let host = EndpointHost::Ip(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | address)));
    Part::Endpoints(Endpoints { endpoints: vec![Endpoint { host, port: 8080, ready: true }] })
}

fn host(index: u32) -> (PartKey, Part) {
    let listener = ListenerKey::new("shop/gateway/http");
    let hostname = HostnamePattern::Exact(format!("host-{index}.example.com").into());
    let target = Target::Cluster(ClusterKey::new(format!("service/shop/backend-{index}:8080")));
    let rule = Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "shop".into(), name: format!("route-{index}") },
        index: 0,
        name: None,
        filters: Vec::new(),
        action: Action::Forward(vec![Backend { weight: 1, target, filters: Vec::new() }]),
        timeouts: Timeouts::default(),
        retry: None,
    };
    let path = PathMatch::Prefix(format!("/api/{index}"));
    let entry = Entry { path, method: None, headers: Vec::new(), query: Vec::new(), rule: 0 };
    let part = Host {
        listener: listener.clone(),
        hostname: hostname.clone(),
        entries: vec![entry],
        rules: vec![Arc::new(rule)],
    };
    (PartKey::Host(listener, hostname), Part::Host(Box::new(part)))
}

fn cluster(index: u32) -> (PartKey, Part) {
    let key = ClusterKey::new(format!("service/shop/backend-{index}:8080"));
    let part = Cluster {
        endpoints: endpoints_key(index),
        protocol: UpstreamProtocol::Http1,
        tls: None,
        settings: ClusterSettings::default(),
    };
    (PartKey::Cluster(key), Part::Cluster(Box::new(part)))
}

fn snapshot(routes: u32) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for index in 0..routes {
        for (key, part) in
            [host(index), cluster(index), (PartKey::Endpoints(endpoints_key(index)), endpoints(index))]
        {
            snapshot.insert(key, part);
        }
    }
    snapshot
}

/// The same after one endpoint has moved.
fn moved(old: &Snapshot) -> Snapshot {
    let mut new = old.clone();
    new.insert(PartKey::Endpoints(endpoints_key(7)), endpoints(0x00ff_0000));
    new
}

/// Compiling anew: every part is encoded and hashed.
#[divan::bench(args = ROUTES)]
fn build_and_hash_every_part(bencher: Bencher<'_, '_>, routes: u32) {
    bencher.bench(|| snapshot(black_box(routes)));
}

/// The hash over keys and part hashes: once for each published or applied state.
#[divan::bench(args = ROUTES)]
fn hash_of_the_snapshot(bencher: Bencher<'_, '_>, routes: u32) {
    let snapshot = snapshot(routes);
    bencher.bench(|| black_box(&snapshot).hash());
}

#[divan::bench(args = ROUTES)]
fn diff_of_one_change(bencher: Bencher<'_, '_>, routes: u32) {
    let old = snapshot(routes);
    let new = moved(&old);
    bencher.bench(|| black_box(&new).diff(black_box(&old)));
}

#[divan::bench(args = ROUTES)]
fn diff_against_nothing(bencher: Bencher<'_, '_>, routes: u32) {
    let new = snapshot(routes);
    bencher.bench(|| black_box(&new).diff(&Snapshot::default()));
}

/// What the dataplane does with a delta before it builds anything: copy, change, check the hash.
#[divan::bench(args = ROUTES)]
fn apply_one_change(bencher: Bencher<'_, '_>, routes: u32) {
    let old = snapshot(routes);
    let new = moved(&old);
    let (base, hash, delta) = (old.hash(), new.hash(), new.diff(&old));
    bencher
        .with_inputs(|| Update::Delta { revision: 2, base, hash, delta: delta.clone() })
        .bench_values(|update| update.apply(black_box(&old), base));
}

#[divan::bench(args = ROUTES)]
fn encode_everything(bencher: Bencher<'_, '_>, routes: u32) {
    let frame = Frame::Update(Update::full(1, snapshot(routes)));
    bencher.bench(|| encode(black_box(&frame), MAX_FRAME));
}

/// With the check of every part's hash.
#[divan::bench(args = ROUTES)]
fn decode_everything(bencher: Bencher<'_, '_>, routes: u32) {
    let frame = Frame::Update(Update::full(1, snapshot(routes)));
    let payload = encode(&frame, MAX_FRAME).map(|mut bytes| bytes.split_off(4)).unwrap_or_default();
    bencher.bench(|| decode(black_box(&payload)));
}

/// The last good snapshot, without the disk.
#[divan::bench(args = ROUTES)]
fn encode_a_file(bencher: Bencher<'_, '_>, routes: u32) {
    let snapshot = snapshot(routes);
    bencher.bench(|| file::encode(1, black_box(&snapshot)));
}
