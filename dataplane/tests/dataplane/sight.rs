//! What the admin server shows of real traffic.

use crate::support::{Config, Gateway, fixed, refused, within};
use std::time::Duration;

/// Waits until the metrics hold `line`: a request is counted a moment after its last byte.
async fn until_counted(gateway: &Gateway, line: &str) {
    within(async {
        loop {
            let metrics = gateway.admin("/metrics").await.body;
            if metrics.lines().any(|found| found == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

const LISTENER: &str = "gateway_namespace=\"default\",gateway=\"gateway\",listener=\"http\"";

#[tokio::test]
async fn requests_connections_and_errors_are_counted() {
    let mut config = Config::to(&[fixed("hello").await]);
    config.rules.truncate(1);
    let gateway = Gateway::start(&config).await;
    let mut client = gateway.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.status, 200);
    }
    assert_eq!(client.get("/..").await.status, 400);
    for line in [
        format!("corten_requests_total{{{LISTENER},code_class=\"2xx\"}} 3"),
        format!("corten_requests_total{{{LISTENER},code_class=\"4xx\"}} 1"),
        format!("corten_request_duration_seconds_count{{{LISTENER}}} 4"),
        format!("corten_requests_in_flight{{{LISTENER}}} 0"),
        "corten_errors_total{code=\"bad_path\"} 1".to_owned(),
        "corten_upstream_requests_total{cluster=\"main\",code_class=\"2xx\"} 3".to_owned(),
        "corten_upstream_connections_total{cluster=\"main\"} 1".to_owned(),
        "corten_config_revision 1".to_owned(),
        "corten_config_rejected_parts 0".to_owned(),
    ] {
        until_counted(&gateway, &line).await;
    }
}

#[tokio::test]
async fn what_is_no_http_is_counted_as_a_malformed_connection() {
    let gateway = Gateway::start(&Config::to(&[fixed("hello").await])).await;
    let mut client = gateway.connect().await;
    client.send("GET / HTTP/1.1\r\nHost : a\r\n\r\n").await;
    assert!(client.closed().await.starts_with("HTTP/1.1 400 "));
    let malformed = "corten_downstream_connections_closed_total{bind=\"127.0.0.1:0\",reason=\"malformed\"} 1";
    until_counted(&gateway, malformed).await;
}

#[tokio::test]
async fn failures_of_upstreams_are_counted_by_reason() {
    let gateway = Gateway::start(&Config::to(&[refused().await])).await;
    assert_eq!(gateway.get("/").await.status, 503);
    for line in [
        "corten_upstream_connection_failures_total{cluster=\"main\",reason=\"connect\"} 1",
        "corten_errors_total{code=\"connect_failed\"} 1",
    ] {
        until_counted(&gateway, line).await;
    }
}

#[tokio::test]
async fn routes_are_counted_only_where_the_policy_says_so() {
    let mut config = Config::to(&[fixed("hello").await]);
    config.settings.route_metrics = true;
    let gateway = Gateway::start(&config).await;
    assert_eq!(gateway.get("/").await.status, 200);
    let route = "route=\"HTTPRoute/default/route\"";
    until_counted(&gateway, &format!("corten_requests_total{{{LISTENER},{route},code_class=\"2xx\"}} 1"))
        .await;
}

#[tokio::test]
async fn ready_means_a_snapshot_in_force_with_its_listeners_bound() {
    let mut gateway = Gateway::empty();
    let answer = gateway.admin("/readyz").await;
    assert_eq!((answer.status, &*answer.body), (503, "no snapshot yet\n"));
    assert_eq!(gateway.admin("/healthz").await.status, 200);
    gateway.force(Config::to(&[fixed("hello").await]).snapshot(0)).await;
    assert_eq!(gateway.admin("/readyz").await.status, 200);
}
