use super::{Code, Error, Fault, RequestFacts, Retry, response};
use crate::normalize::{PathError, path};
use corten_snapshot::PathNormalization;
use http::{HeaderValue, StatusCode};
use std::collections::HashSet;

fn json(error: &Error, facts: RequestFacts<'_>) -> serde_json::Value {
    serde_json::from_slice(response(error, facts).body()).expect("valid JSON")
}

#[test]
fn a_problem_document_has_the_members_of_rfc_9457() {
    let id = HeaderValue::from_static("0af7651916cd43dd8448eb211c80319c");
    let facts = RequestFacts { request_id: Some(&id), http1: true, ..RequestFacts::default() };
    let response = response(&Error::new(Code::NoRoute), facts);
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(!response.headers().contains_key("connection"), "a 404 keeps the connection");
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "type": "about:blank", "title": "Not Found", "status": 404,
            "detail": "Nothing is served here.", "instance": "0af7651916cd43dd8448eb211c80319c",
        })
    );
}

#[test]
fn every_code_makes_valid_json_and_hides_its_cause() {
    let mut names = HashSet::new();
    for &code in Code::ALL {
        assert!(names.insert(code.as_str()), "{code:?} shares its name");
        assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code:?}");
        let error = Error::new(code).cause("10.0.0.7:8080 said no");
        let body = json(&error, RequestFacts::default());
        assert_eq!(body["status"], error.status().as_u16(), "{code:?}");
        assert!(!body.to_string().contains("10.0.0.7"), "{code:?} tells its cause");
        assert!(error.status().is_client_error() || error.status().is_server_error(), "{code:?}");
        let client = error.status().is_client_error();
        assert_eq!(client, error.fault() == Fault::Client, "{code:?}: the status blames somebody else");
    }
}

#[test]
fn malformed_requests_close_the_connection() {
    for code in [
        Code::BadFraming,
        Code::BadHost,
        Code::BadTarget,
        Code::BadPath,
        Code::BadHeader,
        Code::MethodRefused,
        Code::UriTooLong,
        Code::HeadersTooLarge,
        Code::BodyTooLarge,
        Code::BodyTimeout,
    ] {
        let facts = RequestFacts { http1: true, ..RequestFacts::default() };
        assert_eq!(response(&code.into(), facts).headers()["connection"], "close", "{code:?}");
        let h2 = response(&code.into(), RequestFacts::default());
        assert!(!h2.headers().contains_key("connection"), "{code:?}: HTTP/2 has no Connection header");
    }
}

#[test]
fn grpc_clients_get_a_grpc_status() {
    let facts = RequestFacts { grpc: true, ..RequestFacts::default() };
    for (code, want) in [
        (Code::BadPath, "13"),
        (Code::NoRoute, "12"),
        (Code::NoEndpoints, "14"),
        (Code::UpstreamReset, "14"),
        (Code::RequestTimeout, "14"),
        (Code::Internal, "2"),
        (Code::BodyTooLarge, "2"),
    ] {
        let response = response(&code.into(), facts);
        assert_eq!(response.status(), StatusCode::OK, "{code:?}");
        assert_eq!(response.headers()["grpc-status"], want, "{code:?}");
        assert_eq!(response.headers()["content-type"], "application/grpc");
        assert!(response.body().is_empty(), "{code:?}: trailers only");
    }
}

#[test]
fn head_has_no_body() {
    let facts = RequestFacts { head: true, ..RequestFacts::default() };
    let response = response(&Code::NoRoute.into(), facts);
    assert!(response.body().is_empty());
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[test]
fn an_id_that_would_break_the_document_is_left_out() {
    let id = HeaderValue::from_static("a\"b");
    let facts = RequestFacts { request_id: Some(&id), ..RequestFacts::default() };
    assert_eq!(json(&Code::NoRoute.into(), facts).get("instance"), None);
}

#[test]
fn the_compilers_status_is_used_if_it_is_an_error() {
    for (given, want) in [(503, 503), (404, 404), (200, 500), (0, 500), (999, 500)] {
        let error = Error::new(Code::RuleInvalid).status_from(given);
        assert_eq!(error.status().as_u16(), want, "{given}");
    }
}

#[test]
fn only_what_no_upstream_has_seen_is_safe_to_send_again() {
    let safe: Vec<_> = Code::ALL.iter().filter(|&&code| Error::new(code).retry() == Retry::Safe).collect();
    let want = [
        &Code::ResolveFailed,
        &Code::ConnectFailed,
        &Code::ConnectTimeout,
        &Code::UpstreamTls,
        &Code::UpstreamRefused,
    ];
    assert_eq!(safe, want);
    assert_eq!(Error::new(Code::UpstreamReset).retry(), Retry::IfReused);
}

#[test]
fn a_path_error_says_what_is_wrong_with_the_path() {
    let error = Error::from(path("/a/..%00", &PathNormalization::default()).unwrap_err());
    assert_eq!(error.code(), Code::BadPath);
    assert_eq!(error.to_string(), format!("bad_path: {}", PathError::Control));
    assert_eq!(error.detail_text(), PathError::Control.to_string());
    assert_eq!(Error::new(Code::ConnectFailed).cause("refused").to_string(), "connect_failed: refused");
}

#[test]
fn overload_asks_to_come_back_and_405_says_what_is_allowed() {
    let overloaded = response(&Code::Overloaded.into(), RequestFacts::default());
    assert_eq!(overloaded.headers()["retry-after"], "1");
    let refused = response(&Code::MethodRefused.into(), RequestFacts::default());
    assert!(refused.headers()["allow"].to_str().unwrap().contains("GET"));
}
