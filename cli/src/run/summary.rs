//! What is served, in a few lines.

use crate::load::Loader;
use corten_dataplane::Status;
use corten_snapshot::{
    Bind, HostnamePattern, Listener, ListenerKey, ListenerProtocol, Part, PartKey, RouteId, Snapshot,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    time::Duration,
};

/// What is served after a start.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Objects that count.
    pub objects: usize,
    /// The listeners.
    pub listeners: Vec<Row>,
    /// The admin server.
    pub admin: Option<SocketAddr>,
    /// From the start of reading until it was served.
    pub took: Duration,
}

/// One listener.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub key: ListenerKey,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Where; `None` if it could not be opened.
    pub address: Option<SocketAddr>,
    /// The names that it answers for.
    pub hostname: HostnamePattern,
    /// Routes that are attached.
    pub routes: usize,
}

impl Summary {
    /// What a snapshot and the state of the dataplane amount to.
    pub fn of(snapshot: &Snapshot, status: &Status, loader: &Loader, took: Duration) -> Self {
        let routes = routes(snapshot);
        let row = |(key, listener): (&ListenerKey, &Listener)| Row {
            key: key.clone(),
            scheme: match listener.protocol {
                ListenerProtocol::Http => "http",
                ListenerProtocol::Https => "https",
            },
            address: address(&status.addresses, &listener.bind),
            hostname: listener.hostname.clone(),
            routes: routes.get(key).map_or(0, BTreeSet::len),
        };
        Self {
            files: loader.files().count(),
            objects: loader.inventory().len(),
            listeners: listeners(snapshot).map(row).collect(),
            admin: None,
            took,
        }
    }

    /// Whether there are listeners and none of them is open.
    pub fn serves_nothing(&self) -> bool {
        !self.listeners.is_empty() && self.listeners.iter().all(|row| row.address.is_none())
    }
}

/// The listeners of a snapshot.
pub fn listeners(snapshot: &Snapshot) -> impl Iterator<Item = (&ListenerKey, &Listener)> {
    snapshot.iter().filter_map(|(key, part)| match (key, &*part.part) {
        (PartKey::Listener(key), Part::Listener(listener)) => Some((key, &**listener)),
        _ => None,
    })
}

/// The routes of each listener.
fn routes(snapshot: &Snapshot) -> BTreeMap<&ListenerKey, BTreeSet<&RouteId>> {
    let mut routes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (_, part) in snapshot.iter() {
        if let Part::Host(host) = &*part.part {
            routes.entry(&host.listener).or_default().extend(host.rules.iter().map(|rule| &rule.route));
        }
    }
    routes
}

fn address(addresses: &[(Bind, SocketAddr)], bind: &Bind) -> Option<SocketAddr> {
    addresses.iter().find(|(known, _)| known == bind).map(|(_, address)| *address)
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{}://{address}", self.scheme)?,
            None => write!(f, "{} not open", self.scheme)?,
        }
        if self.hostname != HostnamePattern::Any {
            write!(f, " for {}", self.hostname)?;
        }
        let routes = if self.routes == 1 { "route" } else { "routes" };
        write!(f, ": {} {routes} (listener {})", self.routes, self.key)
    }
}

#[cfg(test)]
mod tests;
