//! Which kinds are read, passed by or refused, and typed objects of those that are read.

use corten_compile::Inputs;
use corten_crds::{
    core::{ConfigMap, EndpointSlice, Namespace, Secret, Service},
    gateway::{
        BackendTlsPolicy, Gateway, GatewayClass, GrpcRoute, ListenerSet, ReferenceGrant, TcpRoute, TlsRoute,
        UdpRoute, slim::HttpRoute,
    },
    kinds::{KindInfo, UnknownKind, find},
    v1alpha1::{Backend, BackendPolicy, GatewayParameters, ListenerPolicy},
};
use serde::de::Error as _;
use serde_json::Value;
use std::sync::Arc;

macro_rules! kinds {
    ($($variant:ident $name:literal $field:ident,)*) => {
        /// An object of one of the kinds.
        #[derive(Clone, Debug)]
        pub enum Object {
            $(#[doc = concat!("`", $name, "`.")] $variant(Arc<$variant>),)*
        }

        impl Object {
            /// The typed object of a kind.
            ///
            /// # Errors
            /// What does not fit the type. The schema has been checked before, so that this is rare.
            pub fn decode(kind: &KindInfo, value: Value) -> Result<Self, serde_json::Error> {
                match kind.kind {
                    $($name => serde_json::from_value(value).map(|o| Self::$variant(Arc::new(o))),)*
                    other => Err(serde_json::Error::custom(format!("no type for {other}"))),
                }
            }

            /// Adds it to what is compiled.
            pub fn put_into(self, inputs: &mut Inputs) {
                match self {
                    $(Self::$variant(object) => inputs.$field.push(object),)*
                }
            }

            /// Whether both are the same object in memory.
            pub fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$variant(a), Self::$variant(b)) => Arc::ptr_eq(a, b),)*
                    _ => false,
                }
            }
        }
    };
}

kinds! {
    GatewayClass "GatewayClass" gateway_classes,
    Gateway "Gateway" gateways,
    ListenerSet "ListenerSet" listener_sets,
    HttpRoute "HTTPRoute" http_routes,
    GrpcRoute "GRPCRoute" grpc_routes,
    TlsRoute "TLSRoute" tls_routes,
    TcpRoute "TCPRoute" tcp_routes,
    UdpRoute "UDPRoute" udp_routes,
    ReferenceGrant "ReferenceGrant" reference_grants,
    BackendTlsPolicy "BackendTLSPolicy" backend_tls_policies,
    Backend "Backend" backends,
    BackendPolicy "BackendPolicy" backend_policies,
    ListenerPolicy "ListenerPolicy" listener_policies,
    GatewayParameters "GatewayParameters" gateway_parameters,
    Namespace "Namespace" namespaces,
    Service "Service" services,
    Secret "Secret" secrets,
    ConfigMap "ConfigMap" config_maps,
    EndpointSlice "EndpointSlice" endpoint_slices,
}

/// Groups in which every kind is known, so that another one is a mistake.
const OWN_GROUPS: &[&str] = &["gateway.networking.k8s.io", "corten.dev"];

/// Kinds that people keep beside their routes and that do not matter here, in the groups of kinds that do.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "Endpoints",
            "Event",
            "LimitRange",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "ServiceAccount",
        ],
    ),
    ("discovery.k8s.io", &[]),
];

/// What an `apiVersion` and a `kind` stand for.
#[derive(Clone, Debug)]
pub enum Known {
    /// A kind that is read.
    Read(&'static KindInfo),
    /// A kind that does not matter here.
    Other,
    /// A mistake.
    Unknown(UnknownKind),
}

/// Looks up a kind.
pub fn look_up(api_version: &str, kind: &str) -> Known {
    let unknown = match find(api_version, kind) {
        Ok(info) => return Known::Read(info),
        Err(unknown) => unknown,
    };
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let others = OTHERS.iter().find(|(name, _)| *name == group).map(|(_, kinds)| *kinds);
    // `networking.k8s.io/v1 HTTPRoute` is the right kind in a wrong group; `Gateway` of Istio is not ours.
    let same_name = unknown.suggestion.as_ref().is_some_and(|(_, name)| *name == kind);
    let misplaced = same_name && group.ends_with("k8s.io");
    let is_mistake =
        OWN_GROUPS.contains(&group) || misplaced || others.is_some_and(|kinds| !kinds.contains(&kind));
    if is_mistake { Known::Unknown(unknown) } else { Known::Other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_crds::kinds::KINDS;
    use serde_json::json;

    fn remedy(api_version: &str, kind: &str) -> Option<String> {
        match look_up(api_version, kind) {
            Known::Unknown(unknown) => unknown.remedy(),
            other => panic!("{api_version} {kind}: {other:?}"),
        }
    }

    #[test]
    fn every_kind_has_a_type() {
        for kind in KINDS {
            assert!(matches!(look_up(&kind.api_version(), kind.kind), Known::Read(found) if found == kind));
            let error = Object::decode(kind, json!("text")).unwrap_err().to_string();
            assert!(!error.contains("no type"), "{}: {error}", kind.kind);
        }
    }

    #[test]
    fn mistakes_are_told_from_what_does_not_matter() {
        let route =
            Some("did you mean `apiVersion: gateway.networking.k8s.io/v1`, `kind: HTTPRoute`?".to_owned());
        for (api_version, kind) in [
            ("gateway.networking.k8s.io/v1", "HttpRoute"),
            ("gateway.networking.k8s.io/v1alpha2", "HTTPRoute"),
            ("networking.k8s.io/v1", "HTTPRoute"),
            ("gateway.networking.x-k8s.io/v1", "HTTPRoute"),
        ] {
            assert_eq!(remedy(api_version, kind), route, "{api_version} {kind}");
        }
        assert_eq!(remedy("gateway.networking.k8s.io/v1", "Elephant"), None);
        assert!(remedy("v1", "Servcie").unwrap().contains("`kind: Service`"));
        assert!(
            remedy("discovery.k8s.io/v1beta1", "EndpointSlice").unwrap().contains("discovery.k8s.io/v1`")
        );
        for (api_version, kind) in [
            ("apps/v1", "Deployment"),
            ("v1", "Pod"),
            ("networking.k8s.io/v1", "Ingress"),
            ("cert-manager.io/v1", "Certificate"),
            ("networking.istio.io/v1", "Gateway"),
        ] {
            assert!(matches!(look_up(api_version, kind), Known::Other), "{api_version} {kind}");
        }
    }
}
