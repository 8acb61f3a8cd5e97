use super::*;
use crate::filter::BuildError;
use corten_snapshot::OriginMatch;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// The first route of the conformance test.
fn config() -> corten_snapshot::Cors {
    corten_snapshot::Cors {
        allow_origins: vec![
            OriginMatch::Exact("https://www.foo.com".to_owned()),
            OriginMatch::Wildcard { scheme: "https://".to_owned(), suffix: ".bar.com".to_owned() },
        ],
        allow_methods: names(&["GET", "OPTIONS"]),
        allow_headers: names(&["x-header-1", "x-header-2"]),
        expose_headers: names(&["x-header-3", "x-header-4"]),
        allow_credentials: true,
        max_age: 3600,
    }
}

/// Everything is allowed.
fn open(allow_credentials: bool) -> corten_snapshot::Cors {
    corten_snapshot::Cors {
        allow_origins: vec![OriginMatch::Any],
        allow_methods: names(&["*"]),
        allow_headers: names(&["*"]),
        expose_headers: names(&["*"]),
        allow_credentials,
        max_age: 5,
    }
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn preflight(config: &corten_snapshot::Cors, lines: &[(&'static str, &str)]) -> HeaderMap {
    let response = Cors::build(config).unwrap().preflight(&Method::OPTIONS, &headers(lines)).unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(response.body().is_empty());
    response.into_parts().0.headers
}

/// The response headers of a request from `origin`, given the backend's.
fn actual(
    config: &corten_snapshot::Cors,
    origin: Option<&str>,
    backend: &[(&'static str, &str)],
) -> HeaderMap {
    let cors = Cors::build(config).unwrap();
    let request = origin.map(|origin| headers(&[("origin", origin)])).unwrap_or_default();
    let mut response = headers(backend);
    cors.apply(&mut response, cors.allowed_origin(&request).as_ref());
    response
}

fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    assert!(headers.get_all(name).iter().count() <= 1, "{name} once");
    headers.get(name).map(|value| value.to_str().unwrap())
}

const ALL: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-allow-credentials",
];

#[test]
fn a_preflight_of_an_allowed_origin_is_told_everything() {
    for origin in ["https://www.foo.com", "https://www.bar.com", "https://xpto.www.bar.com"] {
        let answer = preflight(
            &config(),
            &[
                ("origin", origin),
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", "x-header-1, x-header-2"),
            ],
        );
        let values = ALL.map(|name| get(&answer, name).unwrap());
        let lists = ["GET, OPTIONS", "x-header-1, x-header-2", "x-header-3, x-header-4"];
        assert_eq!(values, [origin, lists[0], lists[1], lists[2], "3600", "true"]);
        assert!(get(&answer, "vary").unwrap().starts_with("Origin, "));
    }
}

#[test]
fn a_preflight_of_another_origin_is_told_nothing() {
    for origin in ["https://foobar.com", "http://www.foo.com", "https://www.foo.com.evil", "null", ""] {
        let answer = preflight(&config(), &[("origin", origin), ("access-control-request-method", "GET")]);
        assert_eq!(ALL.map(|name| get(&answer, name)), [None; 6], "{origin}");
        assert!(answer.contains_key("vary"));
    }
}

#[test]
fn what_is_no_preflight_goes_on() {
    let cors = Cors::build(&config()).unwrap();
    let origin = ("origin", "https://www.foo.com");
    let method = ("access-control-request-method", "GET");
    assert!(cors.preflight(&Method::OPTIONS, &headers(&[origin])).is_none(), "OPTIONS as such");
    assert!(cors.preflight(&Method::OPTIONS, &headers(&[method])).is_none(), "no origin");
    assert!(cors.preflight(&Method::GET, &headers(&[origin, method])).is_none(), "another method");
    assert!(cors.preflight(&Method::OPTIONS, &headers(&[origin, method])).is_some());
}

#[test]
fn lists_that_are_empty_are_not_sent() {
    let config = corten_snapshot::Cors {
        allow_methods: vec![],
        allow_headers: vec![],
        expose_headers: vec![],
        allow_credentials: false,
        ..config()
    };
    let lines = [("origin", "https://www.foo.com"), ("access-control-request-method", "POST")];
    let answer = preflight(&config, &lines);
    assert_eq!(
        ALL.map(|name| get(&answer, name)),
        [Some("https://www.foo.com"), None, None, None, Some("3600"), None]
    );
}

#[test]
fn a_star_becomes_what_was_asked_for() {
    let asked = [
        ("origin", "https://other.foo.com"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-header-1, authorization"),
    ];
    let with = preflight(&open(true), &asked);
    let answer = ALL.map(|name| get(&with, name));
    let lists = (Some("PUT"), Some("x-header-1, authorization"));
    assert_eq!(answer, [Some("https://other.foo.com"), lists.0, lists.1, None, Some("5"), Some("true")]);
    let without = preflight(&open(false), &asked);
    let answer = ALL.map(|name| get(&without, name));
    assert_eq!(answer, [Some("*"), lists.0, lists.1, Some("*"), Some("5"), None]);
}

#[test]
fn a_star_for_headers_that_were_not_asked_for() {
    let asked = [("origin", "https://a.b"), ("access-control-request-method", "PUT")];
    assert_eq!(get(&preflight(&open(true), &asked), "access-control-allow-headers"), None);
    assert_eq!(get(&preflight(&open(false), &asked), "access-control-allow-headers"), Some("*"));
}

#[test]
fn an_actual_request_of_an_allowed_origin_may_be_read() {
    let answer = actual(&config(), Some("https://www.bar.com"), &[("content-type", "text/plain")]);
    let values = ALL.map(|name| get(&answer, name));
    let expose = Some("x-header-3, x-header-4");
    assert_eq!(values, [Some("https://www.bar.com"), None, None, expose, None, Some("true")]);
    assert_eq!(get(&answer, "vary"), Some("Origin"));
    assert_eq!(get(&answer, "content-type"), Some("text/plain"));
}

#[test]
fn the_backends_own_word_is_dropped_for_every_origin() {
    let backend = ALL.map(|name| (name, "*"));
    let answer = actual(&config(), Some("https://foobar.com"), &backend);
    assert_eq!(ALL.map(|name| get(&answer, name)), [None; 6]);
    let answer = actual(&config(), Some("https://www.foo.com"), &backend);
    assert_eq!(get(&answer, "access-control-allow-origin"), Some("https://www.foo.com"));
    assert_eq!(get(&answer, "access-control-max-age"), None);
}

#[test]
fn caches_are_told_that_the_answer_depends_on_the_origin() {
    let vary = |config: &_, origin, backend: &[(&'static str, &str)]| {
        let answer = actual(config, origin, backend);
        answer.get_all("vary").iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(vary(&config(), None, &[]), "Origin", "also without an origin");
    assert_eq!(vary(&config(), Some("https://foobar.com"), &[]), "Origin", "also for another origin");
    assert_eq!(vary(&config(), None, &[("vary", "Accept")]), "Accept; Origin");
    assert_eq!(vary(&config(), None, &[("vary", "Accept, ORIGIN")]), "Accept, ORIGIN");
    assert_eq!(vary(&config(), None, &[("vary", "*")]), "*");
    assert_eq!(vary(&open(true), None, &[]), "Origin");
    assert_eq!(vary(&open(false), None, &[]), "", "the same for all");
}

#[test]
fn any_origin_without_credentials_is_a_star_for_everybody() {
    for origin in [Some("https://foobar.com:12345"), Some("null"), None] {
        let answer = actual(&open(false), origin, &[]);
        assert_eq!(get(&answer, "access-control-allow-origin"), Some("*"));
        assert_eq!(get(&answer, "access-control-expose-headers"), Some("*"));
        assert_eq!(get(&answer, "access-control-allow-credentials"), None);
    }
}

#[test]
fn any_origin_with_credentials_is_the_requests_own() {
    let answer = actual(&open(true), Some("https://other.foo.com"), &[]);
    assert_eq!(get(&answer, "access-control-allow-origin"), Some("https://other.foo.com"));
    assert_eq!(get(&answer, "access-control-allow-credentials"), Some("true"));
    assert_eq!(get(&actual(&open(true), None, &[]), "access-control-allow-origin"), None);
}

#[test]
fn with_credentials_a_star_exposes_the_names_that_are_there() {
    let backend = [("x-a", "1"), ("set-cookie", "s=1"), ("x-b", "2"), ("x-b", "3")];
    let answer = actual(&open(true), Some("https://a.b"), &backend);
    let mut names: Vec<_> = get(&answer, "access-control-expose-headers").unwrap().split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, ["vary", "x-a", "x-b"]);
}

#[test]
fn origins_are_compared_byte_for_byte_but_for_the_assumed_port() {
    let exact = |text: &str| OriginMatch::Exact(text.to_owned());
    let wild = |scheme: &str, suffix: &str| OriginMatch::Wildcard {
        scheme: scheme.to_owned(),
        suffix: suffix.to_owned(),
    };
    for (allowed, origin, expected) in [
        (exact("https://a.b"), "https://a.b", true),
        (exact("https://a.b"), "https://A.b", false),
        (exact("https://a.b"), "https://a.b:443", true),
        (exact("https://a.b:443"), "https://a.b", true),
        (exact("http://a.b:80"), "http://a.b", true),
        (exact("http://a.b"), "http://a.b:443", false),
        (exact("https://a.b"), "https://a.b:8443", false),
        (exact("https://a.b:8443"), "https://a.b:8443", true),
        (exact("https://a.b"), "https://a.b/", false),
        (wild("https://", ".b.c"), "https://a.b.c", true),
        (wild("https://", ".b.c"), "https://x.a.b.c", true),
        (wild("https://", ".b.c"), "https://b.c", false),
        (wild("https://", ".b.c"), "https://.b.c", false),
        (wild("https://", ".b.c"), "http://a.b.c", false),
        (wild("https://", ".b.c"), "https://evil.d/.b.c", false),
        (wild("https://", ".b.c"), "https://evil.d:1@x.b.c", false),
        (wild("https://", ".b.c"), "https://a.b.c:8443", false),
        (wild("https://", ".b.c:8443"), "https://a.b.c:8443", true),
        (wild("https://", ".b.c:443"), "https://a.b.c", true),
        (wild("http://", ""), "http://whatever.example", true),
        (wild("http://", ""), "http://whatever.example:8080", false),
    ] {
        let config = corten_snapshot::Cors { allow_origins: vec![allowed.clone()], ..config() };
        let answer = actual(&config, Some(origin), &[]);
        assert_eq!(answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), expected, "{allowed:?} {origin}");
    }
}

#[test]
fn two_origins_are_none() {
    let cors = Cors::build(&config()).unwrap();
    let request = headers(&[("origin", "https://www.foo.com"), ("origin", "https://www.foo.com")]);
    assert_eq!(cors.allowed_origin(&request), None);
}

#[test]
fn bad_names_are_refused() {
    let bad = corten_snapshot::Cors { allow_methods: names(&["GET", "NO WAY"]), ..config() };
    assert_eq!(Cors::build(&bad).unwrap_err(), BuildError::Method("NO WAY".to_owned()));
    let bad = corten_snapshot::Cors { allow_headers: names(&["a\r\nb"]), ..config() };
    assert_eq!(Cors::build(&bad).unwrap_err(), BuildError::HeaderName("a\r\nb".to_owned()));
    let bad = corten_snapshot::Cors { expose_headers: names(&["a,b"]), ..config() };
    assert_eq!(Cors::build(&bad).unwrap_err(), BuildError::HeaderName("a,b".to_owned()));
}
