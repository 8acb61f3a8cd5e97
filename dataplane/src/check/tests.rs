use super::{Facts, Head, HostName, head};
use crate::error::{Code, Error};
use corten_snapshot::Limits;
use http::{HeaderValue, Method, Request, Version};
use proptest::prelude::*;

fn request(method: &str, target: &str, version: Version, headers: &[(&str, &str)]) -> Request<()> {
    let mut builder = Request::builder().method(method).uri(target).version(version);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(()).expect("a request that hyper would let through")
}

fn get(target: &str, headers: &[(&str, &str)]) -> Result<Head, Error> {
    head(&request("GET", target, Version::HTTP_11, headers), &Limits::default())
}

fn code(result: Result<Head, Error>) -> Option<Code> {
    result.err().map(|error| {
        assert!(error.closes(), "{error} keeps the connection");
        error.code()
    })
}

#[test]
fn an_ordinary_request_passes() {
    let head = get("/a?b=c", &[("host", "Example.com:8080"), ("accept", "*/*"), ("te", "trailers")]).unwrap();
    let host = head.host.unwrap();
    assert_eq!((host.name(), host.port()), ("example.com", Some(8080)));
    assert_eq!(host.text(), "Example.com:8080");
    assert_eq!(head.facts, Facts::HOST | Facts::TE);
    assert!(!head.asterisk);
}

#[test]
fn hosts() {
    let parse = |text: &str| HostName::parse(&HeaderValue::from_str(text).ok()?);
    for (text, name, port) in [
        ("a", "a", None),
        ("A.Example.", "a.example", None),
        ("a.example.:80", "a.example", Some(80)),
        ("a:", "a", None),
        ("a_b-c.1:65535", "a_b-c.1", Some(65535)),
        ("127.0.0.1:1", "127.0.0.1", Some(1)),
        ("[::1]", "[::1]", None),
        ("[2001:DB8::1]:443", "[2001:db8::1]", Some(443)),
    ] {
        let host = parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((host.name(), host.port()), (name, port), "{text}");
    }
    for text in [
        "",
        ".",
        "a..b",
        ".a",
        "a b",
        "a,b",
        "a@b",
        "user@a",
        "a/b",
        "a\\b",
        "a%2eb",
        "a:b",
        "a:80:80",
        "a:0",
        "a:65536",
        "a:123456",
        "a:+80",
        "[::1",
        "::1",
        "[::1]x",
        "[fe80::1%eth0]",
        "[1.2.3.4]",
        "[]",
        "a*",
        "*",
        "a'b",
        "a\"b",
        "a<b",
        "\u{e4}.example",
        "a:80 ",
        "a#b",
        "a?b",
    ] {
        assert!(parse(text).is_none(), "{text:?} is no host");
    }
    assert!(parse(&"a".repeat(255)).is_none(), "longer than any name");
}

#[test]
fn host_is_there_once_and_agrees_with_the_target() {
    let host = ("host", "a.example");
    for (name, target, headers, want) in [
        ("no Host", "/", vec![], Some(Code::BadHost)),
        ("two Hosts", "/", vec![host, ("host", "b.example")], Some(Code::BadHost)),
        ("two equal Hosts", "/", vec![host, host], Some(Code::BadHost)),
        ("two names in one", "/", vec![("host", "a.example, b.example")], Some(Code::BadHost)),
        ("empty Host", "/", vec![("host", "")], Some(Code::BadHost)),
        ("absolute form without Host", "http://a.example/", vec![], Some(Code::BadHost)),
        ("absolute form agrees", "http://a.example/", vec![host], None),
        ("absolute form agrees but for case", "http://A.Example/", vec![host], None),
        ("absolute form agrees with its own port", "http://a.example:80/", vec![host], None),
        ("absolute form contradicts", "http://b.example/", vec![host], Some(Code::BadHost)),
        ("absolute form contradicts in the port", "http://a.example:81/", vec![host], Some(Code::BadHost)),
        ("user information", "http://a@a.example/", vec![host], Some(Code::BadHost)),
    ] {
        assert_eq!(code(get(target, &headers)), want, "{name}");
    }
}

#[test]
fn http_1_0_needs_no_host() {
    let old =
        |headers: &[(&str, &str)]| head(&request("GET", "/", Version::HTTP_10, headers), &Limits::default());
    assert!(old(&[]).unwrap().host.is_none());
    assert_eq!(old(&[("host", "a")]).unwrap().host.unwrap().name(), "a");
    assert_eq!(code(old(&[("transfer-encoding", "chunked")])), Some(Code::BadFraming));
    let upgrade = old(&[("connection", "upgrade"), ("upgrade", "websocket")]).unwrap();
    assert!(!upgrade.facts.contains(Facts::UPGRADE_ASKED), "Upgrade belongs to HTTP/1.1");
}

#[test]
fn http_2_names_its_authority() {
    let h2 = |target: &str, headers: &[(&str, &str)]| {
        head(&request("GET", target, Version::HTTP_2, headers), &Limits::default())
    };
    assert_eq!(h2("https://A.example/", &[]).unwrap().host.unwrap().name(), "a.example");
    assert_eq!(h2("/", &[("host", "b")]).unwrap().host.unwrap().name(), "b");
    assert!(h2("https://a.example:443/", &[("host", "a.example")]).is_ok());
    assert_eq!(code(h2("https://a.example/", &[("host", "b.example")])), Some(Code::BadHost));
    assert_eq!(code(h2("/", &[])), Some(Code::BadHost));
    for field in ["connection", "keep-alive", "proxy-connection", "upgrade"] {
        assert_eq!(code(h2("https://a/", &[(field, "close")])), Some(Code::BadHeader), "{field}");
    }
    assert_eq!(code(h2("https://a/", &[("transfer-encoding", "chunked")])), Some(Code::BadFraming));
}

#[test]
fn framing_that_can_be_read_in_two_ways() {
    let (host, chunked) = (("host", "a"), ("transfer-encoding", "chunked"));
    for (name, headers, want) in [
        ("chunked", vec![chunked], None),
        ("chunked in capitals", vec![("transfer-encoding", "Chunked")], None),
        ("a length", vec![("content-length", "5")], None),
        ("both", vec![chunked, ("content-length", "5")], Some(Code::BadFraming)),
        ("gzip, chunked", vec![("transfer-encoding", "gzip, chunked")], Some(Code::BadFraming)),
        ("chunked, identity", vec![("transfer-encoding", "chunked, identity")], Some(Code::BadFraming)),
        ("chunked twice in one", vec![("transfer-encoding", "chunked, chunked")], Some(Code::BadFraming)),
        ("chunked twice", vec![chunked, chunked], Some(Code::BadFraming)),
        ("identity", vec![("transfer-encoding", "identity")], Some(Code::BadFraming)),
        ("quoted", vec![("transfer-encoding", "\"chunked\"")], Some(Code::BadFraming)),
        ("xchunked", vec![("transfer-encoding", "xchunked")], Some(Code::BadFraming)),
        ("with a parameter", vec![("transfer-encoding", "chunked;q=1")], Some(Code::BadFraming)),
        ("empty coding", vec![("transfer-encoding", "")], Some(Code::BadFraming)),
        ("lengths twice", vec![("content-length", "5"), ("content-length", "5")], Some(Code::BadFraming)),
        ("lengths differ", vec![("content-length", "5"), ("content-length", "6")], Some(Code::BadFraming)),
        ("list of lengths", vec![("content-length", "5, 5")], Some(Code::BadFraming)),
        ("signed length", vec![("content-length", "+5")], Some(Code::BadFraming)),
        ("hexadecimal length", vec![("content-length", "0x5")], Some(Code::BadFraming)),
        ("empty length", vec![("content-length", "")], Some(Code::BadFraming)),
    ] {
        let headers: Vec<_> = [vec![host], headers].concat();
        assert_eq!(code(get("/", &headers)), want, "{name}");
    }
}

#[test]
fn methods_and_targets() {
    let check = |method: &str, target: &str| {
        let request = request(method, target, Version::HTTP_11, &[("host", "a")]);
        head(&request, &Limits::default())
    };
    for (method, target, want) in [
        ("CONNECT", "a:443", Some(Code::MethodRefused)),
        ("TRACE", "/", Some(Code::MethodRefused)),
        ("BREW", "/pot", None),
        ("GET", "*", Some(Code::BadTarget)),
        ("GET", "a:80", Some(Code::BadTarget)),
        ("GET", "ftp://a/", Some(Code::BadTarget)),
        ("GET", "http://a", None),
        ("OPTIONS", "*", None),
    ] {
        assert_eq!(code(check(method, target)), want, "{method} {target}");
    }
    assert!(check("OPTIONS", "*").unwrap().asterisk);
    let h2 = request("CONNECT", "a:443", Version::HTTP_2, &[]);
    assert_eq!(code(head(&h2, &Limits::default())), Some(Code::MethodRefused));
    assert_eq!(*h2.method(), Method::CONNECT);
}

#[test]
fn limits_hold_exactly() {
    let limits = Limits { header_count: 2, header_bytes: 20, uri_bytes: 5, ..Limits::default() };
    let check = |target: &str, headers: &[(&str, &str)]| {
        code(head(&request("GET", target, Version::HTTP_11, headers), &limits))
    };
    // `host: a` and `x: 12345`, each with a line end: 9 + 10 bytes.
    assert_eq!(check("/1234", &[("host", "a"), ("x", "12345")]), None);
    assert_eq!(check("/1234", &[("host", "a"), ("x", "123456")]), None);
    assert_eq!(check("/1234", &[("host", "a"), ("x", "1234567")]), Some(Code::HeadersTooLarge));
    assert_eq!(check("/", &[("host", "a"), ("x", "1"), ("y", "")]), Some(Code::HeadersTooLarge));
    assert_eq!(check("/12345", &[("host", "a")]), Some(Code::UriTooLong));
    assert_eq!(check("/1?34", &[("host", "a")]), None);
    assert_eq!(check("/1?345", &[("host", "a")]), Some(Code::UriTooLong));
}

#[test]
fn names_that_imitate_the_gateways() {
    for name in [
        "x_forwarded_for",
        "x-forwarded_for",
        "x_forwarded-proto",
        "x_forwarded_user",
        "x_request_id",
        "x_real_ip",
        "content_length",
        "transfer_encoding",
        "content-length_".trim_end_matches('_'),
        "proxy_authorization",
        "keep_alive",
    ] {
        if name.contains('_') {
            assert_eq!(code(get("/", &[("host", "a"), (name, "1")])), Some(Code::BadHeader), "{name}");
        }
    }
    let head = get("/", &[("host", "a"), ("api_key", "1")]).unwrap();
    assert!(head.facts.contains(Facts::UNDERSCORE));
}

#[test]
fn connection_options() {
    for (value, want) in [
        ("close", None),
        ("Keep-Alive, TE", None),
        ("keep-alive,, x-private", None),
        ("Authorization", Some(Code::BadHeader)),
        ("keep-alive, host", Some(Code::BadHeader)),
        ("content-length", Some(Code::BadHeader)),
        ("Transfer-Encoding", Some(Code::BadHeader)),
        ("X-Forwarded-For", Some(Code::BadHeader)),
        ("x_forwarded_for", Some(Code::BadHeader)),
        ("x-request-id", Some(Code::BadHeader)),
        ("cookie", Some(Code::BadHeader)),
        ("cache-control", Some(Code::BadHeader)),
        ("a b", Some(Code::BadHeader)),
        ("\"close\"", Some(Code::BadHeader)),
    ] {
        let result = get("/", &[("host", "a"), ("connection", value)]);
        if let Ok(head) = &result {
            assert_eq!(head.facts.contains(Facts::NOMINATED), value.contains("private"), "{value}");
        }
        assert_eq!(code(result), want, "{value}");
    }
}

#[test]
fn upgrades() {
    let ask = |headers: &[(&str, &str)]| {
        let headers = [&[("host", "a")], headers].concat();
        get("/", &headers).map(|head| head.facts.contains(Facts::UPGRADE_ASKED)).map_err(|e| e.code())
    };
    let connection = ("connection", "keep-alive, Upgrade");
    let websocket = ("upgrade", "websocket");
    for (name, headers, want) in [
        ("WebSocket", vec![connection, websocket], Ok(true)),
        ("not announced", vec![websocket], Ok(false)),
        ("nothing to upgrade to", vec![connection], Ok(false)),
        ("h2c", vec![connection, ("upgrade", "h2c")], Ok(false)),
        ("h2c in a list", vec![connection, ("upgrade", "websocket, H2C")], Ok(false)),
        ("h2c in a second field", vec![connection, websocket, ("upgrade", "h2c")], Ok(false)),
        ("HTTP itself", vec![connection, ("upgrade", "HTTP/2.0")], Ok(false)),
        ("twice", vec![connection, websocket, websocket], Ok(false)),
        ("with content", vec![connection, websocket, ("content-length", "1")], Ok(false)),
        ("with no content", vec![connection, websocket, ("content-length", "0")], Ok(true)),
        ("chunked", vec![connection, websocket, ("transfer-encoding", "chunked")], Ok(false)),
        ("malformed", vec![connection, ("upgrade", "web socket")], Err(Code::BadHeader)),
        ("empty", vec![connection, ("upgrade", "")], Err(Code::BadHeader)),
    ] {
        assert_eq!(ask(&headers), want, "{name}");
    }
}

#[test]
fn expectations_and_types() {
    let one = |name: &str, value: &str| get("/", &[("host", "a"), (name, value)]);
    assert!(one("expect", "100-Continue").unwrap().facts.contains(Facts::EXPECT));
    assert_eq!(code(one("expect", "200-ok")), Some(Code::ExpectationFailed));
    for (value, grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("Application/gRPC; charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/json", false),
    ] {
        assert_eq!(one("content-type", value).unwrap().facts.contains(Facts::GRPC), grpc, "{value}");
    }
}

proptest! {
    /// Whatever a field holds: a host that passes is lower-case, plain, and its own normal form.
    #[test]
    fn a_host_that_passes_is_plain(text in prop_oneof!["[a-zA-Z0-9.:_\\[\\]-]{0,20}", "[ -~]{0,12}"]) {
        let Some(host) = HeaderValue::from_str(&text).ok().and_then(|value| HostName::parse(&value)) else {
            return Ok(());
        };
        let name = host.name();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.:[]".contains(&byte);
        prop_assert!(!name.is_empty() && name.bytes().all(plain), "{:?} from {:?}", name, text);
        prop_assert!(!name.ends_with('.') && !name.contains(".."), "{:?} from {:?}", name, text);
        let again = HostName::parse(&HeaderValue::from_str(name).unwrap());
        prop_assert_eq!(again.map(|host| host.name().to_owned()), Some(name.to_owned()));
    }

    /// Whatever the fields hold: a request that passes has one host and at most one kind of length.
    #[test]
    fn a_request_that_passes_is_unambiguous(
        fields in prop::collection::vec(
            (
                prop_oneof![
                    Just("host"), Just("connection"), Just("upgrade"), Just("transfer-encoding"),
                    Just("content-length"), Just("te"), Just("expect"), Just("x-forwarded-for"), Just("x_y"),
                ],
                prop_oneof![
                    Just("a"), Just("chunked"), Just("5"), Just("close, upgrade"), Just("websocket"), Just("h2c"),
                    Just("x-y, te"), Just("100-continue"), Just(", ,"), Just(""),
                ],
            ),
            0..6,
        ),
    ) {
        if let Ok(head) = get("/", &fields) {
            let count = |name: &str| fields.iter().filter(|(field, _)| *field == name).count();
            prop_assert_eq!(count("host"), 1);
            prop_assert!(count("transfer-encoding") + count("content-length") <= 1);
            let upgrades = head.facts.contains(Facts::UPGRADE_ASKED);
            prop_assert!(!upgrades || count("transfer-encoding") == 0 && count("upgrade") == 1);
        }
    }
}
