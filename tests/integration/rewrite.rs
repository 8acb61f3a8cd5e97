//! URLRewrite: the host and both forms of the path.

use corten_test_support::{Backend, Gateway};

/// What the backend sees of a request for `path` on `shop.test`: its target and host.
fn seen(rewrite: &str, prefix: &str, path: &str) -> (String, String) {
    let backend = Backend::echo();
    let rule = format!(
        "- matches: [{{path: {{type: PathPrefix, value: {prefix}}}}}]\n  filters:\n  \
         - {{type: URLRewrite, urlRewrite: {rewrite}}}\n  backendRefs: [{{name: app, port: 80}}]\n"
    );
    let gateway = Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).start();
    assert_eq!(gateway.get("shop.test", path).status, 200);
    let record = backend.last();
    (record.target.clone(), record.header("host").unwrap().to_owned())
}

#[test]
fn the_host() {
    assert_eq!(seen("{hostname: inner.test}", "/", "/a?q=1"), ("/a?q=1".to_owned(), "inner.test".to_owned()));
}

#[test]
fn the_whole_path() {
    let rewrite = "{path: {type: ReplaceFullPath, replaceFullPath: /one}}";
    assert_eq!(seen(rewrite, "/", "/a/b?q=1"), ("/one?q=1".to_owned(), "shop.test".to_owned()));
}

/// The table of HTTPPathModifier, `replacePrefixMatch`.
#[test]
fn the_matched_prefix() {
    for (prefix, to, path, expected) in [
        ("/foo", "/xyz", "/foo/bar", "/xyz/bar"),
        ("/foo", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo", "/xyz", "/foo", "/xyz"),
        ("/foo", "/xyz", "/foo/", "/xyz/"),
        ("/foo", "/", "/foo/bar", "/bar"),
        ("/foo", "/", "/foo/", "/"),
        ("/foo", "/", "/foo", "/"),
        ("/foo", "/", "/foo?q=1", "/?q=1"),
    ] {
        let rewrite = format!("{{path: {{type: ReplacePrefixMatch, replacePrefixMatch: {to}}}}}");
        assert_eq!(seen(&rewrite, prefix, path).0, expected, "{prefix} to {to}: {path}");
    }
}
