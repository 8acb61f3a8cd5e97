//! Certificates of HTTPS listeners.

use super::Owner;
use crate::{
    index::Index,
    materials::Materials,
    object::Kind,
    problem::Problem,
    refs::{Reference, not_permitted},
};
use corten_crds::gateway::SecretObjectReference;
use corten_snapshot::CertificateKey;

/// The certificates that `refs` of `owner` name, and what is wrong with the others.
pub(super) fn resolve(
    index: &Index<'_>,
    materials: &mut Materials,
    owner: Owner<'_>,
    refs: &[SecretObjectReference],
    field: &str,
) -> (Vec<CertificateKey>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut certificates = Vec::new();
    if refs.is_empty() {
        problems.push(Problem::new(
            "InvalidCertificateRef",
            format!("{field}.certificateRefs"),
            "an HTTPS listener needs a certificate",
            "name a Secret of type kubernetes.io/tls",
        ));
    }
    for (position, reference) in refs.iter().enumerate() {
        let field = format!("{field}.certificateRefs[{position}]");
        match certificate(index, materials, (owner.kind(), owner.name().0), reference) {
            Ok(key) if certificates.contains(&key) => {}
            Ok(key) => certificates.push(key),
            Err((true, message, remedy)) => {
                problems.push(Problem::new("RefNotPermitted", field, message, remedy));
            }
            Err((false, message, remedy)) => {
                problems.push(Problem::new("InvalidCertificateRef", field, message, remedy));
            }
        }
    }
    (certificates, problems)
}

/// The certificate behind a reference. An error says whether permission was lacking, what is wrong, and what to do.
pub(crate) fn certificate(
    index: &Index<'_>,
    materials: &mut Materials,
    (from, from_namespace): (Kind, &str),
    reference: &SecretObjectReference,
) -> Result<CertificateKey, (bool, String, String)> {
    let group = reference.group.as_deref().unwrap_or_default();
    let kind = reference.kind.as_deref().unwrap_or("Secret");
    if (group, kind) != ("", "Secret") {
        let message =
            format!("certificates are read from Secrets, not from kind `{kind}` of group `{group}`");
        return Err((false, message, "name a Secret of type kubernetes.io/tls".to_owned()));
    }
    let namespace = reference.namespace.as_deref().unwrap_or(from_namespace);
    let to = (namespace, reference.name.as_str());
    let link = Reference { from, from_namespace, group, kind, to };
    if !index.permits(&link) {
        let (message, remedy) = not_permitted(&link);
        return Err((true, message, remedy));
    }
    materials.certificate(index, to).map_err(|message| {
        let (namespace, name) = to;
        let remedy = format!("kubectl create secret tls {name} -n {namespace} --cert=FILE --key=FILE");
        (false, message, remedy)
    })
}
