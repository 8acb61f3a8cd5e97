//! Timeouts and retries of rules.

use corten_test_support::{Backend, Gateway, Record, Reply, wait::pause};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// A gateway whose one rule has these further fields.
fn with(fields: &str, answer: impl Fn(&Record) -> Reply + Send + Sync + 'static) -> (Gateway, Backend) {
    let backend = Backend::start(answer);
    let rule = format!("- backendRefs: [{{name: app, port: 80}}]\n  {fields}\n");
    (Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).start(), backend)
}

fn slow(_: &Record) -> Reply {
    pause(Duration::from_secs(5));
    Reply::text("late")
}

#[test]
fn a_request_that_takes_too_long_is_504() {
    for fields in [
        "timeouts: {request: 200ms}",
        "timeouts: {backendRequest: 200ms}",
        "timeouts: {request: 10s, backendRequest: 200ms}",
    ] {
        let (gateway, _backend) = with(fields, slow);
        let mut client = gateway.client();
        assert_eq!(client.get("h", "/").status, 504, "{fields}");
    }
}

#[test]
fn zero_is_no_timeout() {
    let (gateway, _backend) = with("timeouts: {request: 0s}", |_| {
        pause(Duration::from_millis(500));
        Reply::text("late")
    });
    assert_eq!(gateway.get("h", "/").text(), "late");
}

/// The timeout is until the answer's head: a body may take longer (GEP-1742 leaves streams to the request timeout).
#[test]
fn a_quick_answer_is_not_touched() {
    let (gateway, _backend) = with("timeouts: {request: 10s, backendRequest: 5s}", |_| Reply::text("ok"));
    let mut client = gateway.client();
    for _ in 0..20 {
        assert_eq!(client.get("h", "/").text(), "ok");
    }
}

/// Answers `bad` so often, then 200.
fn failing(times: usize, bad: u16) -> impl Fn(&Record) -> Reply + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |_| match count.fetch_add(1, Ordering::SeqCst) {
        turn if turn < times => Reply::status(bad),
        _ => Reply::text("at last"),
    }
}

#[test]
fn codes_that_are_named_are_tried_again() {
    let (gateway, backend) = with("retry: {codes: [503], attempts: 3, backoff: 10ms}", failing(2, 503));
    assert_eq!(gateway.get("h", "/").text(), "at last");
    assert_eq!(backend.count(), 3);
}

#[test]
fn other_codes_are_not() {
    let (gateway, backend) = with("retry: {codes: [503], attempts: 3, backoff: 10ms}", failing(1, 500));
    assert_eq!(gateway.get("h", "/").status, 500);
    assert_eq!(backend.count(), 1);
}

#[test]
fn attempts_are_counted_beyond_the_first() {
    let (gateway, backend) = with("retry: {codes: [503], attempts: 2, backoff: 10ms}", failing(100, 503));
    assert_eq!(gateway.get("h", "/").status, 503);
    assert_eq!(backend.count(), 3);
}

/// A body that was sent once is sent again, whole.
#[test]
fn a_retry_sends_the_body_again() {
    let (gateway, backend) = with("retry: {codes: [503], attempts: 1, backoff: 10ms}", failing(1, 503));
    let response = gateway.client().request("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    match response.status {
        200 => assert!(backend.records().iter().all(|r| r.body == b"body")),
        // Without a buffer for it there is no second try, and the first answer stands.
        status => assert_eq!((status, backend.count()), (503, 1)),
    }
}

/// The backend timeout is each try's, the request timeout all of them.
#[test]
fn each_try_has_its_own_timeout() {
    let count = AtomicUsize::new(0);
    let (gateway, backend) = with(
        "timeouts: {request: 15s, backendRequest: 500ms}\n  retry: {codes: [504], attempts: 2, backoff: 10ms}",
        move |_| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                pause(Duration::from_secs(3));
            }
            Reply::text("second")
        },
    );
    assert_eq!(gateway.get("h", "/").text(), "second");
    assert_eq!(backend.count(), 2);
    let (gateway, _backend) = with(
        "timeouts: {request: 700ms, backendRequest: 500ms}\n  retry: {codes: [504], attempts: 10, backoff: 10ms}",
        slow,
    );
    assert_eq!(gateway.get("h", "/").status, 504);
}
