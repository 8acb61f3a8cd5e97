use super::Framing;
use proptest::prelude::*;

/// Whether any piece of `text`, cut at `cuts`, is found to end a section with both fields.
fn fed(text: &str, cuts: &[usize]) -> bool {
    let mut framing = Framing::default();
    let mut from = 0;
    let mut found = false;
    for cut in cuts.iter().copied().chain([text.len()]) {
        found |= framing.feed(&text.as_bytes()[from..cut]);
        from = cut;
    }
    found
}

const BOTH: &[(&str, &str)] = &[
    ("length first", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("coding first", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nContent-Length: 4\r\n\r\n"),
    ("any case", "POST / HTTP/1.1\r\ntransfer-ENCODING:chunked\r\ncONTENT-lENGTH:4\r\n\r\n"),
    ("bare line feeds", "POST / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 4\n\n"),
    ("malformed length", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n"),
    ("empty values", "POST / HTTP/1.1\r\nTransfer-Encoding:\r\nContent-Length:\r\n\r\n"),
    (
        "in the second of two requests",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        "after a body",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
];

const NOT_BOTH: &[(&str, &str)] = &[
    ("length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"),
    ("coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
    (
        "one each, one after the other",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "one each, the other way round",
        "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\r\n\r\nPOST / HTTP/1.1\nContent-Length: 1\n\na",
    ),
    (
        "a part of a chunked form has a length",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n--b\r\nContent-Length: 1\r\n\r\na\r\n--b--",
    ),
    ("longer names", "POST / HTTP/1.1\r\nX-Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"),
    ("longer names behind", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length-X: 4\r\n\r\n"),
    ("in a value", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: Content-Length: 4\r\n\r\n"),
    ("in the target", "GET /content-length:4 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
];

#[test]
fn both_in_one_section_are_found_wherever_the_bytes_are_cut() {
    for (cases, want) in [(BOTH, true), (NOT_BOTH, false)] {
        for (name, text) in cases {
            assert_eq!(fed(text, &[]), want, "{name}");
            let all: Vec<usize> = (1..text.len()).collect();
            assert_eq!(fed(text, &all), want, "{name}, byte by byte");
            for cut in 1..text.len() {
                assert_eq!(fed(text, &[cut]), want, "{name}, cut at {cut}");
            }
        }
    }
}

#[test]
fn a_new_connection_costs_a_few_bytes() {
    assert!(size_of::<Framing>() <= 24, "{}", size_of::<Framing>());
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        lines in prop::collection::vec(prop_oneof![
            Just("Content-Length: 1\r\n"), Just("Transfer-Encoding: chunked\r\n"), Just("\r\n"), Just("\n"),
            Just("X-Y: 1\r\n"), Just("POST / HTTP/1.1\r\n"), Just("-"), Just("a"),
        ], 0..12),
        cuts in prop::collection::vec(0usize..400, 0..6),
    ) {
        let text = lines.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(fed(&text, &cuts), fed(&text, &[]));
    }
}
