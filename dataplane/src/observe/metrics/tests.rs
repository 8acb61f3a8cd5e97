use super::keyed::Keyed;
use super::shard::Sharded;
use super::{Closed, ConnectFailure, Ended, Observer};
use crate::error::Code;
use crate::observe::AccessLog;
use corten_snapshot::{
    Bind, ClusterKey, ContentHash, HostnamePattern, Listener, ListenerKey, ListenerProtocol,
    ListenerSettings, RouteId,
};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

fn observer(workers: usize) -> Observer {
    Observer::new(workers, AccessLog::start(workers, Box::new(std::io::sink())).unwrap())
}

fn listener(name: &str) -> Listener {
    Listener {
        namespace: "ns".to_owned(),
        gateway: "gw".to_owned(),
        name: name.to_owned(),
        bind: Bind { address: None, port: 8080 },
        port: 80,
        protocol: ListenerProtocol::Http,
        hostname: HostnamePattern::Any,
        tls: None,
        settings: ListenerSettings::default(),
    }
}

fn route(name: &str) -> RouteId {
    RouteId { kind: "HTTPRoute".to_owned(), namespace: "ns".to_owned(), name: name.to_owned() }
}

fn ended(status: u16, micros: u64) -> Ended<'static> {
    let duration = Some(Duration::from_micros(micros));
    Ended { status, duration, received: 0, sent: 10, route: None }
}

/// Series by their whole name, after a check that the text is a valid exposition.
fn scrape(observer: &Observer) -> BTreeMap<String, f64> {
    let text = observer.metrics().unwrap();
    let mut typed = HashSet::new();
    let mut series = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(typed.insert(rest.split(' ').next().unwrap().to_owned()), "two families: {line}");
        }
        if line.starts_with('#') {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let family = name.split('{').next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| family.strip_suffix(end));
        assert!(typed.contains(family) || base.is_some_and(|base| typed.contains(base)), "no TYPE: {line}");
        assert!(series.insert(name.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
    }
    series
}

const HTTP: &str = "gateway=\"gw\",gateway_namespace=\"ns\",listener=\"http\"";

/// The value of the series of `family` with exactly these labels, in any order.
fn value(series: &BTreeMap<String, f64>, family: &str, labels: &str) -> Option<f64> {
    let sorted = |labels: &str| {
        let mut labels: Vec<_> = labels.split(',').map(str::to_owned).collect();
        labels.sort();
        labels
    };
    series.iter().find_map(|(name, value)| {
        let (found, rest) = name.split_once('{').unwrap_or((name, "}"));
        (found == family && sorted(rest.trim_end_matches('}')) == sorted(labels)).then_some(*value)
    })
}

#[test]
fn requests_of_all_workers_are_summed_by_listener_and_class() {
    let observer = observer(3);
    let stats = observer.listener(&ListenerKey::new("ns/gw/http"), &listener("http"));
    for worker in 0..3 {
        stats.begin(worker);
        stats.end(worker, &ended(200, 900));
    }
    stats.begin(1);
    stats.end(1, &Ended { received: 7, ..ended(503, 40_000_000) });
    stats.begin(2);
    stats.end(2, &Ended { status: 0, duration: None, ..ended(0, 0) });
    stats.begin(0);
    let series = scrape(&observer);
    let get = |family: &str, more: &str| value(&series, family, &format!("{HTTP}{more}"));
    assert_eq!(get("corten_requests_total", ",code_class=\"2xx\""), Some(3.0));
    assert_eq!(get("corten_requests_total", ",code_class=\"5xx\""), Some(1.0));
    assert_eq!(get("corten_requests_total", ",code_class=\"none\""), Some(1.0));
    assert_eq!(
        get("corten_requests_total", ",code_class=\"4xx\""),
        None,
        "what never happened has no series"
    );
    assert_eq!(get("corten_requests_in_flight", ""), Some(1.0));
    assert_eq!(get("corten_request_body_bytes_total", ""), Some(7.0));
    assert_eq!(get("corten_response_body_bytes_total", ""), Some(50.0));
    assert_eq!(get("corten_request_duration_seconds_count", ""), Some(4.0), "what took no time is not timed");
    assert_eq!(get("corten_request_duration_seconds_bucket", ",le=\"0.0005\""), Some(0.0));
    assert_eq!(get("corten_request_duration_seconds_bucket", ",le=\"0.001\""), Some(3.0));
    assert_eq!(get("corten_request_duration_seconds_bucket", ",le=\"30\""), Some(3.0));
    assert_eq!(get("corten_request_duration_seconds_bucket", ",le=\"+Inf\""), Some(4.0));
    assert_eq!(get("corten_request_duration_seconds_sum", ""), Some(40.0027));
}

#[test]
fn a_bound_belongs_to_its_bucket() {
    let observer = observer(1);
    let stats = observer.listener(&ListenerKey::new("ns/gw/http"), &listener("http"));
    stats.end(0, &ended(200, 250));
    stats.end(0, &ended(200, 251));
    let series = scrape(&observer);
    let le =
        |bound| value(&series, "corten_request_duration_seconds_bucket", &format!("{HTTP},le=\"{bound}\""));
    assert_eq!((le("0.00025"), le("0.0005")), (Some(1.0), Some(2.0)));
}

#[test]
fn routes_are_counted_instead_of_their_listener() {
    let observer = observer(2);
    let key = ListenerKey::new("ns/gw/http");
    let stats = observer.listener(&key, &listener("http"));
    let one = observer.route(&key, &listener("http"), &route("one"));
    stats.end(0, &Ended { route: Some(&one), ..ended(200, 1) });
    stats.end(1, &Ended { route: Some(&one), ..ended(200, 1) });
    stats.end(1, &ended(404, 1));
    let series = scrape(&observer);
    let with = format!("{HTTP},route=\"HTTPRoute/ns/one\",code_class=\"2xx\"");
    assert_eq!(value(&series, "corten_requests_total", &with), Some(2.0));
    assert_eq!(value(&series, "corten_requests_total", &format!("{HTTP},code_class=\"4xx\"")), Some(1.0));
    let all = series.iter().filter(|(name, _)| name.starts_with("corten_requests_total"));
    assert_eq!(all.map(|(_, count)| count).sum::<f64>(), 3.0, "each request once");
    assert_eq!(value(&series, "corten_request_duration_seconds_count", HTTP), Some(3.0));
}

#[test]
fn handles_survive_a_reload_and_go_with_their_listener() {
    let observer = observer(1);
    let key = ListenerKey::new("ns/gw/http");
    let before = observer.listener(&key, &listener("http"));
    before.end(0, &ended(200, 1));
    let after = observer.listener(&key, &listener("http"));
    assert!(Arc::ptr_eq(&before, &after));
    drop(before);
    after.end(0, &ended(200, 1));
    let labels = format!("{HTTP},code_class=\"2xx\"");
    assert_eq!(value(&scrape(&observer), "corten_requests_total", &labels), Some(2.0));
    drop(after);
    assert_eq!(value(&scrape(&observer), "corten_requests_total", &labels), None);
}

#[test]
fn listeners_of_listener_sets_have_names_of_their_own() {
    let observer = observer(1);
    let kept = ["ns/gw/http", "ns/gw/team/set/http"].map(|key| {
        let stats = observer.listener(&ListenerKey::new(key), &listener("http"));
        stats.end(0, &ended(200, 1));
        stats
    });
    let series = scrape(&observer);
    let set = HTTP.replace("\"http\"", "\"team/set/http\"");
    for labels in [HTTP, &*set] {
        let labels = format!("{labels},code_class=\"2xx\"");
        assert_eq!(value(&series, "corten_requests_total", &labels), Some(1.0), "{labels}");
    }
    drop(kept);
}

#[test]
fn the_number_of_series_is_bounded() {
    let map: Keyed<u32, u32> = Keyed::new(3);
    let get = |key| map.get(&key, &999, |made| *made);
    let held: Vec<_> = (0..3).map(get).collect();
    assert_eq!((*get(1), *get(3), *get(4)), (1, 999, 999));
    assert_eq!(map.live().len(), 3, "the overflow is not held by anybody");
    drop(held);
    assert_eq!(*get(5), 5, "there is room again");

    let observer = observer(1);
    let key = ListenerKey::new("ns/gw/http");
    let routes: Vec<_> =
        (0..2100).map(|n| observer.route(&key, &listener("http"), &route(&n.to_string()))).collect();
    let stats = observer.listener(&key, &listener("http"));
    for route in &routes {
        stats.end(0, &Ended { route: Some(route), ..ended(200, 1) });
    }
    let series = scrape(&observer);
    let count = series.keys().filter(|name| name.starts_with("corten_requests_total")).count();
    assert_eq!(count, 2001);
    let other = format!("{HTTP},route=\"other\",code_class=\"2xx\"");
    assert_eq!(value(&series, "corten_requests_total", &other), Some(100.0));
}

#[test]
fn room_is_looked_for_now_and_then() {
    let map: Keyed<u32, u32> = Keyed::new(16);
    let get = |key| map.get(&key, &999, |made| *made);
    let held: Vec<_> = (0..16).map(get).collect();
    assert_eq!(*get(16), 999, "looked for, and there is none");
    drop(held);
    assert_eq!(*get(17), 999, "not looked for");
    assert_eq!(*get(18), 18, "looked for again");
    assert_eq!(map.live().len(), 0);
}

#[test]
fn connections_by_bind() {
    let observer = observer(1);
    let bind = observer.bind(&Bind { address: None, port: 8080 });
    let v6 = observer.bind(&Bind { address: Some("::1".parse().unwrap()), port: 1 });
    for _ in 0..3 {
        bind.opened();
    }
    bind.closed(Closed::Ended);
    bind.closed(Closed::Drain);
    let series = scrape(&observer);
    let get = |family: &str, labels: &str| value(&series, family, labels);
    assert_eq!(get("corten_downstream_connections", "bind=\"*:8080\""), Some(1.0));
    assert_eq!(get("corten_downstream_connections_total", "bind=\"*:8080\""), Some(3.0));
    let closed = "corten_downstream_connections_closed_total";
    assert_eq!(get(closed, "bind=\"*:8080\",reason=\"drain\""), Some(1.0));
    assert_eq!(get(closed, "bind=\"*:8080\",reason=\"timeout\""), Some(0.0));
    assert_eq!(get("corten_downstream_connections", "bind=\"[::1]:1\""), Some(0.0));
    drop(v6);
}

#[test]
fn upstreams_by_cluster() {
    let observer = observer(2);
    let stats = observer.cluster(&ClusterKey::new("service/ns/a:80"));
    stats.opened(0);
    stats.opened(1);
    stats.closed(1);
    stats.failed(0, ConnectFailure::Timeout);
    stats.answered(0, 204);
    stats.answered(1, 0);
    stats.retried(1);
    let series = scrape(&observer);
    let cluster = "cluster=\"service/ns/a:80\"";
    let get = |family: &str, more: &str| value(&series, family, &format!("{cluster}{more}"));
    assert_eq!(get("corten_upstream_connections", ""), Some(1.0));
    assert_eq!(get("corten_upstream_connections_total", ""), Some(2.0));
    assert_eq!(get("corten_upstream_connection_failures_total", ",reason=\"timeout\""), Some(1.0));
    assert_eq!(get("corten_upstream_requests_total", ",code_class=\"2xx\""), Some(1.0));
    assert_eq!(get("corten_upstream_requests_total", ",code_class=\"none\""), Some(1.0));
    assert_eq!(get("corten_retries_total", ""), Some(1.0));
}

#[test]
fn errors_and_configuration() {
    let observer = observer(2);
    let before = scrape(&observer);
    assert!(!before.keys().any(|name| name.starts_with("corten_config")), "nothing is in force yet");
    observer.worker().error(0, Code::NoRoute);
    observer.worker().error(1, Code::NoRoute);
    let hash = ContentHash::of(b"x");
    observer.config_applied(7, hash, Duration::from_millis(20), 2);
    let series = scrape(&observer);
    assert_eq!(value(&series, "corten_errors_total", "code=\"no_route\""), Some(2.0));
    assert_eq!(value(&series, "corten_config_revision", ""), Some(7.0));
    assert_eq!(value(&series, "corten_config_build_seconds", ""), Some(0.02));
    assert_eq!(value(&series, "corten_config_rejected_parts", ""), Some(2.0));
    assert_eq!(value(&series, "corten_config_info", &format!("hash=\"{hash}\"")), Some(1.0));
    assert_eq!(value(&series, "corten_config_hash", ""), Some((hash.short() >> 12) as f64));
    let age = value(&series, "corten_config_age_seconds", "").unwrap();
    assert!((0.0..3600.0).contains(&age), "{age}");
    assert_eq!(value(&series, "corten_access_log_dropped_total", ""), Some(0.0));
}

#[test]
fn figures_of_the_process() {
    let series = scrape(&observer(1));
    let get = |name: &str| series.get(name).copied().unwrap_or_else(|| panic!("no {name}"));
    assert!(get("process_cpu_seconds_total") >= 0.0);
    assert!(get("process_resident_memory_bytes") > 1e6);
    assert!(get("process_threads") >= 1.0);
    assert!(get("process_open_fds") >= 3.0 && get("process_max_fds") >= get("process_open_fds"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - 86_400.0..=now + 1.0).contains(&get("process_start_time_seconds")));
    let version = format!("corten_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(get(&version), 1.0);
}

#[test]
fn workers_do_not_share_cache_lines() {
    let shards: Sharded<[u8; 3]> = Sharded::new(3);
    let at = |worker| std::ptr::from_ref(shards.of(worker)).addr();
    assert!([at(0), at(1), at(2)].iter().all(|address| address % 128 == 0));
    assert_eq!(HashSet::from([at(0), at(1), at(2)]).len(), 3);
    assert_eq!(at(9), at(0), "a number beyond the workers counts with the first");
}
