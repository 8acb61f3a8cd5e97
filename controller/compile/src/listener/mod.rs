//! Listeners of Gateways and ListenerSets.

mod bind;
pub(crate) mod certificate;
mod client_validation;
mod conflict;
mod examine;
mod kinds;
mod namespaces;
mod overlap;
mod status;

pub(crate) use bind::{Sockets, bind_all};
pub(crate) use client_validation::ValidationConfig;
pub(crate) use conflict::mark_conflicts;
pub(crate) use examine::examine;
pub(crate) use overlap::mark_overlaps;
pub(crate) use status::status;

use crate::{
    object::{Kind, Name, Object},
    problem::Problem,
};
use corten_crds::gateway as gw;
use corten_snapshot::{Bind, HostnamePattern, ListenerKey, ListenerProtocol, ListenerTls};

/// Who a listener belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'a> {
    Gateway(&'a gw::Gateway),
    ListenerSet(&'a gw::ListenerSet),
}

impl<'a> Owner<'a> {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Gateway(_) => Kind::Gateway,
            Self::ListenerSet(_) => Kind::ListenerSet,
        }
    }

    pub(crate) fn name(self) -> Name<'a> {
        match self {
            Self::Gateway(gateway) => gateway.key(),
            Self::ListenerSet(set) => set.key(),
        }
    }

    pub(crate) fn generation(self) -> Option<i64> {
        match self {
            Self::Gateway(gateway) => gateway.generation(),
            Self::ListenerSet(set) => set.generation(),
        }
    }
}

/// A listener and what has been found out about it.
pub(crate) struct Listener<'a> {
    /// Index of its Gateway in the plan.
    pub(crate) gateway: usize,
    pub(crate) gateway_name: Name<'a>,
    pub(crate) owner: Owner<'a>,
    pub(crate) key: ListenerKey,
    pub(crate) spec: &'a gw::Listener,
    /// Its place in the list of its owner.
    pub(crate) position: usize,
    /// `None`: it is not a hostname.
    pub(crate) hostname: Option<HostnamePattern>,
    /// `None`: the protocol is not supported.
    pub(crate) protocol: Option<ListenerProtocol>,
    /// The kinds of routes that may attach.
    pub(crate) kinds: Vec<Kind>,
    /// TLS with at least one certificate.
    pub(crate) tls: Option<ListenerTls>,
    /// Where it is bound. `None`: the port is not allocated yet, or taken.
    pub(crate) bind: Option<Bind>,
    /// Why it is not accepted.
    pub(crate) refused: Option<Problem>,
    /// The other listener that it cannot be told apart from, as a reason and a sentence.
    pub(crate) conflict: Option<Problem>,
    /// References that cannot be resolved.
    pub(crate) refs: Vec<Problem>,
    /// Names of other listeners on the port whose TLS hostnames overlap.
    pub(crate) overlaps: bool,
    /// Accepted routes that attach.
    pub(crate) attached: i32,
}

impl Listener<'_> {
    /// Its path below `spec`.
    pub(crate) fn field(&self) -> String {
        format!("listeners[{}]", self.position)
    }

    pub(crate) fn accepted(&self) -> bool {
        self.refused.is_none() && self.conflict.is_none()
    }

    /// Whether it is served: it is accepted, has a port, a kind of routes, and TLS if it needs it.
    pub(crate) fn programmed(&self) -> bool {
        let has_tls = self.protocol != Some(ListenerProtocol::Https) || self.tls.is_some();
        self.accepted() && self.bind.is_some() && has_tls && !self.kinds.is_empty()
    }
}

/// The key of the listener `name` of `owner`, which is the Gateway or belongs to it.
fn key((namespace, gateway): Name<'_>, owner: Owner<'_>, name: &str) -> ListenerKey {
    ListenerKey::new(match owner {
        Owner::Gateway(_) => format!("{namespace}/{gateway}/{name}"),
        Owner::ListenerSet(set) => format!("{namespace}/{gateway}/{}/{}/{name}", set.namespace(), set.name()),
    })
}
