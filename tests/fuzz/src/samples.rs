//! Snapshots to begin from. They are made here, and not kept as files, because a change of the types changes their
//! encoding: kept ones would soon be mere garbage to the decoder.

use corten_snapshot::{
    Ack, Action, Backend, Bind, Certificate, CertificateKey, Cluster, ClusterKey, ClusterSettings,
    ContentHash, Cors, Endpoint, EndpointHost, Endpoints, EndpointsKey, Entry, Filter, HeaderEdit,
    HeaderPair, Host, HostnamePattern, Listener, ListenerKey, ListenerProtocol, ListenerSettings,
    ListenerTls, OriginMatch, Part, PartKey, PathMatch, PathModifier, Redirect, Rejected, Retry, RouteId,
    Rule, Snapshot, Target, Timeouts, Trust, TrustKey, TrustSource, Update, UpstreamProtocol, UpstreamTls,
    ValueMatch, ValuePattern,
    frame::{Frame, Hello, encode},
};
use std::{net::Ipv6Addr, sync::Arc, time::Duration};

/// A snapshot with a part of every kind.
pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let listener = ListenerKey::new("app/gateway/https");
    snapshot.insert(PartKey::Listener(listener.clone()), Part::Listener(Box::new(listener_part())));
    let hostname = HostnamePattern::Wildcard("example.com".into());
    let entries =
        vec![entry(PathMatch::Prefix("/api".into()), 0), entry(PathMatch::Regex("/v[0-9]".into()), 1)];
    let host = Host {
        listener: listener.clone(),
        hostname: hostname.clone(),
        entries,
        rules: vec![Arc::new(rule()), Arc::new(rule())],
    };
    snapshot.insert(PartKey::Host(listener, hostname), Part::Host(Box::new(host)));
    snapshot
        .insert(PartKey::Cluster(ClusterKey::new("service/app/web:80")), Part::Cluster(Box::new(cluster())));
    let hosts = [EndpointHost::Ip(Ipv6Addr::LOCALHOST.into()), EndpointHost::Name("example.com".into())];
    let endpoints = hosts.map(|host| Endpoint { host, port: 8080, ready: true }).into();
    snapshot.insert(
        PartKey::Endpoints(EndpointsKey::new("service/app/web:80")),
        Part::Endpoints(Endpoints { endpoints }),
    );
    let certificate = Certificate { chain_pem: "CHAIN".into(), key_pem: "KEY".into() };
    snapshot.insert(
        PartKey::Certificate(CertificateKey::new("secret/app/tls")),
        Part::Certificate(Box::new(certificate)),
    );
    let trust = Part::Trust(Trust { pem: "CA".into() });
    snapshot.insert(PartKey::Trust(TrustKey::new("configmap/app/ca")), trust);
    snapshot
}

/// The payload of a frame of every kind, and of updates of every kind.
pub(crate) fn payloads() -> Vec<Vec<u8>> {
    let (empty, full) = (Snapshot::default(), snapshot());
    let delta = |old: &Snapshot, new: &Snapshot| Update::Delta {
        revision: 2,
        base: old.hash(),
        hash: new.hash(),
        delta: new.diff(old),
    };
    let key = PartKey::Trust(TrustKey::new("configmap/app/ca"));
    let rejected = vec![Rejected { key, reason: "no PEM".into() }];
    let frames = [
        Frame::Hello(Hello::new(full.hash(), 300)),
        Frame::Update(Update::full(1, full.clone())),
        Frame::Update(Update::full(1, empty.clone())),
        Frame::Update(delta(&empty, &full)),
        Frame::Update(delta(&full, &empty)),
        Frame::Update(delta(&empty, &empty)),
        Frame::Ack(Ack { revision: 1, hash: full.hash(), rejected }),
        Frame::Ack(Ack { revision: u64::MAX, hash: ContentHash::default(), rejected: Vec::new() }),
        Frame::Ping,
        Frame::Pong,
    ];
    let payload = |frame| encode(frame, usize::MAX).expect("a frame encodes").split_off(4);
    frames.iter().map(payload).collect()
}

/// Each of [`payloads`] with its length in front, and all of them in a row.
pub(crate) fn streams() -> Vec<Vec<u8>> {
    let with_length = |payload: &Vec<u8>| {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        [&length[..], payload].concat()
    };
    let mut streams: Vec<_> = payloads().iter().map(with_length).collect();
    streams.push(streams.concat());
    streams
}

fn listener_part() -> Listener {
    Listener {
        namespace: "app".into(),
        gateway: "gateway".into(),
        name: "https".into(),
        bind: Bind { address: None, port: 8443 },
        port: 443,
        protocol: ListenerProtocol::Https,
        hostname: HostnamePattern::Any,
        tls: Some(ListenerTls {
            certificates: vec![CertificateKey::new("secret/app/tls")],
            client_validation: None,
        }),
        settings: ListenerSettings::default(),
    }
}

fn entry(path: PathMatch, rule: u32) -> Entry {
    let header = ValueMatch { name: "x-a".into(), pattern: ValuePattern::Exact("1".into()) };
    let query = ValueMatch { name: "q".into(), pattern: ValuePattern::Regex("[a-z]+".into()) };
    Entry { path, method: Some("GET".into()), headers: vec![header], query: vec![query], rule }
}

fn rule() -> Rule {
    let target = Target::Cluster(ClusterKey::new("service/app/web:80"));
    let invalid = Target::Invalid { status: 500, reason: "no such Service".into() };
    Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "app".into(), name: "web".into() },
        index: 0,
        name: Some("main".into()),
        filters: filters(),
        action: Action::Forward(vec![
            Backend { weight: 1, target, filters: Vec::new() },
            Backend { weight: 300, target: invalid, filters: Vec::new() },
        ]),
        timeouts: Timeouts { request: Some(Duration::from_secs(10)), backend_request: None },
        retry: Some(Retry { codes: vec![500, 503], attempts: 2, backoff: Duration::from_millis(25) }),
    }
}

fn filters() -> Vec<Filter> {
    let pair = HeaderPair { name: "x-b".into(), value: "2".into() };
    let path = Some(PathModifier::ReplacePrefixMatch("/new".into()));
    vec![
        Filter::RequestHeaders(HeaderEdit { set: vec![pair], ..HeaderEdit::default() }),
        Filter::Redirect(Redirect { scheme: None, hostname: None, port: Some(443), path, status: 302 }),
        Filter::Cors(Cors {
            allow_origins: vec![OriginMatch::Any],
            allow_methods: vec!["*".into()],
            allow_headers: Vec::new(),
            expose_headers: Vec::new(),
            allow_credentials: true,
            max_age: 5,
        }),
    ]
}

fn cluster() -> Cluster {
    Cluster {
        endpoints: EndpointsKey::new("service/app/web:80"),
        protocol: UpstreamProtocol::Http2,
        tls: Some(Box::new(UpstreamTls {
            hostname: "example.com".into(),
            subject_alt_names: Vec::new(),
            trust: TrustSource::System,
            client_certificate: None,
        })),
        settings: ClusterSettings::default(),
    }
}
