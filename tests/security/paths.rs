//! Path normalisation and authorization: one form is matched and sent upstream, and what has no safe form is
//! a 400 (CVE-2026-73551, CVE-2025-66490, CVE-2026-48020, CVE-2026-40912).

use crate::Target;
use corten_test_support::{Backend, Gateway, yaml};

/// Two backends: one for `/admin`, one for the rest.
struct Guarded {
    gateway: Gateway,
    admin: Backend,
    open: Backend,
}

impl Guarded {
    fn start(policy: &str) -> Self {
        let (admin, open) = (Backend::named("admin"), Backend::named("open"));
        let rules = yaml::prefix_rule("/admin", "admin") + &yaml::prefix_rule("/", "open");
        let mut builder = Gateway::builder().service("admin", &[&admin]).service("open", &[&open]).route(
            "all",
            &[],
            &rules,
        );
        if !policy.is_empty() {
            builder = builder.policy(policy);
        }
        Self { gateway: builder.start(), admin, open }
    }

    /// Who answers a path, and the target that it saw.
    fn answer(&self, path: &str) -> (String, String) {
        let response = self.gateway.get("h", path);
        if response.status != 200 {
            return (response.status.to_string(), String::new());
        }
        let name = response.text();
        let record = if name == "admin" { self.admin.last() } else { self.open.last() };
        (name, record.target)
    }
}

/// What is asked for, who must answer, and what that one must see.
const ONE_FORM: &[(&str, &str, &str)] = &[
    ("/admin", "admin", "/admin"),
    ("/admin/", "admin", "/admin/"),
    ("//admin", "admin", "/admin"),
    ("/./admin", "admin", "/admin"),
    ("/a/../admin", "admin", "/admin"),
    ("/a/b/../../admin", "admin", "/admin"),
    ("/a/..//admin", "admin", "/admin"),
    ("/%61dmin", "admin", "/admin"),
    ("/a/%2e%2e/admin", "admin", "/admin"),
    ("/a/.%2E/admin", "admin", "/admin"),
    ("/%2e/admin", "admin", "/admin"),
    ("/admin/../open", "open", "/open"),
    ("/Admin", "open", "/Admin"),
    ("/administrator", "open", "/administrator"),
    ("/a%20b", "open", "/a%20b"),
    ("/%e4%bd%a0", "open", "/%E4%BD%A0"),
    ("/a?next=/../admin", "open", "/a?next=/../admin"),
    ("/a;x=1/b", "open", "/a;x=1/b"),
];

#[test]
fn the_form_that_is_matched_is_the_form_that_is_sent() {
    let guarded = Guarded::start("");
    for (path, name, target) in ONE_FORM {
        assert_eq!(guarded.answer(path), ((*name).to_owned(), (*target).to_owned()), "{path}");
    }
}

/// A path that reads differently here and there.
const NO_SAFE_FORM: &[&str] = &[
    "/%00",
    "/a%00/../admin",
    "/%0d%0aX-A:%201",
    "/%7f",
    "/a%2fadmin",
    "/a%2Fadmin",
    "/..%2fadmin",
    "/a%5cadmin",
    "/a\\admin",
    "/..\\admin",
    "/../admin",
    "/a/../../admin",
    "/%2e%2e/admin",
    "/a/..;/admin",
    "/a/..;x=1/admin",
    "/a/.;/admin",
    "/a/%2e%2e;/admin",
    "/%c0%ae%c0%ae/admin",
    "/%c0%afadmin",
    "/%",
    "/%2",
    "/%zz",
];

#[test]
fn what_has_no_safe_form_is_refused() {
    let guarded = Guarded::start("");
    for path in NO_SAFE_FORM {
        let mut client = guarded.gateway.client();
        let response = client.get("h", path);
        assert_eq!(response.status, 400, "{path}: {}", response.text());
        assert!(client.is_closed(), "{path}: the connection stays open");
    }
    assert_eq!((guarded.admin.count(), guarded.open.count()), (0, 0));
}

/// A fragment has no place in a request target (RFC 9112, section 3.2): refused, or cut off for all.
#[test]
fn a_fragment_never_goes_on() {
    let guarded = Guarded::start("");
    for path in ["/a#b", "/a#/../admin", "/a?q#b"] {
        let (name, target) = guarded.answer(path);
        assert!(name == "400" || (name == "open" && !target.contains('#')), "{path}: {name} saw {target}");
    }
}

#[test]
fn bytes_outside_of_a_uri_are_refused() {
    let target = Target::start();
    for path in [&b"/\xff"[..], b"/\xc3\xa4", b"/a\x01b", b"/a\tb"] {
        let bytes = [b"GET ", path, b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
        target.refuses(bytes, 400);
    }
}

/// By policy escaped slashes may be kept or decoded; both times one form is matched and sent.
#[test]
fn escaped_slashes_follow_the_policy() {
    let keep = Guarded::start("path: {escapedSlashes: Keep}");
    assert_eq!(keep.answer("/a%2fadmin"), ("open".to_owned(), "/a%2Fadmin".to_owned()));
    assert_eq!(keep.answer("/%2fadmin"), ("open".to_owned(), "/%2Fadmin".to_owned()));
    let decode = Guarded::start("path: {escapedSlashes: Decode}");
    assert_eq!(decode.answer("/%2fadmin"), ("admin".to_owned(), "/admin".to_owned()));
    assert_eq!(decode.answer("/a%2f..%2fadmin"), ("admin".to_owned(), "/admin".to_owned()));
}

/// The absolute form and the asterisk form of a target (RFC 9112, section 3.2).
#[test]
fn other_forms_of_the_target() {
    let guarded = Guarded::start("");
    let response = guarded.gateway.client().request("GET http://h/a/../admin HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((response.status, response.text().as_str()), (200, "admin"));
    assert_eq!(guarded.admin.last().target, "/admin");
    for line in ["GET *", "GET admin", "GET h:80", "GET ftp://h/"] {
        let response = guarded.gateway.client().request(&format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(response.status, 400, "{line}");
    }
}
