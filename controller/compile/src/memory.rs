//! What a compiler keeps of one pass, so that the next one does only the work that can come out differently.
//!
//! Nothing here is ever invalidated. Each memo is a result together with **all** that it was made of, and it is used
//! only where all of that is the same again. Objects are the same if they are one allocation; a memo holds its
//! objects, so no other can come to stand at their address. What nearly everything depends on and what rarely changes
//! (Gateways, policies, grants, Secrets, …) is one input of all memos, the [`Surroundings`].
//!
//! Only results with nothing to complain about are kept (of a hostname: no match that shadows another): what is wrong is worked out again, with its words. Each pass
//! fills a new memory, and what it did not use is dropped with the old one.

mod surroundings;

use crate::{backend::Reachable, inputs::Inputs, options::Options};
use corten_crds::{
    core::{EndpointSlice, Service},
    gateway::slim::HttpRoute,
    v1alpha1::Backend,
};
use corten_snapshot::{HashedPart, HostnamePattern, Rule};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use surroundings::Surroundings;

/// The results of one pass.
#[derive(Default)]
pub(crate) struct Memory {
    surroundings: Option<Arc<Surroundings>>,
    /// By address.
    routes: FxHashMap<usize, Arc<RouteMemo>>,
    /// By the place of the listener and the hostname.
    hosts: FxHashMap<(usize, HostnamePattern), HostMemo>,
    /// By address and port number.
    services: FxHashMap<(usize, u16), Arc<ServiceMemo>>,
    /// By address.
    backends: FxHashMap<usize, BackendMemo>,
}

/// A route with nothing wrong, whose references all lead somewhere. That they still do is asked again each time.
pub(crate) struct RouteMemo {
    pub(crate) route: Arc<HttpRoute>,
    pub(crate) rules: Box<[Arc<Rule>]>,
    /// For each parentRef whether the route attaches; the others are not ours.
    pub(crate) attached: Box<[bool]>,
    /// Places of the listeners that count it.
    pub(crate) counted: Box<[usize]>,
    /// Listeners with the hostnames on which it is served, sorted. Never empty.
    pub(crate) placements: Box<[(usize, HostnamePattern)]>,
}

/// A hostname on which no match shadows another.
pub(crate) struct HostMemo {
    /// The oldest first.
    pub(crate) routes: Box<[Occupant]>,
    /// Whether so many matches are alike that not all were compared.
    pub(crate) crowded: bool,
    pub(crate) part: HashedPart,
}

/// A route on a hostname.
pub(crate) enum Occupant {
    /// Nothing is wrong with it.
    Known(Arc<RouteMemo>),
    /// It has so many rules there, and is compiled again each time.
    Compiled(usize),
}

impl HostMemo {
    /// Whether exactly these routes are on it, and all are known.
    pub(crate) fn is_of(&self, routes: &[Occupant]) -> bool {
        let same = |(before, now): (&Occupant, &Occupant)| match (before, now) {
            (Occupant::Known(before), Occupant::Known(now)) => Arc::ptr_eq(before, now),
            _ => false,
        };
        self.routes.len() == routes.len() && self.routes.iter().zip(routes).all(same)
    }
}

/// A port of a Service that can be called.
struct ServiceMemo {
    service: Arc<Service>,
    slices: Box<[Arc<EndpointSlice>]>,
    reachable: Arc<Reachable>,
}

/// A Backend with nothing wrong and without TLS.
struct BackendMemo {
    backend: Arc<Backend>,
    reachable: Arc<Reachable>,
}

fn address<T>(object: &Arc<T>) -> usize {
    Arc::as_ptr(object).addr()
}

/// The memory of the pass before, and that of this one.
pub(crate) struct Memories {
    before: Memory,
    after: Memory,
}

impl Memories {
    /// Begins a pass.
    pub(crate) fn new(before: Memory, inputs: &Inputs, options: &Options) -> Self {
        let same = before.surroundings.clone().filter(|before| before.are(inputs, options));
        let before = if same.is_some() { before } else { Memory::default() };
        let surroundings = same.unwrap_or_else(|| Arc::new(Surroundings::of(inputs, options)));
        let mut after = Memory { surroundings: Some(surroundings), ..Memory::default() };
        after.routes.reserve(before.routes.len());
        after.hosts.reserve(before.hosts.len());
        after.services.reserve(before.services.len());
        after.backends.reserve(before.backends.len());
        Self { before, after }
    }

    /// Ends it.
    pub(crate) fn finish(self) -> Memory {
        self.after
    }

    /// What is known of a route, provided that its references still lead somewhere.
    pub(crate) fn route(&self, route: &Arc<HttpRoute>) -> Option<Arc<RouteMemo>> {
        let memo = self.before.routes.get(&address(route))?;
        Arc::ptr_eq(&memo.route, route).then(|| memo.clone())
    }

    pub(crate) fn keep_route(&mut self, memo: Arc<RouteMemo>) {
        self.after.routes.insert(address(&memo.route), memo);
    }

    /// What is known of a hostname. Each is asked for once.
    pub(crate) fn take_host(&mut self, at: &(usize, HostnamePattern)) -> Option<HostMemo> {
        self.before.hosts.remove(at)
    }

    pub(crate) fn keep_host(&mut self, at: (usize, HostnamePattern), memo: HostMemo) {
        self.after.hosts.insert(at, memo);
    }

    /// The port of a Service, if the Service has these slices.
    pub(crate) fn service(
        &mut self,
        service: &Arc<Service>,
        slices: &[&Arc<EndpointSlice>],
        port: u16,
    ) -> Option<Arc<Reachable>> {
        let key = (address(service), port);
        let memo = self.before.services.get(&key)?;
        if !Arc::ptr_eq(&memo.service, service) || !same(&memo.slices, slices.iter().copied()) {
            return None;
        }
        self.after.services.insert(key, memo.clone());
        Some(memo.reachable.clone())
    }

    pub(crate) fn keep_service(
        &mut self,
        service: &Arc<Service>,
        slices: &[&Arc<EndpointSlice>],
        port: u16,
        reachable: &Arc<Reachable>,
    ) {
        let slices = slices.iter().copied().cloned().collect();
        let memo = ServiceMemo { service: service.clone(), slices, reachable: reachable.clone() };
        self.after.services.insert((address(service), port), Arc::new(memo));
    }

    pub(crate) fn backend(&mut self, backend: &Arc<Backend>) -> Option<Arc<Reachable>> {
        let memo = self.before.backends.get(&address(backend))?;
        let reachable = Arc::ptr_eq(&memo.backend, backend).then(|| memo.reachable.clone())?;
        self.keep_backend(backend, &reachable);
        Some(reachable)
    }

    pub(crate) fn keep_backend(&mut self, backend: &Arc<Backend>, reachable: &Arc<Reachable>) {
        let memo = BackendMemo { backend: backend.clone(), reachable: reachable.clone() };
        self.after.backends.insert(address(backend), memo);
    }
}

/// Whether these are the very same objects in the same order.
fn same<'o, T: 'o>(known: &[Arc<T>], objects: impl ExactSizeIterator<Item = &'o Arc<T>>) -> bool {
    known.len() == objects.len() && known.iter().zip(objects).all(|(a, b)| Arc::ptr_eq(a, b))
}
