//! Which Secrets and ConfigMaps are named by what is compiled. Only these are read: the data of all others never enters
//! this process.

use corten_compile::{Inputs, ObjectName};
use corten_crds::{gateway as gw, v1alpha1 as own};
use std::collections::BTreeSet;

/// Names of Secrets and ConfigMaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Secrets.
    pub secrets: BTreeSet<ObjectName>,
    /// ConfigMaps.
    pub config_maps: BTreeSet<ObjectName>,
}

impl References {
    /// All that objects of `inputs` name, as far as they are of the controller's own classes.
    pub fn of(inputs: &Inputs, controller_name: &str) -> Self {
        let mut references = Self::default();
        let classes: BTreeSet<&str> = inputs
            .gateway_classes
            .iter()
            .filter(|class| class.spec.controller_name == controller_name)
            .filter_map(|class| class.metadata.name.as_deref())
            .collect();
        let ours = |gateway: &&std::sync::Arc<gw::Gateway>| {
            classes.contains(gateway.spec.gateway_class_name.as_str())
        };
        for gateway in inputs.gateways.iter().filter(ours) {
            references.gateway(gateway, namespace(gateway.metadata.namespace.as_deref()));
        }
        // Whether a ListenerSet is ours depends on its parent, which may come later; naming a Secret is harmless.
        for set in &inputs.listener_sets {
            references.listeners(&set.spec.listeners, namespace(set.metadata.namespace.as_deref()));
        }
        for policy in &inputs.backend_tls_policies {
            let own = namespace(policy.metadata.namespace.as_deref());
            for reference in &policy.spec.validation.ca_certificate_refs {
                references.add((&reference.group, &reference.kind), own, &reference.name);
            }
        }
        for backend in &inputs.backends {
            references.backend(backend, namespace(backend.metadata.namespace.as_deref()));
        }
        references
    }

    fn gateway(&mut self, gateway: &gw::Gateway, own: &str) {
        self.listeners(&gateway.spec.listeners, own);
        let Some(tls) = &gateway.spec.tls else { return };
        let client = tls.backend.as_ref().and_then(|backend| backend.client_certificate_ref.as_ref());
        client.into_iter().for_each(|reference| self.secret(reference, own));
        let frontend = tls.frontend.iter();
        let configs = frontend.flat_map(|frontend| {
            std::iter::once(&frontend.default).chain(frontend.per_port.iter().map(|port| &port.tls))
        });
        for reference in
            configs.filter_map(|config| config.validation.as_ref()).flat_map(|v| &v.ca_certificate_refs)
        {
            let namespace = reference.namespace.as_deref().unwrap_or(own);
            self.add((&reference.group, &reference.kind), namespace, &reference.name);
        }
    }

    fn listeners(&mut self, listeners: &[gw::Listener], own: &str) {
        let tls = listeners.iter().filter_map(|listener| listener.tls.as_ref());
        tls.flat_map(|tls| &tls.certificate_refs).for_each(|reference| self.secret(reference, own));
    }

    fn backend(&mut self, backend: &own::Backend, own: &str) {
        let Some(tls) = &backend.spec.tls else { return };
        for reference in &tls.ca_certificate_refs {
            self.add((&reference.group, &reference.kind), own, &reference.name);
        }
        tls.client_certificate_ref.iter().for_each(|reference| self.secret(reference, own));
    }

    fn secret(&mut self, reference: &gw::SecretObjectReference, own: &str) {
        let of =
            (reference.group.as_deref().unwrap_or_default(), reference.kind.as_deref().unwrap_or("Secret"));
        self.add(of, reference.namespace.as_deref().unwrap_or(own), &reference.name);
    }

    fn add(&mut self, of: (&str, &str), namespace: &str, name: &str) {
        let name = || ObjectName::new(namespace, name);
        match of {
            ("", "Secret") => drop(self.secrets.insert(name())),
            ("", "ConfigMap") => drop(self.config_maps.insert(name())),
            _ => {}
        }
    }
}

fn namespace(namespace: Option<&str>) -> &str {
    namespace.unwrap_or("default")
}

#[cfg(test)]
mod tests;
