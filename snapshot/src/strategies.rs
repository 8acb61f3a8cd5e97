//! Random parts, snapshots and frames for property tests: every kind and every variant occurs.

use crate::*;
use proptest::{collection::vec, option, prelude::*};
use std::{net::IpAddr, sync::Arc, time::Duration};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,3}", 1 => any::<String>()]
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec(name(), 0..3)
}

fn key_text() -> impl Strategy<Value = Arc<str>> {
    "[ab]/[a-c]{1,2}".prop_map(Into::into)
}

fn time() -> impl Strategy<Value = Duration> {
    any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()))
}

fn hostname() -> impl Strategy<Value = HostnamePattern> {
    prop_oneof![
        Just(HostnamePattern::Any),
        "[ab]\\.test".prop_map(|name| HostnamePattern::Wildcard(name.into())),
        "[ab]\\.test".prop_map(|name| HostnamePattern::Exact(name.into())),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        key_text().prop_map(|key| Target::Cluster(ClusterKey(key))),
        (any::<u16>(), name()).prop_map(|(status, reason)| Target::Invalid { status, reason }),
    ]
}

fn header_edit() -> impl Strategy<Value = HeaderEdit> {
    let pair = || vec((name(), name()).prop_map(|(name, value)| HeaderPair { name, value }), 0..2);
    (pair(), pair(), names()).prop_map(|(set, add, remove)| HeaderEdit { set, add, remove })
}

fn path_modifier() -> impl Strategy<Value = Option<PathModifier>> {
    option::of(prop_oneof![
        name().prop_map(PathModifier::ReplaceFullPath),
        name().prop_map(PathModifier::ReplacePrefixMatch),
    ])
}

fn cors() -> impl Strategy<Value = Cors> {
    let origin = prop_oneof![
        Just(OriginMatch::Any),
        name().prop_map(OriginMatch::Exact),
        (name(), name()).prop_map(|(scheme, suffix)| OriginMatch::Wildcard { scheme, suffix }),
    ];
    (vec(origin, 0..3), names(), names(), names(), any::<bool>(), any::<u32>()).prop_map(
        |(allow_origins, allow_methods, allow_headers, expose_headers, allow_credentials, max_age)| Cors {
            allow_origins,
            allow_methods,
            allow_headers,
            expose_headers,
            allow_credentials,
            max_age,
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let redirect =
        (option::of(name()), option::of(name()), any::<Option<u16>>(), path_modifier(), any::<u16>())
            .prop_map(|(scheme, hostname, port, path, status)| {
                Filter::Redirect(Redirect { scheme, hostname, port, path, status })
            });
    prop_oneof![
        header_edit().prop_map(Filter::RequestHeaders),
        header_edit().prop_map(Filter::ResponseHeaders),
        redirect,
        (option::of(name()), path_modifier())
            .prop_map(|(hostname, path)| Filter::Rewrite(Rewrite { hostname, path })),
        (target(), any::<u32>(), any::<u32>()).prop_map(|(target, numerator, denominator)| {
            Filter::Mirror(Mirror { target, numerator, denominator })
        }),
        cors().prop_map(Filter::Cors),
    ]
}

fn values() -> impl Strategy<Value = Vec<ValueMatch>> {
    let pattern = prop_oneof![name().prop_map(ValuePattern::Exact), name().prop_map(ValuePattern::Regex)];
    vec((name(), pattern).prop_map(|(name, pattern)| ValueMatch { name, pattern }), 0..2)
}

fn entry() -> impl Strategy<Value = Entry> {
    let path = prop_oneof![
        name().prop_map(PathMatch::Exact),
        name().prop_map(PathMatch::Prefix),
        name().prop_map(PathMatch::Regex),
    ];
    (path, option::of(name()), values(), values(), any::<u32>())
        .prop_map(|(path, method, headers, query, rule)| Entry { path, method, headers, query, rule })
}

fn action() -> impl Strategy<Value = Action> {
    let backend = (any::<u32>(), target(), vec(filter(), 0..2))
        .prop_map(|(weight, target, filters)| Backend { weight, target, filters });
    prop_oneof![
        vec(backend, 1..3).prop_map(Action::Forward),
        (any::<u16>(), name()).prop_map(|(status, reason)| Action::Error { status, reason }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let route =
        (name(), name(), name()).prop_map(|(kind, namespace, name)| RouteId { kind, namespace, name });
    let timeouts = (option::of(time()), option::of(time()))
        .prop_map(|(request, backend_request)| Timeouts { request, backend_request });
    let retry = (vec(any::<u16>(), 0..3), any::<u32>(), time())
        .prop_map(|(codes, attempts, backoff)| Retry { codes, attempts, backoff });
    let id = (route, any::<u32>(), option::of(name()));
    (id, vec(filter(), 0..3), action(), timeouts, option::of(retry)).prop_map(
        |((route, index, name), filters, action, timeouts, retry)| Rule {
            route,
            index,
            name,
            filters,
            action,
            timeouts,
            retry,
        },
    )
}

fn host() -> impl Strategy<Value = Host> {
    (key_text(), hostname(), vec(entry(), 0..3), vec(rule(), 0..3)).prop_map(
        |(listener, hostname, entries, rules)| Host {
            listener: ListenerKey(listener),
            hostname,
            entries,
            rules: rules.into_iter().map(Arc::new).collect(),
        },
    )
}

fn settings() -> impl Strategy<Value = ListenerSettings> {
    let range = (any::<IpAddr>(), any::<u8>()).prop_map(|(address, prefix)| IpRange { address, prefix });
    let mode = prop_oneof![
        Just(AccessLogMode::Off),
        Just(AccessLogMode::On),
        (0.001..0.999).prop_map(|ratio| AccessLogMode::Sampled { ratio }),
    ];
    let client_ip = (any::<bool>(), any::<u8>(), vec(range, 0..3));
    (client_ip, any::<Option<u64>>(), time(), any::<bool>(), mode, names()).prop_map(
        |((forwarded, trusted_hops, trusted_ranges), body_bytes, idle, flag, mode, fields)| {
            let header = if forwarded { ClientIpHeader::Forwarded } else { ClientIpHeader::XForwardedFor };
            ListenerSettings {
                client_ip: ClientIp { header, trusted_hops, trusted_ranges },
                forwarded_header: flag,
                limits: Limits { body_bytes, ..Limits::default() },
                timeouts: ClientTimeouts { idle, ..ClientTimeouts::default() },
                access_log: AccessLog { mode, fields },
                ..ListenerSettings::default()
            }
        },
    )
}

fn listener() -> impl Strategy<Value = Listener> {
    let trust = || vec(key_text().prop_map(TrustKey), 0..2);
    let validation = (trust(), any::<bool>())
        .prop_map(|(trust, allow_insecure_fallback)| ClientValidation { trust, allow_insecure_fallback });
    let tls = (vec(key_text().prop_map(CertificateKey), 1..3), option::of(validation))
        .prop_map(|(certificates, client_validation)| ListenerTls { certificates, client_validation });
    let bind = (any::<Option<IpAddr>>(), any::<u16>()).prop_map(|(address, port)| Bind { address, port });
    ((name(), name(), name()), bind, any::<u16>(), hostname(), option::of(tls), settings()).prop_map(
        |((namespace, gateway, name), bind, port, hostname, tls, settings)| Listener {
            namespace,
            gateway,
            name,
            bind,
            port,
            protocol: if tls.is_some() { ListenerProtocol::Https } else { ListenerProtocol::Http },
            hostname,
            tls,
            settings,
        },
    )
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let san = prop_oneof![name().prop_map(SubjectAltName::Hostname), name().prop_map(SubjectAltName::Uri)];
    let trust = prop_oneof![
        Just(TrustSource::System),
        vec(key_text().prop_map(TrustKey), 0..2).prop_map(TrustSource::Bundles),
    ];
    let client = option::of(key_text().prop_map(CertificateKey));
    let tls = (name(), vec(san, 0..2), trust, client).prop_map(
        |(hostname, subject_alt_names, trust, client_certificate)| UpstreamTls {
            hostname,
            subject_alt_names,
            trust,
            client_certificate,
        },
    );
    (key_text(), any::<bool>(), option::of(tls), time()).prop_map(|(endpoints, h2, tls, idle_timeout)| {
        Cluster {
            endpoints: EndpointsKey(endpoints),
            protocol: match (h2, &tls) {
                (true, Some(_)) => UpstreamProtocol::Negotiated,
                (true, None) => UpstreamProtocol::Http2,
                (false, _) => UpstreamProtocol::Http1,
            },
            tls: tls.map(Box::new),
            settings: ClusterSettings {
                idle_timeout,
                balancing: if h2 { Balancing::RoundRobin } else { Balancing::PowerOfTwoChoices },
                ..ClusterSettings::default()
            },
        }
    })
}

fn endpoints() -> impl Strategy<Value = Endpoints> {
    let host = prop_oneof![any::<IpAddr>().prop_map(EndpointHost::Ip), name().prop_map(EndpointHost::Name)];
    let endpoint =
        (host, any::<u16>(), any::<bool>()).prop_map(|(host, port, ready)| Endpoint { host, port, ready });
    vec(endpoint, 0..4).prop_map(|endpoints| Endpoints { endpoints })
}

/// A part under a key of its kind.
pub(crate) fn part() -> impl Strategy<Value = (PartKey, Part)> {
    prop_oneof![
        (key_text(), listener())
            .prop_map(|(key, part)| (PartKey::Listener(ListenerKey(key)), Part::Listener(Box::new(part)))),
        (key_text(), hostname(), host()).prop_map(|(key, name, part)| (
            PartKey::Host(ListenerKey(key), name),
            Part::Host(Box::new(part))
        )),
        (key_text(), cluster())
            .prop_map(|(key, part)| (PartKey::Cluster(ClusterKey(key)), Part::Cluster(Box::new(part)))),
        (key_text(), endpoints())
            .prop_map(|(key, part)| (PartKey::Endpoints(EndpointsKey(key)), Part::Endpoints(part))),
        (key_text(), name(), name()).prop_map(|(key, chain_pem, key_pem)| {
            let part = Part::Certificate(Box::new(Certificate { chain_pem, key_pem }));
            (PartKey::Certificate(CertificateKey(key)), part)
        }),
        (key_text(), name())
            .prop_map(|(key, pem)| (PartKey::Trust(TrustKey(key)), Part::Trust(Trust { pem }))),
    ]
}

/// A snapshot of up to a dozen parts. Keys come from a small set, so that two snapshots share some.
pub(crate) fn snapshot() -> impl Strategy<Value = Snapshot> {
    vec(part(), 0..12).prop_map(|parts| {
        let mut snapshot = Snapshot::default();
        for (key, part) in parts {
            snapshot.insert(key, part);
        }
        snapshot
    })
}

/// An update that verifies.
pub(crate) fn update() -> impl Strategy<Value = Update> {
    prop_oneof![
        (any::<u64>(), snapshot()).prop_map(|(revision, snapshot)| Update::full(revision, snapshot)),
        (any::<u64>(), snapshot(), snapshot()).prop_map(|(revision, old, new)| {
            Update::Delta { revision, base: old.hash(), hash: new.hash(), delta: new.diff(&old) }
        }),
    ]
}

/// Any frame that a correct peer could send.
pub(crate) fn frame() -> impl Strategy<Value = frame::Frame> {
    use frame::{Frame, Hello};
    let hash = || any::<[u8; 32]>().prop_map(ContentHash);
    let rejected = (part(), name()).prop_map(|((key, _), reason)| Rejected { key, reason });
    prop_oneof![
        (hash(), hash(), any::<u64>()).prop_map(|(schema, hash, revision)| Frame::Hello(Hello {
            schema,
            hash,
            revision
        })),
        update().prop_map(Frame::Update),
        (any::<u64>(), hash(), vec(rejected, 0..3)).prop_map(|(revision, hash, rejected)| Frame::Ack(Ack {
            revision,
            hash,
            rejected
        })),
        Just(Frame::Ping),
        Just(Frame::Pong),
    ]
}
