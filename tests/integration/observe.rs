//! Metrics, the admin address, the access log.

use corten_test_support::{Backend, Gateway, Reply, eventually, yaml};

fn statuses() -> (Gateway, Backend) {
    let backend = Backend::start(|request| {
        Reply::status(request.target.trim_start_matches('/').parse().unwrap_or(200))
    });
    (Gateway::to(&backend), backend)
}

#[test]
fn requests_are_counted_by_class() {
    let (gateway, _backend) = statuses();
    let mut client = gateway.client();
    for status in [200, 200, 201, 301, 404, 500, 503] {
        client.get("h", &format!("/{status}"));
    }
    for (class, count) in [("2xx", 3.0), ("3xx", 1.0), ("4xx", 1.0), ("5xx", 2.0)] {
        eventually("the counter", || {
            gateway.metric("corten_requests_total", &[&format!("\"{class}\"")]) == count
        });
    }
}

/// What is exposed is the Prometheus text format: every sample has a TYPE, and no series comes twice.
#[test]
fn metrics_are_well_formed() {
    let (gateway, _backend) = statuses();
    gateway.get("h", "/200");
    let response = gateway.admin("/metrics");
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").unwrap().starts_with("text/plain"));
    let text = response.text();
    let types: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let mut series = std::collections::BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(series.insert(name), "twice: {name}");
        let family = name.split('{').next().unwrap();
        let base =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| family.strip_suffix(end)).unwrap_or(family);
        assert!(types.contains(&base) || types.contains(&family), "no TYPE for {name}");
    }
    for family in ["corten_requests_total", "process_resident_memory_bytes"] {
        assert!(types.contains(&family), "{family} is missing in {types:?}");
    }
}

/// Clients cannot make series: hosts, paths and methods of their own are no labels.
#[test]
fn the_number_of_series_is_bounded() {
    let (gateway, _backend) = statuses();
    let count = || gateway.admin("/metrics").text().lines().filter(|line| !line.starts_with('#')).count();
    let mut client = gateway.client();
    client.get("h", "/200");
    client.get("h", "/404");
    let before = count();
    for i in 0..300 {
        client.request(&format!("X{i} /404?{i} HTTP/1.1\r\nHost: h{i}.test\r\nUser-Agent: u{i}\r\n\r\n"));
    }
    assert!(count() <= before + 20, "{before} series became {}", count());
}

#[test]
fn the_snapshot_can_be_read() {
    let (gateway, _backend) = statuses();
    let response = gateway.admin("/snapshot");
    assert_eq!(response.status, 200);
    let text = response.json().to_string();
    assert!(text.contains("listener") || text.contains("Listener"), "{text}");
}

/// Keys never leave through the admin address.
#[test]
fn the_snapshot_holds_no_private_key() {
    let backend = Backend::named("a");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .https("cert", "", &["shop.test"])
        .start();
    let text = gateway.admin("/snapshot").text();
    assert!(!text.contains("PRIVATE KEY"), "a key in /snapshot");
    let secret = std::fs::read_to_string(gateway.config().join("secret-cert.yaml")).unwrap();
    let key_line = secret.split("PRIVATE KEY-----").nth(1).unwrap().trim().lines().next().unwrap().trim();
    assert!(!text.contains(key_line), "a key in /snapshot");
}

#[test]
fn the_admin_address_knows_what_it_does_not_serve() {
    let (gateway, _backend) = statuses();
    assert_eq!(gateway.admin("/nothing").status, 404);
    assert_eq!(gateway.admin("/healthz").status, 200);
}

/// A change is counted, and the revision moves.
#[test]
fn the_revision_of_the_configuration_moves() {
    let (gateway, _backend) = statuses();
    let revision = || gateway.metric("corten_config_revision", &[]);
    let before = revision();
    gateway.write("more.yaml", &yaml::route("more", &["more.test"], &yaml::prefix_rule("/", "app")));
    eventually("a newer revision", || revision() > before);
}

#[test]
fn the_access_log_has_an_object_for_each_request() {
    let backend = Backend::named("ok");
    let gateway = Gateway::builder()
        .service("app", &[&backend])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .policy("accessLog: {mode: Enabled}")
        .start();
    let mut client = gateway.client();
    for turn in 0..10 {
        client.request(&format!(
            "GET /log/{turn} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: \"quoted\\\"\r\n\r\n"
        ));
    }
    eventually("ten lines", || gateway.process().stdout().matches("/log/").count() >= 10);
    let stdout = gateway.process().stdout();
    let lines: Vec<serde_json::Value> =
        stdout.lines().filter(|l| l.contains("/log/")).map(|l| serde_json::from_str(l).expect(l)).collect();
    assert_eq!(lines.len(), 10);
    for line in lines {
        assert_eq!(line["status"], 200, "{line}");
        assert_eq!(line["method"], "GET", "{line}");
    }
}

/// Off by default.
#[test]
fn nothing_is_logged_unless_asked_for() {
    let (gateway, _backend) = statuses();
    for _ in 0..5 {
        gateway.get("h", "/200");
    }
    eventually("the requests", || gateway.metric("corten_requests_total", &[]) >= 5.0);
    assert!(!gateway.process().stdout().contains("\"status\""), "{}", gateway.process().stdout());
}
