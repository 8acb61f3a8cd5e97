//! An object as the API server sends it: what the compiler reads, apart from what only a writer needs.
//!
//! The split is what keeps the controller quiet. A change of status or resourceVersion, which is what our own writes
//! are, leaves the compiled object as it is, so nothing is compiled again.

use corten_compile::{Kind, ObjectName};
use corten_crds::{KindInfo, gateway as gw, kinds, v1alpha1 as own};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::DynamicResourceScope;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt, sync::Arc};

/// A kind that is watched.
pub trait Watched: Clone + PartialEq + fmt::Debug + DeserializeOwned + Send + Sync + 'static {
    /// Where the API server has it.
    fn info() -> KindInfo;

    /// What the compiler calls it, if it reads it.
    fn kind() -> Option<Kind>;

    /// Removes what is not compiled.
    fn strip(object: &mut Map<String, Value>) {
        object.remove("status");
        if let Some(Value::Object(meta)) = object.get_mut("metadata") {
            strip_metadata(meta);
            meta.remove("ownerReferences");
        }
    }
}

/// Members of the metadata that nobody here reads, and that change without any meaning.
const UNREAD: [&str; 6] =
    ["managedFields", "resourceVersion", "selfLink", "generateName", "finalizers", "annotations"];

fn strip_metadata(meta: &mut Map<String, Value>) {
    for member in UNREAD {
        meta.remove(member);
    }
}

/// What a writer needs to know of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub version: String,
    /// `status` as JSON text, as it came: others' entries may have members that our types do not know.
    pub status: Option<Box<str>>,
}

impl Shown {
    /// Of an object as JSON.
    pub fn of(object: &Value) -> Self {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            uid: text("/metadata/uid"),
            version: text("/metadata/resourceVersion"),
            status: object
                .get("status")
                .filter(|status| !status.is_null())
                .map(|status| status.to_string().into()),
        }
    }

    /// Whether it is an earlier state of the object than `other`. Versions of one kind can be compared: each is larger than
    /// those before it (KEP-5504).
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let number = |shown: &Self| shown.version.parse::<u64>().ok();
        match (number(self), number(other)) {
            (Some(own), Some(others)) => own < others && self.uid == other.uid,
            _ => false,
        }
    }

    /// The status, parsed.
    pub fn status(&self) -> Option<Value> {
        // It was written from a value.
        self.status.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }
}

/// An object, or why it cannot be read: one that our types do not understand hurts nobody else.
#[derive(Clone, Debug)]
pub struct Seen<K> {
    /// Namespace and name.
    pub name: ObjectName,
    /// For writers.
    pub shown: Shown,
    /// What is compiled.
    pub object: Result<Arc<K>, String>,
    meta: ObjectMeta,
}

impl<'de, K: Watched> Deserialize<'de> for Seen<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(Value::deserialize(deserializer)?))
    }
}

impl<K: Watched> Seen<K> {
    /// Splits an object.
    pub fn of(mut object: Value) -> Self {
        let shown = Shown::of(&object);
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let meta = ObjectMeta {
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
            resource_version: Some(shown.version.clone()),
            uid: Some(shown.uid.clone()),
            ..ObjectMeta::default()
        };
        if let Value::Object(members) = &mut object {
            K::strip(members);
        }
        let name = ObjectName::new(
            meta.namespace.clone().unwrap_or_default(),
            meta.name.clone().unwrap_or_default(),
        );
        let object = serde_json::from_value(object).map(Arc::new).map_err(|error| error.to_string());
        Self { name, shown, object, meta }
    }
}

impl<K: Watched> kube::Resource for Seen<K> {
    type DynamicType = ();
    type Scope = DynamicResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::info().kind.into()
    }
    fn group((): &()) -> Cow<'_, str> {
        K::info().group.into()
    }
    fn version((): &()) -> Cow<'_, str> {
        K::info().version.into()
    }
    fn plural((): &()) -> Cow<'_, str> {
        K::info().plural.into()
    }
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

/// The kind of this name and group. All that are asked for are in the list; a test asks for each.
pub(super) fn info(group: &str, kind: &str) -> KindInfo {
    let known = kinds::KINDS.iter().find(|info| (info.group, info.kind) == (group, kind));
    const UNKNOWN: KindInfo =
        KindInfo { group: "", version: "", served: &[], kind: "", plural: "", namespaced: false };
    known.copied().unwrap_or(UNKNOWN)
}

macro_rules! watched {
    ($($type:ty => $kind:ident),* $(,)?) => {
        $(impl Watched for $type {
            fn info() -> KindInfo {
                info(Kind::$kind.group(), Kind::$kind.as_str())
            }
            fn kind() -> Option<Kind> {
                Some(Kind::$kind)
            }
        })*

        #[cfg(test)]
        #[test]
        fn every_kind_is_in_the_list() {
            $(assert_eq!(<$type>::info().kind, Kind::$kind.as_str());)*
        }
    };
}

watched! {
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
    corten_crds::core::Service => Service,
    corten_crds::core::EndpointSlice => EndpointSlice,
    corten_crds::core::Secret => Secret,
    corten_crds::core::ConfigMap => ConfigMap,
    corten_crds::core::Namespace => Namespace,
}

#[cfg(test)]
mod tests;
