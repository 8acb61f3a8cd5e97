use super::*;
use corten_snapshot::{Action, Host, ListenerSettings, Rule, Timeouts};
use std::sync::Arc;

fn listener(name: &str, port: u16, hostname: HostnamePattern) -> (PartKey, Part) {
    let key = ListenerKey::new(format!("default/gw/{name}"));
    let listener = Listener {
        namespace: "default".into(),
        gateway: "gw".into(),
        name: name.into(),
        bind: Bind { address: None, port },
        port,
        protocol: ListenerProtocol::Http,
        hostname,
        tls: None,
        settings: ListenerSettings::default(),
    };
    (PartKey::Listener(key), Part::Listener(Box::new(listener)))
}

fn host(listener: &str, hostname: HostnamePattern, routes: &[&str]) -> (PartKey, Part) {
    let listener = ListenerKey::new(format!("default/gw/{listener}"));
    let rule = |name: &&str| Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "default".into(), name: (*name).to_owned() },
        index: 0,
        name: None,
        filters: Vec::new(),
        action: Action::Error { status: 500, reason: String::new() },
        timeouts: Timeouts::default(),
        retry: None,
    };
    let rules = routes.iter().map(rule).map(Arc::new).collect();
    let host = Host { listener: listener.clone(), hostname: hostname.clone(), entries: Vec::new(), rules };
    (PartKey::Host(listener, hostname), Part::Host(Box::new(host)))
}

fn summary(parts: Vec<(PartKey, Part)>, open: &[u16]) -> Summary {
    let mut snapshot = Snapshot::default();
    parts.into_iter().for_each(|(key, part)| snapshot.insert(key, part));
    let address =
        |port: &u16| (Bind { address: None, port: *port }, SocketAddr::from(([127, 0, 0, 1], *port)));
    let status = Status { revision: 1, addresses: open.iter().map(address).collect(), rejected: Vec::new() };
    Summary::of(&snapshot, &status, &Loader::default(), Duration::ZERO)
}

#[test]
fn a_row_for_each_listener_with_its_distinct_routes() {
    let any = HostnamePattern::Any;
    let wildcard = HostnamePattern::Wildcard("example.com".into());
    let summary = summary(
        vec![
            listener("http", 8080, any.clone()),
            listener("more", 8081, wildcard.clone()),
            listener("none", 8082, any.clone()),
            host("http", any, &["a", "b", "b"]),
            host("http", wildcard.clone(), &["b"]),
            host("more", wildcard, &["c"]),
        ],
        &[8080, 8081],
    );
    assert_eq!(
        summary.listeners.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "http://127.0.0.1:8080: 2 routes (listener default/gw/http)",
            "http://127.0.0.1:8081 for *.example.com: 1 route (listener default/gw/more)",
            "http not open: 0 routes (listener default/gw/none)",
        ]
    );
    assert!(!summary.serves_nothing());
}

#[test]
fn nothing_is_served_when_no_listener_is_open() {
    assert!(summary(vec![listener("http", 80, HostnamePattern::Any)], &[]).serves_nothing());
    assert!(!summary(Vec::new(), &[]).serves_nothing(), "without listeners it waits for some");
}
