//! Backends that go, come back, and close connections that lie in the pool.

use corten_test_support::load::Load;
use corten_test_support::{Backend, Gateway, Reply, eventually, yaml};

/// A connection that the backend closed while it lay idle is no failure of the next request, whatever
/// its method: nothing of it was read.
#[test]
fn a_dead_pooled_connection_is_replaced_unseen() {
    let backend = Backend::echo();
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    for turn in 0..100 {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n{turn:03}");
        let response = client.request(&request);
        assert_eq!((response.status, response.text()), (200, format!("{turn:03}")));
        backend.drop_connections();
    }
    assert_eq!(backend.count(), 100, "no request arrived twice");
}

/// With another endpoint, one that refuses is passed over.
#[test]
fn an_endpoint_that_refuses_is_passed_over() {
    let (up, down) = (Backend::named("up"), Backend::named("down"));
    let gateway = Gateway::builder()
        .service("app", &[&up, &down])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .start();
    let mut client = gateway.client();
    down.stop();
    for _ in 0..100 {
        let response = client.get("h", "/");
        assert_eq!((response.status, response.text().as_str()), (200, "up"));
    }
}

/// A backend that restarts answers again, on the clients' same connections.
#[test]
fn a_backend_that_comes_back_is_used_again() {
    let backend = Backend::named("before");
    let gateway = Gateway::to(&backend);
    let mut client = gateway.client();
    for _ in 0..5 {
        assert_eq!(client.get("h", "/").text(), "before");
    }
    let port = backend.port();
    backend.stop();
    assert_eq!(client.get("h", "/").status, 503, "away");
    let again = Backend::start_at(port, |_| Reply::text("after"));
    eventually("the backend again", || client.get("h", "/").text() == "after");
    drop(again);
}

/// Endpoints come and go while clients ask: none of them notices.
#[test]
fn endpoints_are_swapped_under_load() {
    let backends: Vec<_> = ["a", "b", "c"].iter().map(|name| Backend::named(name)).collect();
    let gateway = Gateway::builder()
        .service("app", &[&backends[0]])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .start();
    let mut load = Load::default();
    for _ in 0..6 {
        load.keep_alive(&gateway, "/", |ask| {
            let response = ask().map_err(|e| e.to_string())?;
            if response.status == 200 {
                Ok(())
            } else {
                Err(format!("{} {}", response.status, response.text()))
            }
        });
    }
    for turn in 0..60 {
        let chosen = &backends[turn % 3];
        gateway.write("service-app.yaml", &yaml::service("app", &[chosen.port()]));
        let before = chosen.count();
        eventually("the new endpoint to be used", || chosen.count() > before);
    }
    load.finish();
}
