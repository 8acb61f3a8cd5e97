//! Certificates, keys and authorities out of Secrets and ConfigMaps, each read once.

use crate::{
    assembly::Assembly,
    index::Index,
    object::{Kind, Name},
    pem,
};
use corten_crds::core::Secret;
use corten_snapshot::{Certificate, CertificateKey, Part, PartKey, Trust, TrustKey};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Materials {
    certificates: FxHashMap<CertificateKey, Result<Certificate, String>>,
    trusts: FxHashMap<TrustKey, Result<Trust, String>>,
}

/// Where authorities are looked for.
const CA_KEY: &str = "ca.crt";

impl Materials {
    /// The certificate in the Secret `name`, or why it is none.
    pub(crate) fn certificate(
        &mut self,
        index: &Index<'_>,
        name: Name<'_>,
    ) -> Result<CertificateKey, String> {
        let key = CertificateKey::new(format!("secret/{}/{}", name.0, name.1));
        let read = self.certificates.entry(key.clone()).or_insert_with(|| read_certificate(index, name));
        read.as_ref().map(|_| key).map_err(Clone::clone)
    }

    /// The authorities in the ConfigMap or Secret `name`, or why there are none.
    pub(crate) fn trust(
        &mut self,
        index: &Index<'_>,
        kind: Kind,
        name: Name<'_>,
    ) -> Result<TrustKey, String> {
        let prefix = if kind == Kind::Secret { "secret" } else { "configmap" };
        let key = TrustKey::new(format!("{prefix}/{}/{}", name.0, name.1));
        let read = self.trusts.entry(key.clone()).or_insert_with(|| read_trust(index, kind, name));
        read.as_ref().map(|_| key).map_err(Clone::clone)
    }

    /// Puts a certificate that was read into the snapshot.
    pub(crate) fn add_certificate(&self, assembly: &mut Assembly, key: &CertificateKey) {
        assembly.share(PartKey::Certificate(key.clone()), || {
            let read = self.certificates.get(key)?.as_ref().ok()?;
            Some(Part::Certificate(Box::new(read.clone())))
        });
    }

    /// Puts authorities that were read into the snapshot.
    pub(crate) fn add_trust(&self, assembly: &mut Assembly, key: &TrustKey) {
        assembly.share(PartKey::Trust(key.clone()), || {
            let read = self.trusts.get(key)?.as_ref().ok()?;
            Some(Part::Trust(read.clone()))
        });
    }
}

fn read_certificate(index: &Index<'_>, name: Name<'_>) -> Result<Certificate, String> {
    let secret =
        index.secrets.get(name).ok_or_else(|| format!("Secret {}/{} does not exist", name.0, name.1))?;
    let field = |key: &str, read: fn(&[u8]) -> Result<String, String>| {
        let named = |why: String| format!("`{key}` of Secret {}/{} {why}", name.0, name.1);
        read(&secret_value(secret, key).ok_or_else(|| named("is missing".to_owned()))?).map_err(named)
    };
    Ok(Certificate {
        chain_pem: field("tls.crt", pem::certificates)?,
        key_pem: field("tls.key", pem::private_key)?,
    })
}

fn read_trust(index: &Index<'_>, kind: Kind, name: Name<'_>) -> Result<Trust, String> {
    let what = format!("{} {}/{}", kind.as_str(), name.0, name.1);
    let missing = || format!("{what} does not exist");
    let value: Option<Cow<'_, [u8]>> = if kind == Kind::Secret {
        secret_value(index.secrets.get(name).ok_or_else(missing)?, CA_KEY)
    } else {
        let data = index.config_maps.get(name).ok_or_else(missing)?.data.as_ref();
        data.and_then(|data| data.get(CA_KEY)).map(|text| Cow::Borrowed(text.as_bytes()))
    };
    let value = value.ok_or_else(|| format!("{what} has no key `{CA_KEY}`"))?;
    let pem = pem::certificates(&value).map_err(|why| format!("`{CA_KEY}` of {what} {why}"))?;
    Ok(Trust { pem })
}

/// A value of a Secret. `stringData` wins, as the API server has it.
fn secret_value<'s>(secret: &'s Secret, key: &str) -> Option<Cow<'s, [u8]>> {
    let text = secret.string_data.as_ref().and_then(|data| data.get(key));
    let bytes = secret.data.as_ref().and_then(|data| data.get(key));
    text.map(|text| text.as_bytes()).or(bytes.map(|bytes| bytes.0.as_slice())).map(Cow::Borrowed)
}
