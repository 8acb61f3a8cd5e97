//! Listeners that share a socket, told apart by SNI.

use super::ServerTls;
use corten_snapshot::{HostnamePattern, ListenerKey};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The TLS listeners of one bind.
#[derive(Debug, Default)]
pub(crate) struct BindTls {
    exact: FxHashMap<Arc<str>, Entry>,
    wildcard: FxHashMap<Arc<str>, Entry>,
    any: Option<Entry>,
}

type Entry = (ListenerKey, Arc<ServerTls>);

impl BindTls {
    /// From listeners with different hostnames.
    pub(crate) fn new(listeners: Vec<(ListenerKey, HostnamePattern, Arc<ServerTls>)>) -> Self {
        let mut bind = Self::default();
        for (key, pattern, tls) in listeners {
            match pattern {
                HostnamePattern::Any => bind.any = Some((key, tls)),
                HostnamePattern::Exact(name) => drop(bind.exact.insert(name, (key, tls))),
                HostnamePattern::Wildcard(suffix) => drop(bind.wildcard.insert(suffix, (key, tls))),
            }
        }
        bind
    }

    /// The listener for an SNI: exact, then the longest wildcard, then any. A client that sends none is served
    /// only by a listener for any hostname.
    pub(super) fn choose(&self, sni: Option<&str>) -> Option<&Entry> {
        let Some(sni) = sni else { return self.any.as_ref() };
        let lower;
        let sni = if sni.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = sni.to_ascii_lowercase();
            &*lower
        } else {
            sni
        };
        let sni = sni.strip_suffix('.').unwrap_or(sni);
        if let Some(entry) = self.exact.get(sni) {
            return Some(entry);
        }
        let mut rest = sni;
        while let Some((label, parent)) = rest.split_once('.') {
            if !label.is_empty()
                && let Some(entry) = self.wildcard.get(parent)
            {
                return Some(entry);
            }
            rest = parent;
        }
        self.any.as_ref()
    }
}
