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
use corten_snapshot::{Cluster, ClusterKey, Endpoints};
use std::borrow::Cow;

/// One upstream that some reference names: a port of a Service, or a Backend.
pub(crate) struct Upstream<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: Name<'a>,
    /// The name of the Service's port, by which policies select it.
    pub(crate) port_name: Option<&'a str>,
    /// The upstream, or why there is none.
    pub(crate) outcome: Result<Reachable, Unreachable>,
    /// The Gateways that send requests to it.
    pub(crate) gateways: Vec<usize>,
    /// Whether any of them does so without a client certificate of its own.
    pub(crate) plain: bool,
}

/// An upstream that can be called.
pub(crate) struct Reachable {
    pub(crate) key: ClusterKey,
    pub(crate) cluster: Cluster,
    pub(crate) endpoints: Endpoints,
    /// What is odd about it.
    pub(crate) warnings: Vec<(String, Cow<'static, str>)>,
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
