//! Which ports of a Gateway are to be reached: those of its accepted listeners and of its ListenerSets'.

use crate::engine::Pass;
use corten_compile::{
    Kind, ObjectId, ObjectName,
    status::{Condition, ConditionStatus, ListenerStatus, Status},
};
use corten_crds::gateway::{Gateway, Listener};
use std::collections::BTreeSet;

/// What a Gateway needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Its class or its spec is not accepted: what there is stays as it is.
    Nothing,
    /// These protocols (`TCP`, `UDP`) and ports.
    Ports(Vec<(&'static str, u16)>),
}

/// What `gateway` needs by the statuses of the pass.
pub(super) fn needs(pass: &Pass, gateway: &Gateway) -> Needs {
    let name = object_name(gateway.metadata.namespace.as_deref(), gateway.metadata.name.as_deref());
    let id = ObjectId { kind: Kind::Gateway, name: name.clone() };
    let Some(Status::Gateway(status)) = pass.statuses.get(&id) else { return Needs::Nothing };
    if !holds(&status.conditions, "Accepted") {
        return Needs::Nothing;
    }
    let mut ports = BTreeSet::new();
    add(&mut ports, &gateway.spec.listeners, &status.listeners);
    for set in &pass.inputs.listener_sets {
        let set_name = object_name(set.metadata.namespace.as_deref(), set.metadata.name.as_deref());
        let parent = &set.spec.parent_ref;
        let parent_name = object_name(
            parent.namespace.as_deref().or(set.metadata.namespace.as_deref()),
            Some(&parent.name),
        );
        if parent_name != name {
            continue;
        }
        // A set that may not attach has no listeners in its status.
        if let Some(Status::ListenerSet(status)) =
            pass.statuses.get(&ObjectId { kind: Kind::ListenerSet, name: set_name })
        {
            add(&mut ports, &set.spec.listeners, &status.listeners);
        }
    }
    Needs::Ports(ports.into_iter().map(|(port, protocol)| (protocol, port)).collect())
}

fn add(ports: &mut BTreeSet<(u16, &'static str)>, listeners: &[Listener], statuses: &[ListenerStatus]) {
    let accepted = |listener: &&Listener| {
        let status = statuses.iter().find(|status| status.name == listener.name);
        status.is_some_and(|status| holds(&status.conditions, "Accepted"))
    };
    for listener in listeners.iter().filter(accepted) {
        let protocol = if listener.protocol == "UDP" { "UDP" } else { "TCP" };
        ports.insert((listener.port, protocol));
    }
}

fn holds(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.status == ConditionStatus::True)
}

fn object_name(namespace: Option<&str>, name: Option<&str>) -> ObjectName {
    ObjectName::new(namespace.unwrap_or("default"), name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_compile::{Inputs, Options, Ports, compile};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn pass(gateway: &Value, set_namespace: &str) -> Pass {
        let object = |kind: &str, namespace: &str, name: &str, spec: &Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec});
        let class =
            object("GatewayClass", "", "c", &json!({"controllerName": "corten.dev/gateway-controller"}));
        let set = json!({
            "parentRef": {"name": "edge", "namespace": "infra"},
            "listeners": [{"name": "extra", "port": 8080, "protocol": "HTTP"}],
        });
        let inputs = Inputs {
            gateway_classes: vec![serde_json::from_value(class).unwrap()],
            gateways: vec![serde_json::from_value(object("Gateway", "infra", "edge", gateway)).unwrap()],
            listener_sets: vec![
                serde_json::from_value(object("ListenerSet", set_namespace, "set", &set)).unwrap(),
            ],
            ..Inputs::default()
        };
        let options = Options { ports: Ports::Allocated(BTreeMap::new()), ..Options::default() };
        let output = compile(&inputs, &options);
        Pass { statuses: output.statuses, notes: output.notes, inputs, ..Pass::default() }
    }

    fn listeners(class: &str) -> Value {
        json!({"gatewayClassName": class, "allowedListeners": {"namespaces": {"from": "Same"}}, "listeners": [
            {"name": "a", "port": 80, "protocol": "HTTP", "hostname": "a.example"},
            {"name": "b", "port": 80, "protocol": "HTTP", "hostname": "b.example"},
            {"name": "twice", "port": 81, "protocol": "HTTP"},
            {"name": "again", "port": 81, "protocol": "HTTP"},
            {"name": "odd", "port": 82, "protocol": "example.com/odd"},
        ]})
    }

    #[test]
    fn ports_of_accepted_listeners_once_each() {
        let pass = pass(&listeners("c"), "elsewhere");
        let needs = needs(&pass, &pass.inputs.gateways[0]);
        let Needs::Ports(ports) = needs else { panic!("{needs:?}") };
        assert!(ports.contains(&("TCP", 80)), "{ports:?}");
        assert!(!ports.contains(&("TCP", 82)), "a protocol that is not known: {ports:?}");
        assert!(!ports.contains(&("TCP", 8080)), "the set may not attach: {ports:?}");
    }

    #[test]
    fn ports_of_listener_sets_that_may_attach() {
        let pass = pass(&listeners("c"), "infra");
        let needs = needs(&pass, &pass.inputs.gateways[0]);
        assert!(matches!(&needs, Needs::Ports(ports) if ports.contains(&("TCP", 8080))), "{needs:?}");
    }

    #[test]
    fn gateways_of_others_need_nothing_from_us() {
        let pass = pass(&listeners("theirs"), "infra");
        assert_eq!(needs(&pass, &pass.inputs.gateways[0]), Needs::Nothing);
    }
}
