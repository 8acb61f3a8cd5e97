//! Request smuggling: whatever two readers could frame differently is a 400 on a closed connection, and
//! never reaches the backend re-framed (CVE-2025-4366, CVE-2026-2835; RFC 9112, sections 6 and 11.2).

use crate::Target;

macro_rules! refused {
    ($($name:ident: $bytes:expr;)*) => {
        $(#[test]
        fn $name() {
            Target::start().refuses($bytes, 400);
        })*
    };
}

refused! {
    length_and_coding: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    coding_and_length: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n";
    two_lengths_that_differ: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    a_list_of_lengths_that_differ: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\nab";
    a_negative_length: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n";
    a_length_with_a_sign: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nok";
    a_length_with_a_fraction: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2.0\r\n\r\nok";
    a_hexadecimal_length: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\nok";
    an_empty_length: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n";
    a_length_beyond_64_bits: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\n";
    an_unknown_coding: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n";
    chunked_is_not_last: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n";
    chunked_twice: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n";
    a_coding_split_over_two_fields: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n";
    a_coding_behind_a_vertical_tab: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n";
    a_space_before_the_colon: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n";
    a_folded_coding: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n";
    coding_in_http_1_0: "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    a_folded_field: "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n X-B: 2\r\n\r\n";
    a_bare_cr_in_a_value: "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\rTransfer-Encoding: chunked\r\n\r\n";
    a_bare_cr_in_a_name: "GET / HTTP/1.1\r\nHost: h\r\nX\r-A: 1\r\n\r\n";
    a_nul_in_a_value: "GET / HTTP/1.1\r\nHost: h\r\nX-A: a\0b\r\n\r\n";
    a_field_without_a_name: "GET / HTTP/1.1\r\nHost: h\r\n: 1\r\n\r\n";
    a_field_without_a_colon: "GET / HTTP/1.1\r\nHost: h\r\nX-A\r\n\r\n";
    no_host: "GET / HTTP/1.1\r\nX-A: 1\r\n\r\n";
    two_hosts: "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n";
    a_host_with_a_path: "GET / HTTP/1.1\r\nHost: h/admin\r\n\r\n";
    a_host_with_user_information: "GET / HTTP/1.1\r\nHost: user@h\r\n\r\n";
    a_host_against_the_target: "GET http://other.test/ HTTP/1.1\r\nHost: h\r\n\r\n";
    an_unknown_version: "GET / HTTP/2.7\r\nHost: h\r\n\r\n";
    a_target_with_a_space: "GET /a /b HTTP/1.1\r\nHost: h\r\n\r\n";
    a_method_that_is_no_token: "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n";
}

/// What the client sends after a head that is fine, in a chunked body that is not.
#[track_caller]
fn breaks_the_body(chunks: &str) {
    let target = Target::start();
    let mut client = target.gateway.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
    if let Ok(response) = client.read_response(false) {
        assert_eq!(response.status, 400, "{}", response.text());
        assert!(client.is_closed(), "the connection stays open");
    }
    target.serves_others();
    let whole: Vec<_> = target.backend.records().into_iter().filter(|r| r.target != "/others").collect();
    assert!(whole.is_empty(), "the backend got a whole request: {whole:?}");
}

#[test]
fn a_chunk_size_that_is_no_number() {
    breaks_the_body("zz\r\nok\r\n0\r\n\r\n");
}

#[test]
fn a_chunk_size_with_a_sign() {
    breaks_the_body("-2\r\nok\r\n0\r\n\r\n");
}

#[test]
fn a_chunk_size_in_c_notation() {
    breaks_the_body("0x2\r\nok\r\n0\r\n\r\n");
}

#[test]
fn a_chunk_size_beyond_64_bits() {
    breaks_the_body("10000000000000002\r\nok\r\n0\r\n\r\n");
}

#[test]
fn a_chunk_longer_than_its_size() {
    breaks_the_body("2\r\nokay\r\n0\r\n\r\n");
}

#[test]
fn a_chunk_that_ends_in_a_bare_lf() {
    breaks_the_body("2\r\nok\n0\r\n\r\n");
}

#[test]
fn a_chunk_extension_with_a_line_feed() {
    breaks_the_body("2;a\nb\r\nok\r\n0\r\n\r\n");
}

#[test]
fn endless_chunk_extensions() {
    breaks_the_body(&format!("2;{}\r\nok\r\n0\r\n\r\n", "x".repeat(1 << 20)));
}

/// The body of one request is never read as the next one.
#[test]
fn a_request_inside_a_body_stays_a_body() {
    let target = Target::start();
    let inner = "GET /inner HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut client = target.gateway.client();
    client.send(format!("POST /outer HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{inner}", inner.len()));
    assert_eq!(client.response().text(), inner);
    assert_eq!(client.get("h", "/next").status, 200);
    let targets: Vec<_> = target.backend.records().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["/outer", "/next"]);
}

/// Equal lengths given twice, or in a list, are one length (RFC 9110, section 8.6): either they are refused,
/// or one length goes on.
#[test]
fn equal_lengths_go_on_as_one_or_not_at_all() {
    for field in ["Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2, 2"] {
        let target = Target::start();
        let mut client = target.gateway.client();
        let response = client.request(&format!("POST / HTTP/1.1\r\nHost: h\r\n{field}\r\n\r\nok"));
        match response.status {
            200 => assert_eq!(target.backend.last().headers("content-length"), ["2"]),
            status => assert_eq!((status, target.backend.count()), (400, 0)),
        }
    }
}

/// A chunked body goes on with exactly one framing, and pipelined requests stay apart.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let target = Target::start();
    let mut client = target.gateway.client();
    client.send(
        "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\none\r\n0\r\n\r\n\
         POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo",
    );
    assert_eq!(client.response().text(), "one");
    assert_eq!(client.response().text(), "two");
    for record in target.backend.records() {
        let framings = record.headers("content-length").len() + record.headers("transfer-encoding").len();
        assert_eq!(framings, 1, "{}", record.head);
        assert!(!record.head.contains("ext=1"));
    }
}

/// Limits on the head: 431 and 414, closed, and nothing goes on.
#[test]
fn a_head_beyond_its_limits_is_refused() {
    let target = Target::with_policy("limits: {headerCount: 20, headerBytes: 8192, uriBytes: 1024}");
    let many: String = (0..30).map(|i| format!("x-{i}: 1\r\n")).collect();
    target.refuses(format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431);
    target.refuses(format!("GET / HTTP/1.1\r\nHost: h\r\nx-long: {}\r\n\r\n", "a".repeat(9000)), 431);
    target.refuses(format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(2000)), 414);
}

/// A body beyond its limit is a 413 whether its length was said or not.
#[test]
fn a_body_beyond_its_limit_is_refused() {
    let target = Target::with_policy("limits: {bodyBytes: 1000}");
    let body = "a".repeat(2000);
    target.refuses(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n{body}"), 413);
    let mut client = target.gateway.client();
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n{body}\r\n0\r\n\r\n"
    ));
    assert_eq!(client.response().status, 413);
    assert!(client.is_closed());
}
