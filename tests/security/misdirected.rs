//! A TLS connection serves the names of its own listener and certificate, and no others: 421
//! (CVE-2025-66220; RFC 9110, section 15.5.20).

use corten_test_support::{Backend, Client, Gateway, h2, yaml};

fn two_listeners() -> (Gateway, Backend) {
    let backend = Backend::named("served");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .https("a", "a.test", &["a.test"])
        .https("b", "b.test", &["b.test"])
        .start();
    (gateway, backend)
}

#[test]
fn another_listeners_host_is_misdirected_over_http_1() {
    let (gateway, backend) = two_listeners();
    let mut client = Client::connect_tls(gateway.https(), gateway.authority(), "a.test").unwrap();
    assert_eq!(client.get("a.test", "/").text(), "served");
    assert_eq!(client.get("b.test", "/").status, 421);
    assert_eq!(client.get("B.TEST", "/").status, 421);
    assert_eq!(client.get(&format!("b.test:{}", gateway.https()), "/").status, 421);
    assert_eq!(client.get("a.test", "/again").text(), "served", "the connection still serves its own name");
    assert_eq!(backend.count(), 2);
}

#[test]
fn another_listeners_host_is_misdirected_over_http_2() {
    let (gateway, backend) = two_listeners();
    let mut connection = h2::Connection::connect_tls(gateway.https(), gateway.authority(), "a.test").unwrap();
    for (stream, authority, status) in [(1, "a.test", 200), (3, "b.test", 421), (5, "a.test", 200)] {
        connection.get(stream, authority, "/").unwrap();
        assert_eq!(connection.response(stream).unwrap().0, status, "{authority}");
    }
    assert_eq!(backend.count(), 2);
}

#[test]
fn a_name_that_no_listener_has_gets_no_answer_of_another() {
    let (gateway, backend) = two_listeners();
    if let Ok(mut client) = Client::connect_tls(gateway.https(), gateway.authority(), "c.test") {
        assert!(matches!(client.get("a.test", "/").status, 404 | 421));
    }
    assert_eq!(backend.count(), 0);
}
