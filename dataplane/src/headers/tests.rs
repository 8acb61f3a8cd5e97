use super::{
    ForwardRules, Peer, ensure_request_id, fresh_request_id, resolve, strip_request, strip_response,
    strip_trailers, vouch,
};
use crate::check::{HostName, head};
use corten_snapshot::{ClientIp, ClientIpHeader, IpRange, Limits};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use std::collections::HashSet;
use std::net::SocketAddr;

fn rules() -> ForwardRules {
    ForwardRules {
        client_ip: ClientIp::default(),
        forwarded: false,
        trust_request_id: false,
        proto: HeaderValue::from_static("https"),
        port: HeaderValue::from_static("443"),
    }
}

fn trusting(hops: u8, ranges: &[&str], header: ClientIpHeader) -> ForwardRules {
    let range = |text: &&str| {
        let (address, prefix) = text.split_once('/').unwrap();
        IpRange { address: address.parse().unwrap(), prefix: prefix.parse().unwrap() }
    };
    let trusted_ranges = ranges.iter().map(range).collect();
    ForwardRules { client_ip: ClientIp { header, trusted_hops: hops, trusted_ranges }, ..rules() }
}

fn peer(ip: &str) -> Peer {
    Peer::new(SocketAddr::new(ip.parse().unwrap(), 40000))
}

fn map(fields: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

/// A request through the steps that `proxy.rs` takes: what is sent upstream, sorted, with the client's address.
fn sent(fields: &[(&str, &str)], peer: &Peer, rules: &ForwardRules) -> (String, Vec<String>) {
    let mut request = Request::new(());
    *request.headers_mut() = map(&[&[("host", "a.example")], fields].concat());
    *request.uri_mut() = "/".parse().unwrap();
    let head = head(&request, &Limits::default()).expect("a request that passes the check");
    let mut headers = request.into_parts().0.headers;
    let client = resolve(peer, rules, &headers, head.facts);
    strip_request(&mut headers, head.facts);
    vouch(&mut headers, head.facts, peer, rules, &client, head.host.as_ref());
    (client.ip.to_string(), lines(&headers))
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
    let mut lines: Vec<_> = headers.iter().map(line).filter(|line| !line.starts_with("host:")).collect();
    lines.sort();
    lines
}

const OWN: [&str; 4] = [
    "x-forwarded-for: 192.0.2.1",
    "x-forwarded-host: a.example",
    "x-forwarded-port: 443",
    "x-forwarded-proto: https",
];

#[test]
fn hop_by_hop_fields_end_here() {
    for (name, fields, stays) in [
        ("nothing", vec![], vec![]),
        ("keep-alive", vec![("connection", "keep-alive"), ("keep-alive", "timeout=5")], vec![]),
        ("proxies' own", vec![("proxy-connection", "close"), ("proxy-authorization", "x")], vec![]),
        (
            "nominated",
            vec![("connection", "close, X-Private"), ("x-private", "1"), ("x-public", "1")],
            vec!["x-public: 1"],
        ),
        (
            "nominated in two fields",
            vec![("connection", "x-a"), ("connection", "x-b"), ("x-a", "1"), ("x-b", "1")],
            vec![],
        ),
        ("coding", vec![("transfer-encoding", "chunked")], vec![]),
        ("expectation", vec![("expect", "100-continue"), ("content-length", "1")], vec!["content-length: 1"]),
        ("trailers", vec![("te", "gzip, Trailers;q=1"), ("te", "trailers")], vec!["te: trailers"]),
        ("no trailers", vec![("te", "gzip")], vec![]),
        ("underscores", vec![("api_key", "1"), ("x_y-z", "2"), ("api-key", "3")], vec!["api-key: 3"]),
        (
            "h2c",
            vec![("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "AAMA")],
            vec![],
        ),
        ("upgrade without nomination", vec![("upgrade", "websocket")], vec![]),
        (
            "upgrade",
            vec![("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")],
            vec!["connection: upgrade", "upgrade: websocket"],
        ),
    ] {
        let (_, lines) = sent(&fields, &peer("192.0.2.1"), &rules());
        let mut want: Vec<_> = stays.iter().chain(&OWN).map(|line| (*line).to_owned()).collect();
        want.sort();
        assert_eq!(lines, want, "{name}");
    }
}

#[test]
fn responses_lose_what_belongs_to_the_upstreams_connection() {
    for (name, fields, switching, want) in [
        ("nothing to do", vec![("server", "x")], false, vec!["server: x"]),
        ("keep-alive", vec![("connection", "keep-alive"), ("keep-alive", "timeout=5")], false, vec![]),
        ("coding", vec![("transfer-encoding", "chunked"), ("te", "x")], false, vec![]),
        ("nominated", vec![("connection", "x-private"), ("x-private", "1"), ("x", "1")], false, vec!["x: 1"]),
        (
            "nominated, but needed",
            vec![
                ("connection", "content-length, set-cookie, content-type"),
                ("content-length", "1"),
                ("set-cookie", "a=b"),
            ],
            false,
            vec!["content-length: 1", "set-cookie: a=b"],
        ),
        (
            "a length beside a coding",
            vec![("content-length", "3"), ("transfer-encoding", "chunked"), ("etag", "x")],
            false,
            vec!["etag: x"],
        ),
        ("an offer to upgrade", vec![("upgrade", "h2c"), ("connection", "upgrade")], false, vec![]),
        (
            "a switch",
            vec![("upgrade", "websocket"), ("connection", "Upgrade, x-private"), ("x-private", "1")],
            true,
            vec!["connection: upgrade", "upgrade: websocket"],
        ),
    ] {
        let mut headers = map(&fields);
        strip_response(&mut headers, switching);
        assert_eq!(lines(&headers), want, "{name}");
    }
}

#[test]
fn trailers_do_not_replace_header_fields() {
    let mut trailers = map(&[
        ("grpc-status", "0"),
        ("x-checksum", "1"),
        ("user_id", "1"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x_forwarded_for", "1.2.3.4"),
        ("x-request-id", "1"),
        ("authorization", "x"),
        ("cookie", "x"),
        ("host", "evil.example"),
        ("content-length", "1"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ]);
    strip_trailers(&mut trailers);
    assert_eq!(lines(&trailers), ["grpc-status: 0", "user_id: 1", "x-checksum: 1"]);
    assert!(!trailers.contains_key("host"));
}

#[test]
fn a_clients_own_word_is_not_believed() {
    let spoofed = [
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-for", "5.6.7.8"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-user", "root"),
        ("x-forwarded-prefix", "/x"),
        ("forwarded", "for=1.2.3.4"),
        ("x-real-ip", "1.2.3.4"),
    ];
    for rules in [rules(), trusting(0, &["10.0.0.0/8"], ClientIpHeader::XForwardedFor)] {
        let (client, lines) = sent(&spoofed, &peer("192.0.2.1"), &rules);
        assert_eq!(client, "192.0.2.1");
        assert_eq!(lines, OWN);
    }
}

#[test]
fn a_trusted_proxys_word_is_continued() {
    let rules = trusting(0, &["10.0.0.0/8"], ClientIpHeader::XForwardedFor);
    let fields = [
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-for", "5.6.7.8"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "public.example"),
        ("x-forwarded-port", "80"),
        ("x-forwarded-prefix", "/x"),
    ];
    let (client, lines) = sent(&fields, &peer("10.1.1.1"), &rules);
    assert_eq!(client, "5.6.7.8");
    let want = [
        "x-forwarded-for: 1.2.3.4, 5.6.7.8, 10.1.1.1",
        "x-forwarded-host: public.example",
        "x-forwarded-port: 80",
        "x-forwarded-prefix: /x",
        "x-forwarded-proto: http",
    ];
    assert_eq!(lines, want);
    let doubled = [("x-forwarded-proto", "http"), ("x-forwarded-proto", "https, http")];
    let (_, lines) = sent(&doubled, &peer("10.1.1.1"), &rules);
    assert!(lines.contains(&"x-forwarded-proto: https".to_owned()), "{lines:?}");
}

#[test]
fn the_client_behind_trusted_proxies() {
    let hops = |n| trusting(n, &[], ClientIpHeader::XForwardedFor);
    let ranges = trusting(0, &["10.0.0.0/8", "fd00::/8"], ClientIpHeader::XForwardedFor);
    let both = trusting(1, &["10.0.0.0/8"], ClientIpHeader::XForwardedFor);
    for (name, rules, from, chain, want) in [
        ("no hops", hops(0), "10.0.0.1", "1.1.1.1", "10.0.0.1"),
        ("one hop", hops(1), "10.0.0.1", "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        ("two hops", hops(2), "10.0.0.1", "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        ("two hops, spoofed left part", hops(2), "10.0.0.1", "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        ("more hops than entries", hops(5), "10.0.0.1", "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        ("garbage in the last place", hops(1), "10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"),
        ("garbage further left", hops(3), "10.0.0.1", "<script>, 2.2.2.2", "2.2.2.2"),
        ("empty", hops(1), "10.0.0.1", "", "10.0.0.1"),
        ("outside of the ranges", ranges.clone(), "192.0.2.9", "1.1.1.1", "192.0.2.9"),
        ("in the ranges", ranges.clone(), "10.0.0.1", "1.1.1.1, 10.9.9.9", "1.1.1.1"),
        ("spoofed behind ranges", ranges.clone(), "10.0.0.1", "10.6.6.6, 1.1.1.1, 10.9.9.9", "1.1.1.1"),
        ("all in the ranges", ranges.clone(), "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("mapped peer", ranges.clone(), "::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("mapped entry", ranges.clone(), "10.0.0.1", "1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1"),
        ("IPv6", ranges, "fd00::1", "2001:db8::7", "2001:db8::7"),
        ("with ports", hops(1), "10.0.0.1", "[2001:db8::7]:1234", "2001:db8::7"),
        ("hop, then range", both, "192.0.2.9", "1.1.1.1, 10.0.0.2", "1.1.1.1"),
    ] {
        let (client, lines) = sent(&[("x-forwarded-for", chain)], &peer(from), &rules);
        assert_eq!(client, want, "{name}");
        let last = lines.iter().find(|line| line.starts_with("x-forwarded-for")).unwrap();
        assert!(last.ends_with(&peer(from).ip.to_string()), "{name}: {last}");
    }
}

#[test]
fn the_client_by_forwarded() {
    let rules = trusting(2, &[], ClientIpHeader::Forwarded);
    for (value, want) in [
        ("for=1.1.1.1, for=2.2.2.2", "1.1.1.1"),
        ("For=\"[2001:db8::1]:80\";proto=http, for=2.2.2.2;host=\"a,b;for=9.9.9.9\"", "2001:db8::1"),
        ("for=1.1.1.1, for=\"2.2.2.2:80\"; by=3.3.3.3", "1.1.1.1"),
        ("for=1.1.1.1, for=unknown", "10.0.0.1"),
        ("for=1.1.1.1, for=_hidden", "10.0.0.1"),
        ("for=1.1.1.1, proto=http", "10.0.0.1"),
        ("for=1.1.1.1, for=2.2.2.2;for=3.3.3.3", "10.0.0.1"),
        ("for=1.1.1.1, for=\"2.2.2.2", "10.0.0.1"),
        ("for=1.1.1.1, for=\"2.2.2.2\\\", for=3.3.3.3\"", "10.0.0.1"),
    ] {
        let fields = [("forwarded", value), ("x-forwarded-for", "7.7.7.7")];
        assert_eq!(sent(&fields, &peer("10.0.0.1"), &rules).0, want, "{value}");
    }
}

#[test]
fn forwarded_is_sent_if_wanted() {
    let plain = ForwardRules { forwarded: true, ..rules() };
    let (_, lines) = sent(&[("forwarded", "for=6.6.6.6")], &peer("2001:db8::1"), &plain);
    assert_eq!(lines[0], "forwarded: for=\"[2001:db8::1]\";host=\"a.example\";proto=https");
    let trusting = ForwardRules { forwarded: true, ..trusting(1, &[], ClientIpHeader::Forwarded) };
    let (client, lines) = sent(&[("forwarded", "for=1.1.1.1")], &peer("10.0.0.1"), &trusting);
    assert_eq!(client, "1.1.1.1");
    assert_eq!(lines[0], "forwarded: for=1.1.1.1, for=10.0.0.1;host=\"a.example\";proto=https");
}

#[test]
fn without_a_host_there_is_no_forwarded_host() {
    let mut headers = map(&[("x-forwarded-host", "evil.example")]);
    let mut request = Request::new(());
    *request.version_mut() = http::Version::HTTP_10;
    *request.headers_mut() = headers.clone();
    let facts = head(&request, &Limits::default()).unwrap().facts;
    let (peer, rules) = (peer("192.0.2.1"), rules());
    let client = resolve(&peer, &rules, &headers, facts);
    vouch(&mut headers, facts, &peer, &rules, &client, None::<&HostName>);
    assert!(!headers.contains_key("x-forwarded-host"));
}

#[test]
fn request_ids() {
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let id = fresh_request_id();
        let text = id.to_str().unwrap().to_owned();
        assert_eq!(text.len(), 36, "{text}");
        let dashes: Vec<_> = text.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!(dashes, [8, 13, 18, 23], "{text}");
        assert_eq!(&text[14..15], "4", "version: {text}");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "variant: {text}");
        assert!(seen.insert(text), "an id came twice");
    }
}

#[test]
fn a_clients_id_is_kept_only_if_trusted_and_harmless() {
    let trusting = ForwardRules { trust_request_id: true, ..rules() };
    let long = "a".repeat(129);
    for (rules, given, kept) in [
        (&trusting, vec!["abc-DEF_1.2:3"], true),
        (&rules(), vec!["abc"], false),
        (&trusting, vec![], false),
        (&trusting, vec!["a", "b"], false),
        (&trusting, vec![""], false),
        (&trusting, vec!["a b"], false),
        (&trusting, vec!["a\"b"], false),
        (&trusting, vec![&*long], false),
    ] {
        let mut request = Request::new(());
        let fields: Vec<_> = given.iter().map(|id| ("x-request-id", *id)).chain([("host", "a")]).collect();
        *request.headers_mut() = map(&fields);
        let facts = head(&request, &Limits::default()).unwrap().facts;
        let id = ensure_request_id(request.headers_mut(), facts, rules);
        let now: Vec<_> = request.headers().get_all("x-request-id").iter().collect();
        assert_eq!(now, [&id], "sent as returned: {given:?}");
        assert_eq!(given.first() == Some(&id.to_str().unwrap()), kept, "{given:?}");
    }
}

proptest! {
    /// Whatever an untrusted client sends, the backend sees the socket's address and nothing else.
    #[test]
    fn no_field_of_an_untrusted_client_survives(
        fields in prop::collection::vec(
            (
                prop_oneof![
                    Just("x-forwarded-for"), Just("forwarded"), Just("x-real-ip"), Just("x-forwarded-by"),
                    Just("x-forwarded-host"), Just("x-forwarded-proto"), Just("x-forwarded-port"),
                ],
                "[ -~]{0,12}",
            ),
            0..6,
        ),
    ) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        let (client, lines) = sent(&fields, &peer("192.0.2.1"), &rules());
        prop_assert_eq!(client, "192.0.2.1");
        prop_assert_eq!(lines, OWN);
    }

    /// Whatever a trusted proxy sends, there is a client, and the chain ends with the proxy.
    #[test]
    fn a_chain_always_has_a_client(
        value in "[ -~]{0,24}",
        hops in 0u8..4,
        header in prop_oneof![Just(ClientIpHeader::XForwardedFor), Just(ClientIpHeader::Forwarded)],
    ) {
        let rules = trusting(hops, &["10.0.0.0/8"], header);
        let fields = [("x-forwarded-for", &*value), ("forwarded", &*value)];
        let (_, lines) = sent(&fields, &peer("10.0.0.1"), &rules);
        let chain = lines.iter().find(|line| line.starts_with("x-forwarded-for: ")).unwrap();
        prop_assert!(chain.ends_with("10.0.0.1"));
    }
}
