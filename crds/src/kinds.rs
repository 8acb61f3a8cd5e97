//! The kinds that Corten reads, by group, version and kind.

use std::fmt;

use crate::suggest::closest;

const GATEWAY: &str = "gateway.networking.k8s.io";

/// What identifies a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version of the Rust type, which is the storage version of the CRD.
    pub version: &'static str,
    /// Every version that objects may be written in. Their schemas agree with `version`'s, so the Rust type reads all.
    pub served: &'static [&'static str],
    /// The kind, for example `HTTPRoute`.
    pub kind: &'static str,
    /// The resource name, for example `httproutes`.
    pub plural: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

impl KindInfo {
    /// `group/version`, or `version` for the core group, of the Rust type.
    #[must_use]
    pub fn api_version(&self) -> String {
        api_version(self.group, self.version)
    }

    const fn gateway(kind: &'static str, plural: &'static str, served: &'static [&'static str]) -> Self {
        Self { group: GATEWAY, version: "v1", served, kind, plural, namespaced: true }
    }

    const fn corten(kind: &'static str, plural: &'static str) -> Self {
        let served = &["v1alpha1"];
        Self { group: crate::v1alpha1::GROUP, version: "v1alpha1", served, kind, plural, namespaced: true }
    }

    const fn core(kind: &'static str, plural: &'static str, namespaced: bool) -> Self {
        Self { group: "", version: "v1", served: &["v1"], kind, plural, namespaced }
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Every kind that Corten reads.
pub const KINDS: &[KindInfo] = &[
    KindInfo { namespaced: false, ..KindInfo::gateway("GatewayClass", "gatewayclasses", &["v1", "v1beta1"]) },
    KindInfo::gateway("Gateway", "gateways", &["v1", "v1beta1"]),
    KindInfo::gateway("ListenerSet", "listenersets", &["v1"]),
    KindInfo::gateway("HTTPRoute", "httproutes", &["v1", "v1beta1"]),
    KindInfo::gateway("GRPCRoute", "grpcroutes", &["v1"]),
    KindInfo::gateway("TLSRoute", "tlsroutes", &["v1", "v1alpha2", "v1alpha3"]),
    KindInfo::gateway("TCPRoute", "tcproutes", &["v1", "v1alpha2"]),
    KindInfo::gateway("UDPRoute", "udproutes", &["v1", "v1alpha2"]),
    KindInfo {
        version: "v1beta1",
        ..KindInfo::gateway("ReferenceGrant", "referencegrants", &["v1", "v1beta1"])
    },
    KindInfo::gateway("BackendTLSPolicy", "backendtlspolicies", &["v1", "v1alpha3"]),
    KindInfo::corten("Backend", "backends"),
    KindInfo::corten("BackendPolicy", "backendpolicies"),
    KindInfo::corten("ListenerPolicy", "listenerpolicies"),
    KindInfo::corten("GatewayParameters", "gatewayparameters"),
    KindInfo::core("Namespace", "namespaces", false),
    KindInfo::core("Service", "services", true),
    KindInfo::core("Secret", "secrets", true),
    KindInfo::core("ConfigMap", "configmaps", true),
    KindInfo { group: "discovery.k8s.io", ..KindInfo::core("EndpointSlice", "endpointslices", true) },
];

/// An apiVersion and kind that Corten does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownKind {
    /// As the object has it.
    pub api_version: String,
    /// As the object has it.
    pub kind: String,
    /// What the author may have meant: an apiVersion and kind.
    pub suggestion: Option<(String, &'static str)>,
}

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no kind `{}` in apiVersion `{}`", self.kind, self.api_version)
    }
}

impl UnknownKind {
    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let (api_version, kind) = self.suggestion.as_ref()?;
        Some(format!("did you mean `apiVersion: {api_version}`, `kind: {kind}`?"))
    }
}

/// The kind of an object.
///
/// # Errors
/// [`UnknownKind`] if Corten does not read it in this version, with a suggestion where one is close.
pub fn find(api_version: &str, kind: &str) -> Result<&'static KindInfo, UnknownKind> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let exact = |info: &&KindInfo| info.group == group && info.kind == kind && info.served.contains(&version);
    KINDS.iter().find(exact).ok_or_else(|| UnknownKind {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        suggestion: suggestion(group, kind),
    })
}

/// The kind of that name (case aside), in this group if there are several, else the closest name of any.
fn suggestion(group: &str, kind: &str) -> Option<(String, &'static str)> {
    let named = |name: &str| KINDS.iter().filter(|i| i.kind.eq_ignore_ascii_case(name)).collect::<Vec<_>>();
    let mut found = named(kind);
    if found.is_empty() {
        found = named(closest(kind, KINDS.iter().map(|i| i.kind))?);
    }
    let info = found.iter().find(|i| i.group == group).or_else(|| found.first())?;
    Some((info.api_version(), info.kind))
}

#[cfg(test)]
mod tests;
