//! The way through the compiler.

use crate::{
    assembly::Assembly,
    backend::{self, Upstreams},
    gateway::{self, Plan},
    index::Index,
    inputs::Inputs,
    listener::Listener,
    materials::Materials,
    memory::{Memories, Memory},
    options::Options,
    output::Output,
    policy::ListenerPolicies,
    route::{self, Regexes},
    status::Statuses,
    text::clean,
};
use corten_snapshot::{Listener as ListenerPart, Part, PartKey, Snapshot};

/// Compiles `inputs`. It never fails: what is wrong with an object is in the output.
pub fn compile(inputs: &Inputs, options: &Options) -> Output {
    Compiler::default().compile(inputs, options)
}

/// Compiles again and again, and remembers what makes the next time quicker. Its output is that of [`compile`].
#[derive(Default)]
pub struct Compiler {
    /// The last snapshot. Parts that have not changed are taken from it.
    previous: Snapshot,
    /// Regular expressions that have been checked.
    regexes: Regexes,
    memory: Memory,
}

impl Compiler {
    /// See [`compile`].
    pub fn compile(&mut self, inputs: &Inputs, options: &Options) -> Output {
        let memory = Memories::new(std::mem::take(&mut self.memory), inputs, options);
        let (output, assembly, memory) = assemble(inputs, options, memory, &mut self.regexes);
        self.memory = memory.finish();
        let snapshot = assembly.finish(&self.previous);
        self.previous = snapshot.clone();
        Output { snapshot, ..output }
    }
}

/// The way through: everything but the hashes.
fn assemble(
    inputs: &Inputs,
    options: &Options,
    memory: Memories,
    regexes: &mut Regexes,
) -> (Output, Assembly, Memories) {
    let mut assembly = Assembly::default();
    let mut output = Output::default();
    let Output { statuses, notes, .. } = &mut output;
    // The inputs by name, so that every reference is one look-up.
    let index = Index::new(inputs, options, notes);
    // What listens: classes, Gateways and ListenerSets with their listeners, certificates, conflicts and sockets.
    let mut materials = Materials::default();
    let mut plan = Plan::read(&index, &mut materials, statuses, notes);
    let listener_policies = ListenerPolicies::attach(&index, &plan);
    // Where requests can go. Upstreams are resolved as routes name them.
    let mut upstreams = Upstreams::new(&index, &plan, materials, memory);
    // Routes: attached to listeners, compiled once unless nothing of theirs has changed, and placed on the hostnames
    // that they share.
    let hosts = route::serve(&index, &mut plan, (&mut upstreams, regexes), (statuses, notes));
    // What the objects should show. Routes have written theirs.
    gateway::statuses(&plan, statuses, notes);
    listener_policies.statuses(statuses, notes);
    backend::statuses(&upstreams, &plan, statuses, notes);
    // Everything that is used goes into the snapshot.
    assembly.reserve(hosts.len() + 2 * index.services.len() + plan.listeners.len());
    for (key, host) in hosts {
        assembly.add(key, host);
    }
    if !options.statuses {
        // Those of routes, which are the many, were not even made.
        *statuses = Statuses::default();
    }
    let (materials, memory) = upstreams.add_to(&mut assembly);
    for listener in plan.listeners.iter().filter(|listener| listener.programmed()) {
        add_listener(&mut assembly, &plan, &materials, &listener_policies, listener);
    }
    for note in notes.iter_mut() {
        note.message = clean(std::mem::take(&mut note.message));
        note.remedy = clean(std::mem::take(&mut note.remedy));
    }
    notes.sort();
    notes.dedup();
    (output, assembly, memory)
}

fn add_listener<'a>(
    assembly: &mut Assembly,
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
        tls.certificates.iter().for_each(|key| materials.add_certificate(assembly, key));
        let trust = tls.client_validation.iter().flat_map(|validation| &validation.trust);
        trust.for_each(|key| materials.add_trust(assembly, key));
    }
    let key = listener.key.clone();
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
    assembly.insert(PartKey::Listener(key), Part::Listener(Box::new(part)));
}
