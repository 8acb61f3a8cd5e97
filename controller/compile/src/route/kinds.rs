//! What the kinds of routes have in common.

use super::{CompiledRoute, http};
use crate::{
    backend::Upstreams,
    object::{Kind, Object},
};
use corten_crds::gateway as gw;
use std::sync::Arc;

/// A kind of routes. Attachment, hostnames, precedence and statuses are the same for all; only rules differ.
pub(crate) trait RouteKind: Object {
    /// The parents.
    fn parents(&self) -> &[gw::ParentReference];

    /// The hostnames; empty: all that the listener has.
    fn hostnames(&self) -> &[String];

    /// Whether default Gateways are parents, too (GEP-3793).
    fn use_default_gateways(&self) -> Option<gw::GatewayDefaultScope>;

    /// An HTTPRoute as such: only they are served, so only what becomes of them is worth keeping.
    fn http(_: &Arc<Self>) -> Option<&Arc<gw::slim::HttpRoute>> {
        None
    }

    /// Compiles the rules, once for all parents.
    fn compile<'a>(&'a self, scope: &mut Scope<'_, '_, 'a>) -> CompiledRoute;
}

/// What rules are compiled with.
pub(crate) struct Scope<'s, 'i, 'a> {
    pub(crate) upstreams: &'s mut Upstreams<'i, 'a>,
    pub(crate) regexes: &'s mut super::Regexes,
}

impl RouteKind for gw::slim::HttpRoute {
    fn parents(&self) -> &[gw::ParentReference] {
        &self.spec.parent_refs
    }
    fn hostnames(&self) -> &[String] {
        &self.spec.hostnames
    }
    fn use_default_gateways(&self) -> Option<gw::GatewayDefaultScope> {
        self.spec.use_default_gateways
    }
    fn http(route: &Arc<Self>) -> Option<&Arc<gw::slim::HttpRoute>> {
        Some(route)
    }
    fn compile<'a>(&'a self, scope: &mut Scope<'_, '_, 'a>) -> CompiledRoute {
        http::compile(self, scope)
    }
}

/// Kinds that are not served yet. No listener allows them, so they attach nowhere, and their statuses say so.
macro_rules! not_served {
    ($($type:ty { $hostnames:expr }),* $(,)?) => {
        $(impl RouteKind for $type {
            fn parents(&self) -> &[gw::ParentReference] {
                &self.spec.parent_refs
            }
            fn hostnames(&self) -> &[String] {
                let hostnames: fn(&Self) -> &[String] = $hostnames;
                hostnames(self)
            }
            fn use_default_gateways(&self) -> Option<gw::GatewayDefaultScope> {
                self.spec.use_default_gateways
            }
            fn compile<'a>(&'a self, _: &mut Scope<'_, '_, 'a>) -> CompiledRoute {
                CompiledRoute::default()
            }
        })*
    };
}

not_served! {
    gw::GrpcRoute { |route| &route.spec.hostnames },
    gw::TlsRoute { |route| &route.spec.hostnames },
    gw::TcpRoute { |_| &[] },
    gw::UdpRoute { |_| &[] },
}

/// Whether routes of this kind are served at all.
pub(crate) fn is_served(kind: Kind) -> bool {
    kind == Kind::HttpRoute
}
