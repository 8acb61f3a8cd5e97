//! What the gateway says itself: 404, 500, 503, and how.

use corten_test_support::{Backend, Gateway, Response, h2, yaml};

#[track_caller]
fn is_problem(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    let problem = response.json();
    assert_eq!(problem["status"], status);
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    assert!(problem["instance"].as_str().is_some_and(|id| id.len() >= 16), "no request id: {problem}");
}

#[test]
fn no_route_is_404() {
    let (gateway, _backends) = crate::named(&["app"], &yaml::prefix_rule("/only", "app"));
    let mut client = gateway.client();
    is_problem(&client.get("h", "/other"), 404);
    assert_eq!(client.get("h", "/only").status, 200, "the connection stays open");
}

#[test]
fn no_such_service_is_500_and_no_endpoint_503() {
    let rules = yaml::prefix_rule("/missing", "missing") + &yaml::prefix_rule("/empty", "empty");
    let gateway = Gateway::builder().service("empty", &[]).route("app", &[], &rules).start();
    is_problem(&gateway.get("h", "/missing"), 500);
    is_problem(&gateway.get("h", "/empty"), 503);
}

#[test]
fn a_backend_that_is_away_is_503() {
    let backend = Backend::named("a");
    let gateway = Gateway::to(&backend);
    backend.stop();
    is_problem(&gateway.get("h", "/"), 503);
}

#[test]
fn the_answer_to_head_has_no_body() {
    let (gateway, _backends) = crate::named(&["app"], &yaml::prefix_rule("/only", "app"));
    let mut client = gateway.client();
    let response = client.request("HEAD /other HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((response.status, response.body.len()), (404, 0));
    assert_eq!(client.get("h", "/only").status, 200);
}

/// A gRPC client gets a gRPC status: the HTTP status is 200.
#[test]
fn grpc_is_answered_in_its_own_way() {
    let (gateway, _backends) = crate::named(&["app"], &yaml::prefix_rule("/only", "app"));
    let mut connection = h2::Connection::connect(gateway.http());
    let fields = [("content-type", "application/grpc"), ("te", "trailers")];
    let block = h2::request_block("POST", "h", "/pkg.Service/Method", &fields);
    connection.frame(h2::kind::HEADERS, h2::flag::END_HEADERS | h2::flag::END_STREAM, 1, &block).unwrap();
    let frame = connection.receive_until(|f| f.kind == h2::kind::HEADERS).unwrap();
    assert_eq!(frame.status(), Some(200));
    assert_ne!(frame.flags & h2::flag::END_STREAM, 0, "trailers only");
}

/// The id that a client sees is the one that the backend saw.
#[test]
fn the_request_id_reaches_the_backend() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    let ids: Vec<_> = (0..20)
        .map(|_| {
            client.get("h", "/");
            backend.last().header("x-request-id").unwrap().to_owned()
        })
        .collect();
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}
