//! The certificate that a Gateway shows to backends: `spec.tls.backend.clientCertificateRef` (GEP-3155).

use crate::{
    index::Index,
    listener::certificate::certificate,
    materials::Materials,
    object::{Kind, Object},
    problem::Problem,
};
use corten_crds::gateway::Gateway;
use corten_snapshot::CertificateKey;

/// What a Gateway shows of itself to backends with TLS.
pub(crate) enum ClientCertificate {
    /// Nothing.
    None,
    /// This certificate.
    Some(CertificateKey),
    /// What was asked for cannot be shown, so no backend with TLS is called.
    Invalid(Problem),
}

/// Reads the reference of `gateway`.
pub(super) fn read(index: &Index<'_>, materials: &mut Materials, gateway: &Gateway) -> ClientCertificate {
    let backend = gateway.spec.tls.as_ref().and_then(|tls| tls.backend.as_ref());
    let Some(reference) = backend.and_then(|backend| backend.client_certificate_ref.as_ref()) else {
        return ClientCertificate::None;
    };
    match certificate(index, materials, (Kind::Gateway, gateway.namespace()), reference) {
        Ok(key) => ClientCertificate::Some(key),
        Err((not_permitted, message, remedy)) => {
            let reason = if not_permitted { "RefNotPermitted" } else { "InvalidClientCertificateRef" };
            let field = "tls.backend.clientCertificateRef";
            ClientCertificate::Invalid(Problem::new(reason, field, message, remedy))
        }
    }
}
