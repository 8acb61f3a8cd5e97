//! How objects are named.

use corten_crds::{core, gateway as gw, v1alpha1 as own};
use k8s_openapi::jiff::Timestamp;
use serde::Serialize;
use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal in $group:expr;)*) => {
        /// The kinds that the compiler reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl Kind {
            /// The kind as YAML writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
            /// The API group; empty for the core group.
            pub const fn group(self) -> &'static str {
                match self { $(Self::$variant => $group,)* }
            }
        }
    };
}

/// The group of the Gateway API.
pub(crate) const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The group of Corten's own kinds.
pub(crate) const CORTEN_GROUP: &str = own::GROUP;

kinds! {
    /// GatewayClass (cluster-scoped).
    GatewayClass = "GatewayClass" in GATEWAY_GROUP;
    /// Gateway.
    Gateway = "Gateway" in GATEWAY_GROUP;
    /// ListenerSet.
    ListenerSet = "ListenerSet" in GATEWAY_GROUP;
    /// HTTPRoute.
    HttpRoute = "HTTPRoute" in GATEWAY_GROUP;
    /// GRPCRoute.
    GrpcRoute = "GRPCRoute" in GATEWAY_GROUP;
    /// TLSRoute.
    TlsRoute = "TLSRoute" in GATEWAY_GROUP;
    /// TCPRoute.
    TcpRoute = "TCPRoute" in GATEWAY_GROUP;
    /// UDPRoute.
    UdpRoute = "UDPRoute" in GATEWAY_GROUP;
    /// ReferenceGrant.
    ReferenceGrant = "ReferenceGrant" in GATEWAY_GROUP;
    /// BackendTLSPolicy.
    BackendTlsPolicy = "BackendTLSPolicy" in GATEWAY_GROUP;
    /// Backend.
    Backend = "Backend" in CORTEN_GROUP;
    /// BackendPolicy.
    BackendPolicy = "BackendPolicy" in CORTEN_GROUP;
    /// ListenerPolicy.
    ListenerPolicy = "ListenerPolicy" in CORTEN_GROUP;
    /// GatewayParameters.
    GatewayParameters = "GatewayParameters" in CORTEN_GROUP;
    /// Service.
    Service = "Service" in "";
    /// EndpointSlice.
    EndpointSlice = "EndpointSlice" in "discovery.k8s.io";
    /// Secret.
    Secret = "Secret" in "";
    /// ConfigMap.
    ConfigMap = "ConfigMap" in "";
    /// Namespace (cluster-scoped).
    Namespace = "Namespace" in "";
}

/// Namespace and name; the namespace is empty for cluster-scoped objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ObjectName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// Makes a name.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// One object of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ObjectId {
    /// The kind.
    pub kind: Kind,
    /// Namespace and name.
    pub name: ObjectName,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// Namespace and name, borrowed from an input.
pub(crate) type Name<'a> = (&'a str, &'a str);

/// An input object. A missing name reads as empty, and a missing namespace as `default` for namespaced kinds, as
/// `kubectl` has it.
pub(crate) trait Object: Clone + PartialEq + fmt::Debug {
    const KIND: Kind;
    /// The namespace as it is written.
    fn written_namespace(&self) -> Option<&str>;
    /// The name as it is written.
    fn written_name(&self) -> Option<&str>;
    /// Its `metadata.generation`.
    fn generation(&self) -> Option<i64>;
    /// When it was created; not of files.
    fn created(&self) -> Option<Timestamp>;

    fn namespace(&self) -> &str {
        if matches!(Self::KIND, Kind::GatewayClass | Kind::Namespace) {
            return "";
        }
        self.written_namespace().filter(|namespace| !namespace.is_empty()).unwrap_or("default")
    }

    fn name(&self) -> &str {
        self.written_name().unwrap_or_default()
    }

    fn key(&self) -> Name<'_> {
        (self.namespace(), self.name())
    }

    fn id(&self) -> ObjectId {
        ObjectId { kind: Self::KIND, name: ObjectName::new(self.namespace(), self.name()) }
    }

    /// Older objects come first; objects without a creation time (files) come after those with one, by name.
    fn age(&self) -> (bool, Option<Timestamp>, Name<'_>) {
        let created = self.created();
        (created.is_none(), created, self.key())
    }
}

macro_rules! objects {
    ($($type:ty => $kind:ident),* $(,)?) => {
        $(impl Object for $type {
            const KIND: Kind = Kind::$kind;
            fn written_namespace(&self) -> Option<&str> {
                self.metadata.namespace.as_deref()
            }
            fn written_name(&self) -> Option<&str> {
                self.metadata.name.as_deref()
            }
            fn generation(&self) -> Option<i64> {
                self.metadata.generation
            }
            fn created(&self) -> Option<Timestamp> {
                self.metadata.creation_timestamp.as_ref().map(|time| time.0)
            }
        })*
    };
}

/// Kinds of which nothing is shown, and none is older than another: they have a name only.
macro_rules! named_objects {
    ($($kind:ident),* $(,)?) => {
        $(impl Object for core::$kind {
            const KIND: Kind = Kind::$kind;
            fn written_namespace(&self) -> Option<&str> {
                self.metadata.namespace.as_deref()
            }
            fn written_name(&self) -> Option<&str> {
                self.metadata.name.as_deref()
            }
            fn generation(&self) -> Option<i64> {
                None
            }
            fn created(&self) -> Option<Timestamp> {
                None
            }
        })*
    };
}

named_objects!(Service, EndpointSlice);

objects! {
    gw::GatewayClass => GatewayClass,
    gw::Gateway => Gateway,
    gw::ListenerSet => ListenerSet,
    gw::slim::HttpRoute => HttpRoute,
    gw::GrpcRoute => GrpcRoute,
    gw::TlsRoute => TlsRoute,
    gw::TcpRoute => TcpRoute,
    gw::UdpRoute => UdpRoute,
    gw::ReferenceGrant => ReferenceGrant,
    gw::BackendTlsPolicy => BackendTlsPolicy,
    own::Backend => Backend,
    own::BackendPolicy => BackendPolicy,
    own::ListenerPolicy => ListenerPolicy,
    own::GatewayParameters => GatewayParameters,
    core::Secret => Secret,
    core::ConfigMap => ConfigMap,
    core::Namespace => Namespace,
}
