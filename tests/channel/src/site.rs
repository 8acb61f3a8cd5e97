//! Configurations that tell themselves apart by their answers.

use corten_snapshot::{
    Action, Bind, Certificate, CertificateKey, Entry, Filter, Host, HostnamePattern, Listener, ListenerKey,
    ListenerProtocol, ListenerSettings, Part, PartKey, PathMatch, PathModifier, Redirect, RouteId, Rule,
    Snapshot, Timeouts,
};
use std::sync::Arc;

/// A listener on `port` and a redirect for each host: its name and the version that it names.
pub fn site(port: u16, hosts: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.insert(PartKey::Listener(listener_key()), Part::Listener(Box::new(listener(port))));
    for (name, version) in hosts {
        let host = host(name, version, PathMatch::Prefix(String::new()));
        snapshot.insert(host_key(name), Part::Host(Box::new(host)));
    }
    snapshot
}

/// Makes the host's regular expression one that cannot be built.
pub fn break_host(snapshot: &mut Snapshot, name: &str) {
    snapshot.insert(host_key(name), Part::Host(Box::new(host(name, "never", PathMatch::Regex("(".into())))));
}

/// Adds a certificate that no listener uses.
pub fn add_certificate(snapshot: &mut Snapshot) {
    let certificate = Certificate { chain_pem: "THE-CHAIN".into(), key_pem: "THE-KEY".into() };
    let key = PartKey::Certificate(CertificateKey::new("secret/app/tls"));
    snapshot.insert(key, Part::Certificate(Box::new(certificate)));
}

/// The key of a host.
pub fn host_key(name: &str) -> PartKey {
    PartKey::Host(listener_key(), HostnamePattern::Exact(name.into()))
}

fn listener_key() -> ListenerKey {
    ListenerKey::new("app/gateway/http")
}

fn listener(port: u16) -> Listener {
    Listener {
        namespace: "app".into(),
        gateway: "gateway".into(),
        name: "http".into(),
        bind: Bind { address: None, port },
        port,
        protocol: ListenerProtocol::Http,
        hostname: HostnamePattern::Any,
        tls: None,
        settings: ListenerSettings::default(),
    }
}

fn host(name: &str, version: &str, path: PathMatch) -> Host {
    let redirect = Redirect {
        scheme: None,
        hostname: None,
        port: None,
        path: Some(PathModifier::ReplaceFullPath(format!("/{version}"))),
        status: 302,
    };
    let rule = Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "app".into(), name: name.into() },
        index: 0,
        name: None,
        filters: vec![Filter::Redirect(redirect)],
        action: Action::Error { status: 500, reason: "the redirect comes first".into() },
        timeouts: Timeouts::default(),
        retry: None,
    };
    let entry = Entry { path, method: None, headers: Vec::new(), query: Vec::new(), rule: 0 };
    Host {
        listener: listener_key(),
        hostname: HostnamePattern::Exact(name.into()),
        entries: vec![entry],
        rules: vec![Arc::new(rule)],
    }
}
