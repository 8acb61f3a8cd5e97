//! From which namespaces routes may attach to a listener.

use super::Listener;
use crate::{index::Index, labels};
use corten_crds::gateway::FromNamespaces;

impl Listener<'_> {
    /// Whether routes in `namespace` may attach. `Same` is the namespace of the Gateway or ListenerSet.
    pub(crate) fn allows_namespace(&self, index: &Index<'_>, namespace: &str) -> bool {
        let namespaces = self.spec.allowed_routes.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
        let from = namespaces.and_then(|namespaces| namespaces.from).unwrap_or_default();
        match from {
            FromNamespaces::All => true,
            FromNamespaces::Same => self.owner.name().0 == namespace,
            FromNamespaces::Selector => {
                let selector = namespaces.and_then(|namespaces| namespaces.selector.as_ref());
                selector.is_some_and(|selector| labels::selects_namespace(index, selector, namespace))
            }
        }
    }
}
