//! Parts of a snapshot that the dataplane does not take, as messages about objects.

use crate::{
    diagnostic::Diagnostic,
    load::{Loader, identity::ObjectId, places::Places},
};
use corten_snapshot::{PartKey, Rejected};

/// A message for each rejected part, where the object behind it is written. Parts that are rejected for one reason,
/// such as the listeners of one port, are one message.
pub fn diagnostics(rejected: &[Rejected], loader: &Loader) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for part in rejected {
        let (message, remedy) = match part.reason.split_once("; ") {
            Some((message, remedy)) => (message, Some(remedy.to_owned())),
            None => (part.reason.as_str(), None),
        };
        let (id, field) = source(&part.key);
        let is_known =
            diagnostics.iter().any(|d| d.message == message && matches!(part.key, PartKey::Listener(_)));
        if is_known {
            continue;
        }
        let mut diagnostic = Diagnostic::error(code(&part.key), message);
        if let Some(id) = id {
            diagnostic = diagnostic.of(id.display()).field(field);
            diagnostic.place = Places::new(loader).of(&id, "");
        } else {
            diagnostic.message = format!("{}: {message}", part.key);
        }
        diagnostic.remedy = remedy;
        diagnostics.push(diagnostic);
    }
    diagnostics
}

fn code(key: &PartKey) -> &'static str {
    match key {
        PartKey::Listener(_) => "listener-not-open",
        _ => "rejected-by-dataplane",
    }
}

/// The object that a part is made of, and the field in it as far as the key tells.
fn source(key: &PartKey) -> (Option<ObjectId>, String) {
    let whole = |id| (id, String::new());
    match key {
        PartKey::Listener(key) | PartKey::Host(key, _) => listener(key.as_str()),
        PartKey::Cluster(key) => whole(upstream(key.as_str())),
        PartKey::Endpoints(key) => whole(upstream(key.as_str())),
        PartKey::Certificate(key) => whole(upstream(key.as_str())),
        PartKey::Trust(key) => whole(upstream(key.as_str())),
    }
}

/// `NAMESPACE/GATEWAY/LISTENER`, or `NAMESPACE/GATEWAY/SETNAMESPACE/LISTENERSET/LISTENER`.
fn listener(key: &str) -> (Option<ObjectId>, String) {
    let group = "gateway.networking.k8s.io";
    let id = |kind, namespace: &str, name: &str| {
        Some(ObjectId { group, kind, namespace: namespace.into(), name: name.into() })
    };
    let field = |listener: &str| format!("spec.listeners[{listener}]");
    match key.split('/').collect::<Vec<_>>().as_slice() {
        [namespace, gateway, listener] => (id("Gateway", namespace, gateway), field(listener)),
        [_, _, namespace, set, listener] => (id("ListenerSet", namespace, set), field(listener)),
        _ => (None, String::new()),
    }
}

/// `service/NAMESPACE/NAME:PORT`, `backend/NAMESPACE/NAME`, `secret/…`, `configmap/…`; what follows `@` says for whom.
fn upstream(key: &str) -> Option<ObjectId> {
    let (kind, rest) = key.split_once('/')?;
    let (namespace, name) = rest.split('@').next()?.split_once('/')?;
    let (group, kind) = match kind {
        "service" => ("", "Service"),
        "backend" => ("corten.dev", "Backend"),
        "secret" => ("", "Secret"),
        "configmap" => ("", "ConfigMap"),
        _ => return None,
    };
    let name = name.split(':').next()?;
    Some(ObjectId { group, kind, namespace: namespace.into(), name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::{CertificateKey, ClusterKey, HostnamePattern, ListenerKey};

    fn loader() -> Loader {
        let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
                       gatewayClassName: corten\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n";
        let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: shop}\n";
        let mut loader = Loader::new(Vec::new(), Some(format!("{gateway}{secret}")));
        loader.load();
        loader
    }

    fn rejected(key: PartKey, reason: &str) -> Rejected {
        Rejected { key, reason: reason.to_owned() }
    }

    #[test]
    fn a_port_in_use_is_one_message_for_all_its_listeners() {
        let reason = "cannot listen on 0.0.0.0:80: the port is in use by another process; stop it";
        let listener = |name: &str| rejected(PartKey::Listener(ListenerKey::new(name)), reason);
        let found = diagnostics(&[listener("default/gw/http"), listener("default/gw/more")], &loader());
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "-:1: error: Gateway default/gw: spec.listeners[http]: cannot listen on 0.0.0.0:80: the port is in use by \
             another process — stop it"
            ]
        );
    }

    #[test]
    fn every_part_leads_to_its_object() {
        let shown = |key| diagnostics(&[rejected(key, "why")], &loader()).remove(0).to_string();
        assert_eq!(
            shown(PartKey::Certificate(CertificateKey::new("secret/shop/tls"))),
            "-:8: error: Secret shop/tls: why"
        );
        assert_eq!(
            shown(PartKey::Cluster(ClusterKey::new("service/shop/api:80@shop/gw"))),
            "error: Service shop/api: why"
        );
        assert_eq!(
            shown(PartKey::Cluster(ClusterKey::new("backend/shop/api"))),
            "error: Backend shop/api: why"
        );
        assert_eq!(
            shown(PartKey::Host(ListenerKey::new("a/gw/b/set/http"), HostnamePattern::Any)),
            "error: ListenerSet b/set: spec.listeners[http]: why"
        );
        assert_eq!(shown(PartKey::Cluster(ClusterKey::new("odd"))), "error: cluster odd: why");
    }
}
