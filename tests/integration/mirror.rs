//! RequestMirror: copies go out, answers to them go nowhere.

use corten_test_support::{Backend, Gateway, Reply, eventually};

fn mirror(to: &[(&str, &str)]) -> String {
    let mut rule = "- filters:\n".to_owned();
    for (name, share) in to {
        rule += &format!(
            "  - {{type: RequestMirror, requestMirror: {{backendRef: {{name: {name}, port: 80}}{share}}}}}\n"
        );
    }
    rule + "  backendRefs: [{name: app, port: 80}]\n"
}

#[test]
fn several_mirrors_get_the_whole_request_and_their_answers_are_dropped() {
    let (app, one, two) = (Backend::echo(), Backend::named("mirror"), Backend::start(|_| Reply::status(500)));
    let gateway = Gateway::builder()
        .service("app", &[&app])
        .service("one", &[&one])
        .service("two", &[&two])
        .route("app", &[], &mirror(&[("one", ""), ("two", "")]))
        .start();
    let mut client = gateway.client();
    for turn in 0..10 {
        let body = format!("body {turn}");
        let request =
            format!("POST /m?t={turn} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let response = client.request(&request);
        assert_eq!((response.status, response.text()), (200, body));
    }
    for backend in [&one, &two] {
        eventually("ten copies", || backend.count() == 10);
        let mut got: Vec<_> = backend.records().into_iter().map(|r| (r.target, r.body)).collect();
        got.sort();
        let sent: Vec<_> = (0..10).map(|t| (format!("/m?t={t}"), format!("body {t}").into_bytes())).collect();
        assert_eq!(got, sent);
    }
    assert_eq!(app.count(), 10);
}

#[test]
fn a_mirror_that_hangs_or_is_away_holds_nobody_up() {
    let (app, away) = (Backend::echo(), Backend::named("away"));
    let hangs = Backend::raw(|stream, _| {
        let mut byte = [0];
        while std::io::Read::read(&mut &stream, &mut byte).is_ok_and(|count| count > 0) {}
    });
    let gateway = Gateway::builder()
        .service("app", &[&app])
        .service("away", &[&away])
        .service("hangs", &[&hangs])
        .route("app", &[], &mirror(&[("away", ""), ("hangs", "")]))
        .start();
    away.stop();
    let mut client = gateway.client();
    for _ in 0..20 {
        assert_eq!(client.get("h", "/").status, 200);
    }
}

/// By percent and by fraction: none, all, and a part that is neither.
#[test]
fn a_share_of_the_requests() {
    let backends: Vec<_> = (0..4).map(|_| Backend::named("m")).collect();
    let app = Backend::echo();
    let mut builder = Gateway::builder().service("app", &[&app]);
    for (index, backend) in backends.iter().enumerate() {
        builder = builder.service(&format!("m{index}"), &[backend]);
    }
    let rules = mirror(&[
        ("m0", ", percent: 0"),
        ("m1", ", percent: 100"),
        ("m2", ", percent: 50"),
        ("m3", ", fraction: {numerator: 1, denominator: 4}"),
    ]);
    let gateway = builder.route("app", &[], &rules).start();
    let mut client = gateway.client();
    for _ in 0..400 {
        assert_eq!(client.get("h", "/").status, 200);
    }
    eventually("all copies of the full mirror", || backends[1].count() == 400);
    assert_eq!(backends[0].count(), 0);
    // 400 independent draws: outside of six standard deviations once in 10^8 runs.
    assert!((140..=260).contains(&backends[2].count()), "{}", backends[2].count());
    assert!((48..=152).contains(&backends[3].count()), "{}", backends[3].count());
}
