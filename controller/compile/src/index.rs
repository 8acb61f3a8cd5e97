//! The inputs, sorted and indexed once, so that every look-up is a hash away.

use crate::{
    inputs::Inputs,
    note::{Note, Severity},
    object::{Name, Object},
    options::Options,
};
use corten_crds::{core, gateway as gw, v1alpha1 as own};
use rustc_hash::FxHashMap;
use std::{borrow::Cow, sync::Arc};

/// The objects of one kind.
pub(crate) struct Table<'a, T> {
    /// In the order of the inputs.
    objects: Vec<&'a Arc<T>>,
    by_name: FxHashMap<Name<'a>, &'a Arc<T>>,
}

impl<'a, T: Object> Table<'a, T> {
    fn new(objects: &'a [Arc<T>], notes: &mut Vec<Note>) -> Self {
        let mut by_name: FxHashMap<Name<'a>, &'a Arc<T>> = FxHashMap::default();
        by_name.reserve(objects.len());
        for object in objects {
            let known = by_name.entry(object.key()).or_insert(object);
            if !Arc::ptr_eq(known, object) && ***known != **object {
                notes.push(defined_twice(&**object));
                if tie_break(&**object, &***known).is_lt() {
                    *known = object;
                }
            }
        }
        let distinct = by_name.len() == objects.len();
        let objects = if distinct { objects.iter().collect() } else { by_name.values().copied().collect() };
        Self { objects, by_name }
    }

    /// The object of this name.
    pub(crate) fn get(&self, name: Name<'_>) -> Option<&'a T> {
        self.shared(name).map(|object| &**object)
    }

    /// The same, to be kept.
    pub(crate) fn shared(&self, name: Name<'_>) -> Option<&'a Arc<T>> {
        self.by_name.get(&name).copied()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// All objects, in an order that means nothing.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = &'a Arc<T>> + use<'a, '_, T> {
        self.objects.iter().copied()
    }

    /// All objects by namespace and name.
    pub(crate) fn by_name(&self) -> Vec<&'a Arc<T>> {
        let mut objects: Vec<&'a Arc<T>> = self.unordered().collect();
        objects.sort_by_key(|object| object.key());
        objects
    }

    /// All objects, the oldest first.
    pub(crate) fn by_age(&self) -> Vec<&'a T> {
        self.shared_by_age().into_iter().map(|object| &**object).collect()
    }

    /// The same, to be kept.
    pub(crate) fn shared_by_age(&self) -> Vec<&'a Arc<T>> {
        let mut objects: Vec<_> = self.unordered().map(|object| (object.age(), object)).collect();
        // Stable, because inputs often come in order, which this sort makes use of.
        objects.sort_by_key(|(age, _)| *age);
        objects.into_iter().map(|(_, object)| object).collect()
    }
}

/// Decides between two objects of one name by their content, so that the order of the inputs does not.
fn tie_break<T: Object>(a: &T, b: &T) -> std::cmp::Ordering {
    if a == b { std::cmp::Ordering::Equal } else { format!("{a:?}").cmp(&format!("{b:?}")) }
}

fn defined_twice<T: Object>(object: &T) -> Note {
    Note {
        object: object.id(),
        field: "metadata.name".to_owned(),
        severity: Severity::Error,
        reason: Cow::Borrowed("DefinedTwice"),
        message: "two objects of this kind have this name; one of them is ignored".to_owned(),
        remedy: "remove or rename one of them".to_owned(),
    }
}

/// All inputs with their options.
pub(crate) struct Index<'a> {
    pub(crate) options: &'a Options,
    pub(crate) gateway_classes: Table<'a, gw::GatewayClass>,
    pub(crate) gateways: Table<'a, gw::Gateway>,
    pub(crate) listener_sets: Table<'a, gw::ListenerSet>,
    pub(crate) http_routes: Table<'a, gw::slim::HttpRoute>,
    pub(crate) grpc_routes: Table<'a, gw::GrpcRoute>,
    pub(crate) tls_routes: Table<'a, gw::TlsRoute>,
    pub(crate) tcp_routes: Table<'a, gw::TcpRoute>,
    pub(crate) udp_routes: Table<'a, gw::UdpRoute>,
    pub(crate) backend_tls_policies: Table<'a, gw::BackendTlsPolicy>,
    pub(crate) backends: Table<'a, own::Backend>,
    pub(crate) backend_policies: Table<'a, own::BackendPolicy>,
    pub(crate) listener_policies: Table<'a, own::ListenerPolicy>,
    pub(crate) gateway_parameters: Table<'a, own::GatewayParameters>,
    pub(crate) services: Table<'a, core::Service>,
    pub(crate) secrets: Table<'a, core::Secret>,
    pub(crate) config_maps: Table<'a, core::ConfigMap>,
    pub(crate) namespaces: Table<'a, core::Namespace>,
    /// ReferenceGrants by their namespace, which is that of their targets.
    pub(crate) grants: FxHashMap<&'a str, Vec<&'a Arc<gw::ReferenceGrant>>>,
    /// EndpointSlices by the Service that they belong to.
    pub(crate) slices: FxHashMap<Name<'a>, Vec<&'a Arc<core::EndpointSlice>>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(inputs: &'a Inputs, options: &'a Options, notes: &mut Vec<Note>) -> Self {
        let grants = Table::new(&inputs.reference_grants, notes);
        let slices = Table::new(&inputs.endpoint_slices, notes);
        Self {
            options,
            gateway_classes: Table::new(&inputs.gateway_classes, notes),
            gateways: Table::new(&inputs.gateways, notes),
            listener_sets: Table::new(&inputs.listener_sets, notes),
            http_routes: Table::new(&inputs.http_routes, notes),
            grpc_routes: Table::new(&inputs.grpc_routes, notes),
            tls_routes: Table::new(&inputs.tls_routes, notes),
            tcp_routes: Table::new(&inputs.tcp_routes, notes),
            udp_routes: Table::new(&inputs.udp_routes, notes),
            backend_tls_policies: Table::new(&inputs.backend_tls_policies, notes),
            backends: Table::new(&inputs.backends, notes),
            backend_policies: Table::new(&inputs.backend_policies, notes),
            listener_policies: Table::new(&inputs.listener_policies, notes),
            gateway_parameters: Table::new(&inputs.gateway_parameters, notes),
            services: Table::new(&inputs.services, notes),
            secrets: Table::new(&inputs.secrets, notes),
            config_maps: Table::new(&inputs.config_maps, notes),
            namespaces: Table::new(&inputs.namespaces, notes),
            grants: group(grants.unordered().map(|grant| (grant.namespace(), grant))),
            slices: group(
                slices.unordered().filter_map(|slice| Some(((slice.namespace(), service_of(slice)?), slice))),
            ),
        }
    }
}

fn service_of(slice: &core::EndpointSlice) -> Option<&str> {
    slice.service.as_deref()
}

fn group<'a, K: Eq + std::hash::Hash, T>(
    items: impl Iterator<Item = (K, &'a Arc<T>)>,
) -> FxHashMap<K, Vec<&'a Arc<T>>> {
    let mut groups: FxHashMap<K, Vec<&'a Arc<T>>> = FxHashMap::default();
    for (key, item) in items {
        groups.entry(key).or_default().push(item);
    }
    groups
}
