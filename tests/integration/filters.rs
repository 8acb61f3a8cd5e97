//! Header filters of rules and of backendRefs.

use crate::filtered;
use corten_test_support::{Backend, Gateway, Reply};

#[test]
fn request_headers_are_set_added_and_removed() {
    let (gateway, backend) = filtered(
        "- type: RequestHeaderModifier\n  requestHeaderModifier:\n    set: [{name: X-Set, value: new}]\n    \
         add: [{name: x-add, value: more}]\n    remove: [X-Remove]\n",
    );
    gateway.client().request(
        "GET / HTTP/1.1\r\nHost: h\r\nx-set: old\r\nX-SET: older\r\nX-Add: first\r\nx-remove: 1\r\nX-Remove: 2\r\n\r\n",
    );
    let record = backend.last();
    assert_eq!(record.headers("x-set"), ["new"]);
    assert_eq!(record.headers("x-add").join(", "), "first, more");
    assert_eq!(record.header("x-remove"), None);
}

#[test]
fn response_headers_are_set_added_and_removed() {
    let backend = Backend::start(|_| {
        Reply::text("ok").header("x-set", "old").header("x-add", "first").header("server", "x")
    });
    let rule = "- filters:\n  - type: ResponseHeaderModifier\n    responseHeaderModifier:\n      set: [{name: X-Set, value: new}]\n      \
                add: [{name: x-add, value: more}]\n      remove: [Server]\n  backendRefs: [{name: app, port: 80}]\n";
    let gateway = Gateway::builder().service("app", &[&backend]).route("app", &[], rule).start();
    let response = gateway.get("h", "/");
    assert_eq!(response.header("x-set"), Some("new"));
    let added: Vec<_> =
        response.headers.iter().filter(|(n, _)| n == "x-add").map(|(_, v)| v.as_str()).collect();
    assert_eq!(added.join(", "), "first, more");
    assert_eq!(response.header("server"), None);
}

/// Filters on a backendRef apply to requests of that one alone.
#[test]
fn filters_of_a_backend_ref() {
    let (one, two) = (Backend::echo(), Backend::echo());
    let set = |value: &str| {
        format!(
            "    filters:\n    - type: RequestHeaderModifier\n      requestHeaderModifier: {{set: [{{name: x-for, value: {value}}}]}}\n    \
             - type: ResponseHeaderModifier\n      responseHeaderModifier: {{set: [{{name: x-from, value: {value}}}]}}\n"
        )
    };
    let rule = format!(
        "- backendRefs:\n  - name: one\n    port: 80\n{}  - name: two\n    port: 80\n{}",
        set("one"),
        set("two")
    );
    let gateway =
        Gateway::builder().service("one", &[&one]).service("two", &[&two]).route("app", &[], &rule).start();
    let mut client = gateway.client();
    let mut from: Vec<_> =
        (0..60).map(|_| client.get("h", "/").header("x-from").unwrap().to_owned()).collect();
    assert!(one.records().iter().all(|r| r.headers("x-for") == ["one"]));
    assert!(two.records().iter().all(|r| r.headers("x-for") == ["two"]));
    from.sort();
    from.dedup();
    assert_eq!(from, ["one", "two"]);
}
