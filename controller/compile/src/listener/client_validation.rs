//! Verification of client certificates: `spec.tls.frontend` of a Gateway (GEP-91).

use crate::{
    index::Index,
    materials::Materials,
    object::{Kind, Object},
    problem::Problem,
    refs::{Reference, not_permitted},
};
use corten_crds::gateway as gw;
use corten_snapshot::{ClientValidation, TrustKey};
use std::collections::BTreeMap;

/// Verification on one port.
#[derive(Clone, Default)]
pub(crate) struct Validation {
    /// What is asked for. `None`: nothing.
    pub(crate) client: Option<ClientValidation>,
    /// References that cannot be resolved.
    pub(crate) problems: Vec<Problem>,
    /// Set if none can: then the listener must not be served.
    pub(crate) refused: Option<Problem>,
}

/// Verification on all ports of a Gateway.
#[derive(Default)]
pub(crate) struct ValidationConfig {
    default: Validation,
    per_port: BTreeMap<u16, Validation>,
}

impl ValidationConfig {
    /// Reads the configuration of `gateway`.
    pub(crate) fn read(index: &Index<'_>, materials: &mut Materials, gateway: &gw::Gateway) -> Self {
        let Some(frontend) = gateway.spec.tls.as_ref().and_then(|tls| tls.frontend.as_ref()) else {
            return Self::default();
        };
        let mut read = |config: &gw::TlsConfig, field: String| match &config.validation {
            Some(validation) => read(index, materials, gateway, validation, &field),
            None => Validation::default(),
        };
        let default = read(&frontend.default, "tls.frontend.default.validation".to_owned());
        let per_port = frontend.per_port.iter().enumerate().map(|(position, port)| {
            (port.port, read(&port.tls, format!("tls.frontend.perPort[{position}].tls.validation")))
        });
        Self { per_port: per_port.collect(), default }
    }

    /// What applies to listeners on `port`.
    pub(super) fn for_port(&self, port: u16) -> &Validation {
        self.per_port.get(&port).unwrap_or(&self.default)
    }

    /// Whether any port lets unverified clients in.
    pub(crate) fn insecure(&self) -> bool {
        let all = self.per_port.values().chain([&self.default]);
        all.filter_map(|validation| validation.client.as_ref()).any(|client| client.allow_insecure_fallback)
    }
}

fn read(
    index: &Index<'_>,
    materials: &mut Materials,
    gateway: &gw::Gateway,
    validation: &gw::FrontendTlsValidation,
    field: &str,
) -> Validation {
    let mut trust = Vec::new();
    let mut problems = Vec::new();
    for (position, reference) in validation.ca_certificate_refs.iter().enumerate() {
        match authorities(index, materials, gateway, reference) {
            Ok(key) if trust.contains(&key) => {}
            Ok(key) => trust.push(key),
            Err((reason, message, remedy)) => {
                problems.push(Problem::new(
                    reason,
                    format!("{field}.caCertificateRefs[{position}]"),
                    message,
                    remedy,
                ));
            }
        }
    }
    if trust.is_empty() {
        let remedy = "name a ConfigMap with the authorities in `ca.crt`";
        let refused = Problem::new(
            "NoValidCACertificate",
            format!("{field}.caCertificateRefs"),
            "no authority to verify client certificates with could be read",
            remedy,
        );
        return Validation { client: None, problems, refused: Some(refused) };
    }
    let allow_insecure_fallback = validation.mode == Some(gw::FrontendValidationMode::AllowInsecureFallback);
    Validation { client: Some(ClientValidation { trust, allow_insecure_fallback }), problems, refused: None }
}

fn authorities(
    index: &Index<'_>,
    materials: &mut Materials,
    gateway: &gw::Gateway,
    reference: &gw::ObjectReference,
) -> Result<TrustKey, (&'static str, String, String)> {
    let kind = match (reference.group.as_str(), reference.kind.as_str()) {
        ("", "ConfigMap") => Kind::ConfigMap,
        ("", "Secret") => Kind::Secret,
        (group, kind) => {
            let message =
                format!("authorities are read from ConfigMaps, not from kind `{kind}` of group `{group}`");
            return Err(("InvalidCACertificateKind", message, "name a ConfigMap".to_owned()));
        }
    };
    let namespace = reference.namespace.as_deref().unwrap_or(gateway.namespace());
    let to = (namespace, reference.name.as_str());
    let (group, kind_name) = (reference.group.as_str(), reference.kind.as_str());
    let from_namespace = gateway.namespace();
    let link = Reference { from: Kind::Gateway, from_namespace, group, kind: kind_name, to };
    if !index.permits(&link) {
        let (message, remedy) = not_permitted(&link);
        return Err(("RefNotPermitted", message, remedy));
    }
    materials.trust(index, kind, to).map_err(|message| {
        let remedy = "put the authorities, in PEM form, under the key `ca.crt`".to_owned();
        ("InvalidCACertificateRef", message, remedy)
    })
}
