//! What TLS towards upstreams is made of: authorities and names, from BackendTLSPolicies and Backends.

use crate::{hostname, index::Index, materials::Materials, object::Kind, problem::Problem};
use corten_crds::gateway::{LocalObjectReference, SubjectAltName as Given, SubjectAltNameType};
use corten_snapshot::{SubjectAltName, TrustKey};

/// The authorities that `refs` in `namespace` name, and what is wrong with the others. The reasons are those of
/// BackendTLSPolicy: `InvalidCACertificateRef` and `InvalidKind`.
pub(super) fn authorities(
    index: &Index<'_>,
    materials: &mut Materials,
    namespace: &str,
    refs: &[LocalObjectReference],
    field: &str,
) -> (Vec<TrustKey>, Vec<Problem>) {
    let mut keys = Vec::new();
    let mut problems = Vec::new();
    for (position, reference) in refs.iter().enumerate() {
        let field = format!("{field}.caCertificateRefs[{position}]");
        let kind = match (reference.group.as_str(), reference.kind.as_str()) {
            ("", "ConfigMap") => Kind::ConfigMap,
            ("", "Secret") => Kind::Secret,
            (group, kind) => {
                let message = format!(
                    "authorities are read from ConfigMaps, not from kind `{kind}` of group `{group}`"
                );
                problems.push(Problem::new("InvalidKind", field, message, "name a ConfigMap"));
                continue;
            }
        };
        match materials.trust(index, kind, (namespace, &reference.name)) {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(message) => {
                let remedy = "put the authorities, in PEM form, under the key `ca.crt`";
                problems.push(Problem::new("InvalidCACertificateRef", field, message, remedy));
            }
        }
    }
    (keys, problems)
}

/// The names of which a certificate must hold one.
pub(super) fn subject_alt_names(given: &[Given], field: &str) -> Result<Vec<SubjectAltName>, Problem> {
    let read = |(position, name): (usize, &Given)| {
        let refused = |message: String| {
            let field = format!("{field}.subjectAltNames[{position}]");
            Problem::new("Invalid", field, message, "write a DNS name for type Hostname, a URI for type URI")
        };
        match (name.type_, name.hostname.as_deref(), name.uri.as_deref()) {
            (SubjectAltNameType::Hostname, Some(hostname), None) => {
                let precise = hostname.strip_prefix("*.").unwrap_or(hostname);
                hostname::check(precise)
                    .map_err(|why| refused(format!("`{}` is no hostname: {why}", hostname.escape_debug())))?;
                Ok(SubjectAltName::Hostname(hostname.to_owned()))
            }
            (SubjectAltNameType::Uri, None, Some(uri)) if is_uri(uri) => {
                Ok(SubjectAltName::Uri(uri.to_owned()))
            }
            _ => Err(refused("the name does not fit its type".to_owned())),
        }
    };
    given.iter().enumerate().map(read).collect()
}

fn is_uri(uri: &str) -> bool {
    let (scheme, rest) = uri.split_once(':').unwrap_or_default();
    !scheme.is_empty() && !rest.is_empty() && uri.bytes().all(|byte| byte.is_ascii_graphic())
}
