//! All Gateways of ours with all their listeners.

use super::{
    addresses::{self, Addresses},
    class::Classes,
    client_certificate::{self, ClientCertificate},
    listener_set::{self, AttachedSet},
};
use crate::{
    index::Index,
    listener::{Listener, Owner, ValidationConfig, bind_all, examine, mark_conflicts, mark_overlaps},
    materials::Materials,
    note::{Note, Severity},
    object::{Kind, Name, Object},
    problem::Problem,
    status::Statuses,
};
use corten_crds::gateway as gw;
use rustc_hash::FxHashMap;
use std::{borrow::Cow, ops::Range};

/// A Gateway of ours.
pub(crate) struct GatewayPlan<'a> {
    pub(crate) gateway: &'a gw::Gateway,
    /// Its own listeners.
    pub(crate) listeners: Range<usize>,
    /// Its own listeners and those of its ListenerSets.
    pub(crate) all_listeners: Range<usize>,
    pub(crate) addresses: Addresses,
    pub(crate) client_certificate: ClientCertificate,
    /// Whether client certificates that do not verify are let in somewhere.
    pub(crate) insecure_frontend: bool,
    /// Its class is not accepted.
    pub(crate) pending: Option<Problem>,
    /// Why nothing of it is served.
    pub(crate) refused: Option<Problem>,
}

impl GatewayPlan<'_> {
    pub(crate) fn accepted(&self) -> bool {
        self.pending.is_none() && self.refused.is_none()
    }

    /// Whether it calls every upstream as the upstream itself says, without a client certificate of its own.
    pub(crate) fn plain_upstreams(&self) -> bool {
        matches!(self.client_certificate, ClientCertificate::None)
    }
}

/// A ListenerSet whose parent is a Gateway of ours.
pub(crate) struct SetPlan<'a> {
    pub(crate) set: &'a gw::ListenerSet,
    /// Its listeners; none if it may not attach.
    pub(crate) listeners: Range<usize>,
    /// Why nothing of it is served.
    pub(crate) refused: Option<Problem>,
}

/// Everything that listens.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    /// The oldest first.
    pub(crate) gateways: Vec<GatewayPlan<'a>>,
    pub(crate) sets: Vec<SetPlan<'a>>,
    pub(crate) listeners: Vec<Listener<'a>>,
    pub(crate) gateway_by_name: FxHashMap<Name<'a>, usize>,
    pub(crate) set_by_name: FxHashMap<Name<'a>, usize>,
    /// Gateways with `defaultScope: All`, as parentRefs.
    pub(crate) default_gateways: Vec<gw::ParentReference>,
}

impl<'a> Plan<'a> {
    /// Reads all Gateways and ListenerSets, and writes the statuses of the classes.
    pub(crate) fn read(
        index: &Index<'a>,
        materials: &mut Materials,
        statuses: &mut Statuses,
        notes: &mut Vec<Note>,
    ) -> Self {
        let classes = Classes::read(index, statuses, notes);
        let mut sets = listener_set::by_gateway(index, notes);
        let mut sockets = FxHashMap::default();
        let mut plan = Self::default();
        for gateway in index.gateways.by_age() {
            let Some(pending) = classes.get(&gateway.spec.gateway_class_name) else {
                notes.extend(not_ours(index, &classes, gateway));
                continue;
            };
            let attached = sets.remove(&gateway.key()).unwrap_or_default();
            let (planned, mut listeners) =
                Draft::new(index, materials, gateway, plan.gateways.len(), attached).finish(
                    index,
                    &mut sockets,
                    pending.map(class_not_accepted),
                    plan.listeners.len(),
                );
            plan.gateway_by_name.insert(gateway.key(), plan.gateways.len());
            if gateway.spec.default_scope == Some(gw::GatewayDefaultScope::All) {
                plan.default_gateways.push(as_parent(gateway));
            }
            for set in planned.1 {
                plan.set_by_name.insert(set.set.key(), plan.sets.len());
                plan.sets.push(set);
            }
            plan.gateways.push(planned.0);
            plan.listeners.append(&mut listeners);
        }
        plan
    }
}

fn as_parent(gateway: &gw::Gateway) -> gw::ParentReference {
    gw::ParentReference {
        group: Some(Kind::Gateway.group().to_owned()),
        kind: Some(Kind::Gateway.as_str().to_owned()),
        namespace: Some(gateway.namespace().to_owned()),
        name: gateway.name().to_owned(),
        ..gw::ParentReference::default()
    }
}

fn not_ours(index: &Index<'_>, classes: &Classes<'_>, gateway: &gw::Gateway) -> Option<Note> {
    let class = gateway.spec.gateway_class_name.as_str();
    // In a cluster other controllers have Gateways too; a missing class is everybody's business.
    let unknown = index.gateway_classes.get(("", class)).is_none();
    (index.options.standalone || unknown).then(|| Note {
        object: gateway.id(),
        field: "spec.gatewayClassName".to_owned(),
        severity: Severity::Warning,
        reason: Cow::Borrowed("NotOurs"),
        message: format!("class `{}` is not served by Corten", class.escape_debug()),
        remedy: match classes.names().as_slice() {
            [] => format!("create a GatewayClass with controllerName {}", index.options.controller_name),
            names => format!("use one of these classes: {}", names.join(", ")),
        },
    })
}

fn class_not_accepted(problem: &Problem) -> Problem {
    let message = format!("the GatewayClass is not accepted: {}", problem.message);
    Problem::new("Pending", "gatewayClassName", message, "see the status of the GatewayClass")
}

/// A Gateway whose listeners have been read, but not yet compared.
struct Draft<'a> {
    gateway: &'a gw::Gateway,
    addresses: Addresses,
    client_certificate: ClientCertificate,
    insecure_frontend: bool,
    own: Vec<Listener<'a>>,
    sets: Vec<(AttachedSet<'a>, Vec<Listener<'a>>)>,
}

impl<'a> Draft<'a> {
    fn new(
        index: &Index<'a>,
        materials: &mut Materials,
        gateway: &'a gw::Gateway,
        position: usize,
        attached: Vec<AttachedSet<'a>>,
    ) -> Self {
        let validation = ValidationConfig::read(index, materials, gateway);
        let mut read = |owner: Owner<'a>, listeners: &'a [gw::Listener]| -> Vec<Listener<'a>> {
            let gateway = (position, gateway.key());
            let numbered = listeners.iter().enumerate();
            numbered.map(|spec| examine(index, materials, gateway, owner, spec, &validation)).collect()
        };
        let own = read(Owner::Gateway(gateway), &gateway.spec.listeners);
        let sets = attached
            .into_iter()
            .map(|attached| {
                let specs = if attached.refused.is_none() { &*attached.set.spec.listeners } else { &[] };
                let listeners = read(Owner::ListenerSet(attached.set), specs);
                (attached, listeners)
            })
            .collect();
        Self {
            gateway,
            addresses: addresses::read(index, gateway),
            client_certificate: client_certificate::read(index, materials, gateway),
            insecure_frontend: validation.insecure(),
            own,
            sets,
        }
    }

    /// Compares the listeners and binds them. `offset` is the number of listeners before this Gateway's.
    fn finish(
        mut self,
        index: &Index<'a>,
        sockets: &mut crate::listener::Sockets<'a>,
        pending: Option<Problem>,
        offset: usize,
    ) -> ((GatewayPlan<'a>, Vec<SetPlan<'a>>), Vec<Listener<'a>>) {
        let mut owners: Vec<&mut [Listener<'a>]> = vec![&mut self.own];
        owners.extend(self.sets.iter_mut().map(|(_, listeners)| listeners.as_mut_slice()));
        mark_conflicts(&mut owners);
        let whole = pending.is_none() && refusal(index, self.gateway, &self.addresses).is_none();
        if whole {
            bind_all(index, sockets, self.addresses.bind, &mut self.own);
        }
        let refused = refusal(index, self.gateway, &self.addresses).or_else(|| no_listener(&self.own));
        let served = pending.is_none() && refused.is_none();
        let mut listeners = self.own;
        let own = offset..offset + listeners.len();
        let mut sets = Vec::new();
        for (attached, mut members) in self.sets {
            if served {
                bind_all(index, sockets, self.addresses.bind, &mut members);
            }
            let range = offset + listeners.len()..offset + listeners.len() + members.len();
            let refused = attached.refused.or_else(|| (!served).then(listener_set::parent_not_accepted));
            sets.push(SetPlan { set: attached.set, listeners: range, refused });
            listeners.append(&mut members);
        }
        mark_overlaps(&mut listeners.iter_mut().collect::<Vec<_>>());
        let plan = GatewayPlan {
            gateway: self.gateway,
            all_listeners: offset..offset + listeners.len(),
            listeners: own,
            addresses: self.addresses,
            client_certificate: self.client_certificate,
            insecure_frontend: self.insecure_frontend,
            pending,
            refused,
        };
        ((plan, sets), listeners)
    }
}

/// Why the Gateway as a whole is refused, its listeners aside.
fn refusal(index: &Index<'_>, gateway: &gw::Gateway, addresses: &Addresses) -> Option<Problem> {
    let infrastructure = gateway.spec.infrastructure.as_ref();
    let parameters = infrastructure.and_then(|infrastructure| infrastructure.parameters_ref.as_ref());
    let parameters = parameters.and_then(|reference| {
        let of = (reference.group.as_str(), reference.kind.as_str());
        let name = (Some(gateway.namespace()), reference.name.as_str());
        super::parameters::check(index, of, name, "infrastructure.parametersRef")
    });
    addresses.unsupported.clone().or(parameters)
}

fn no_listener(listeners: &[Listener<'_>]) -> Option<Problem> {
    (!listeners.iter().any(Listener::accepted)).then(|| {
        Problem::new(
            "ListenersNotValid",
            "listeners",
            "none of the listeners is valid",
            "see the conditions of the listeners",
        )
    })
}
