//! Upstreams: what backendRefs lead to.

mod address;
mod app_protocol;
mod external_name;
mod own;
mod service;
mod settings;
mod slices;
mod status;
mod tls;
mod tls_policy;
mod upstreams;

pub(crate) use status::statuses;
pub(crate) use upstreams::{BackendId, BackendRef, Upstreams};

use crate::{
    object::{Kind, Name},
    text::clean,
};
use corten_snapshot::{Cluster, ClusterKey, Endpoint, Endpoints, HashedPart, Part, UpstreamTls};
use std::{borrow::Cow, sync::Arc};

/// One upstream that some reference names: a port of a Service, or a Backend.
pub(crate) struct Upstream<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: Name<'a>,
    /// The name of the Service's port, by which policies select it.
    pub(crate) port_name: Option<&'a str>,
    /// The upstream, or why there is none.
    pub(crate) outcome: Result<Arc<Reachable>, Unreachable>,
    /// The Gateways that send requests to it.
    pub(crate) gateways: Vec<usize>,
    /// Whether any of them does so without a client certificate of its own.
    pub(crate) plain: bool,
}

/// An upstream that can be called, with the parts that it becomes.
pub(crate) struct Reachable {
    pub(crate) key: ClusterKey,
    cluster: HashedPart,
    endpoints: HashedPart,
    /// What is odd about it.
    pub(crate) warnings: Vec<(String, Cow<'static, str>)>,
}

impl Reachable {
    fn new(
        key: ClusterKey,
        cluster: Cluster,
        endpoints: Vec<Endpoint>,
        warnings: Vec<(String, Cow<'static, str>)>,
    ) -> Arc<Self> {
        let cluster = HashedPart::new(Part::Cluster(Box::new(cluster)));
        let endpoints = HashedPart::new(Part::Endpoints(Endpoints { endpoints }));
        Arc::new(Self { key, cluster, endpoints, warnings })
    }

    fn cluster(&self) -> Option<&Cluster> {
        match &*self.cluster.part {
            Part::Cluster(cluster) => Some(cluster),
            _ => None,
        }
    }

    /// What it is called over, if that is TLS.
    fn tls(&self) -> Option<&UpstreamTls> {
        self.cluster()?.tls.as_deref()
    }

    /// Whether it is called over TLS and no certificate is shown to it.
    fn anonymous_tls(&self) -> bool {
        self.tls().is_some_and(|tls| tls.client_certificate.is_none())
    }
}

/// Why an upstream cannot be called.
#[derive(Clone, Debug)]
pub(crate) struct Unreachable {
    /// The reason for `ResolvedRefs` of the route. `None`: the reference is right, the upstream itself is not.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) remedy: Cow<'static, str>,
}

impl Unreachable {
    fn new(
        reason: Option<&'static str>,
        message: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { reason, message: clean(message.into()), remedy: remedy.into() }
    }
}
