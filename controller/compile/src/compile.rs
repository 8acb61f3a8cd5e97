//! The way through the compiler.

use crate::{
    backend::{self, Upstreams},
    gateway::{self, Plan},
    index::Index,
    inputs::Inputs,
    listener::Listener,
    materials::Materials,
    options::Options,
    output::Output,
    policy::ListenerPolicies,
    route,
    text::clean,
};
use corten_snapshot::{Listener as ListenerPart, Part, PartKey, Snapshot};

/// Compiles `inputs`. It never fails: what is wrong with an object is in the output.
pub fn compile(inputs: &Inputs, options: &Options) -> Output {
    let mut output = Output::default();
    let Output { snapshot, statuses, notes } = &mut output;
    // The inputs by name, so that every reference is one look-up.
    let index = Index::new(inputs, options, notes);
    // What listens: classes, Gateways and ListenerSets with their listeners, certificates, conflicts and sockets.
    let mut materials = Materials::default();
    let mut plan = Plan::read(&index, &mut materials, statuses, notes);
    let listener_policies = ListenerPolicies::attach(&index, &plan);
    // Where requests can go. Upstreams are resolved as routes name them.
    let mut upstreams = Upstreams::new(&index, materials);
    // Routes: attached to listeners, compiled once, and placed on the hostnames that they share.
    let hosts = route::serve(&index, &mut plan, &mut upstreams, (statuses, notes));
    // Everything that is used goes into the snapshot.
    for host in hosts {
        snapshot.insert(PartKey::Host(host.listener.clone(), host.hostname.clone()), Part::Host(host));
    }
    upstreams.add_to(snapshot);
    for listener in plan.listeners.iter().filter(|listener| listener.programmed()) {
        add_listener(snapshot, &plan, &upstreams.materials, &listener_policies, listener);
    }
    // What the objects should show. Routes have written theirs.
    gateway::statuses(&plan, statuses, notes);
    listener_policies.statuses(statuses, notes);
    backend::statuses(&upstreams, &plan, statuses, notes);
    for note in notes.iter_mut() {
        note.message = clean(std::mem::take(&mut note.message));
        note.remedy = clean(std::mem::take(&mut note.remedy));
    }
    notes.sort();
    notes.dedup();
    output
}

fn add_listener<'a>(
    snapshot: &mut Snapshot,
    plan: &Plan<'a>,
    materials: &Materials,
    policies: &ListenerPolicies<'a>,
    listener: &Listener<'a>,
) {
    let accepted = plan.gateways.get(listener.gateway).is_some_and(gateway::GatewayPlan::accepted);
    let (Some(bind), Some(protocol), Some(hostname), true) =
        (listener.bind.clone(), listener.protocol, listener.hostname.clone(), accepted)
    else {
        return;
    };
    if let Some(tls) = &listener.tls {
        tls.certificates.iter().for_each(|key| materials.add_certificate(snapshot, key));
        let trust = tls.client_validation.iter().flat_map(|validation| &validation.trust);
        trust.for_each(|key| materials.add_trust(snapshot, key));
    }
    let key = listener.key();
    let part = ListenerPart {
        namespace: listener.gateway_name.0.to_owned(),
        gateway: listener.gateway_name.1.to_owned(),
        name: listener.spec.name.clone(),
        bind,
        port: listener.spec.port,
        protocol,
        hostname,
        tls: listener.tls.clone(),
        settings: policies.settings(listener),
    };
    snapshot.insert(PartKey::Listener(key), Part::Listener(Box::new(part)));
}
