//! Stable identities of parts. A key survives edits of what it names, so state that outlives a
//! snapshot (pools, health, limiters) is kept under it.

use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

macro_rules! string_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl $name {
            /// Makes a key of its text form.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_key! {
    /// `NAMESPACE/GATEWAY/LISTENER`, or `NAMESPACE/GATEWAY/SETNAMESPACE/LISTENERSET/LISTENER` for a
    /// listener that a ListenerSet adds.
    ListenerKey
}
string_key! {
    /// An upstream: `service/NAMESPACE/NAME:PORT` or `backend/NAMESPACE/NAME`, with `@NAMESPACE/GATEWAY`
    /// behind it where a Gateway gives it a client certificate of its own.
    ClusterKey
}
string_key! {
    /// The addresses of an upstream: `service/NAMESPACE/NAME:PORT` or `backend/NAMESPACE/NAME`.
    EndpointsKey
}
string_key! {
    /// A certificate with its private key: `secret/NAMESPACE/NAME`.
    CertificateKey
}
string_key! {
    /// A bundle of certificate authorities: `configmap/NAMESPACE/NAME` or `secret/NAMESPACE/NAME`.
    TrustKey
}

/// A hostname as a listener or a route names it, lower-case, without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HostnamePattern {
    /// Every hostname, also none.
    Any,
    /// `*.example.com`, kept as `example.com`: any name with at least one label before it
    /// (Gateway API `Hostname`: the wildcard stands for one or more labels).
    Wildcard(Arc<str>),
    /// This name only.
    Exact(Arc<str>),
}

impl HostnamePattern {
    /// Whether `host` (lower-case, without port and trailing dot) is one of the pattern's names.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => **name == *host,
            Self::Wildcard(suffix) => host
                .strip_suffix(&**suffix)
                .and_then(|head| head.strip_suffix('.'))
                .is_some_and(|head| !head.is_empty()),
        }
    }

    /// Specificity for precedence: more characters of a non-wildcard name win over any wildcard,
    /// then more characters of the wildcard, then none (HTTPRoute `hostnames`).
    pub fn specificity(&self) -> (u8, usize) {
        match self {
            Self::Any => (0, 0),
            Self::Wildcard(suffix) => (1, suffix.len()),
            Self::Exact(name) => (2, name.len()),
        }
    }
}

impl fmt::Display for HostnamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Wildcard(suffix) => write!(f, "*.{suffix}"),
            Self::Exact(name) => f.write_str(name),
        }
    }
}

/// The identity of one part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PartKey {
    /// A listener of a Gateway.
    Listener(ListenerKey),
    /// The routes of one hostname on one listener.
    Host(ListenerKey, HostnamePattern),
    /// An upstream.
    Cluster(ClusterKey),
    /// The addresses of an upstream.
    Endpoints(EndpointsKey),
    /// A certificate with its key.
    Certificate(CertificateKey),
    /// A bundle of certificate authorities.
    Trust(TrustKey),
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listener(key) => write!(f, "listener {key}"),
            Self::Host(listener, host) => write!(f, "host {host} on listener {listener}"),
            Self::Cluster(key) => write!(f, "cluster {key}"),
            Self::Endpoints(key) => write!(f, "endpoints {key}"),
            Self::Certificate(key) => write!(f, "certificate {key}"),
            Self::Trust(key) => write!(f, "trust {key}"),
        }
    }
}
