//! The loader of YAML and the compiler behind it.

use corten_fuzz::{Campaign, targets::yaml};

const PIECES: &[&[u8]] = &[
    b"---\n",
    b"&a ",
    b"*a",
    b"<<: ",
    b"|\n",
    b">-\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"null",
    b"~",
    b"''",
    b"\"\\u0000\"",
    b"!!binary ",
    b"%YAML 1.1\n",
    b"999999999999999999999",
    b"-1",
    b"1e400",
    b".nan",
    b"true",
    b"kind: List\nitems:\n",
    b"kind: HTTPRoute\n",
    b"apiVersion: v1\n",
    b"metadata:\n",
    b"\t",
    b"\r\n",
    b"*.",
    b"(?",
    b"\xef\xbb\xbf",
];

#[test]
fn files() {
    // Each input is loaded and compiled twice, so a tenth of the usual number.
    let report = Campaign::new("yaml").seeds(yaml::golden()).dictionary(PIECES).one_in(10).run(yaml::file);
    for (what, sign) in [
        ("text that is refused", "mistakes: 2"),
        ("objects with notes", "notes: 2"),
        ("a configuration that can be served", "parts: 4"),
        ("nothing", "objects: 0, mistakes: 0"),
    ] {
        let outcomes = &report.outcomes;
        assert!(
            outcomes.iter().any(|outcome| outcome.contains(sign)),
            "{what} was not reached: {outcomes:?}"
        );
    }
}
