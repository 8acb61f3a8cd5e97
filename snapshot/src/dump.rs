//! A snapshot as JSON for people (`/snapshot`), and how large it is. Private keys are left out.

use crate::{Part, PartKey, Snapshot};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many parts of a kind there are and how large they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSize {
    /// Number of parts.
    pub parts: usize,
    /// Bytes of their encodings, without keys and hashes.
    pub bytes: usize,
}

impl Snapshot {
    /// Number and size of the parts, by [`PartKey::kind`]; kinds without parts are absent.
    pub fn sizes(&self) -> BTreeMap<&'static str, KindSize> {
        let mut sizes = BTreeMap::<_, KindSize>::new();
        for (key, hashed) in self.iter() {
            let size = sizes.entry(key.kind()).or_default();
            size.parts += 1;
            size.bytes += hashed.part.encoded_len();
        }
        sizes
    }

    /// The whole snapshot, without private keys:
    /// `{"hash", "parts": N, "bytes": N, "sizes": {KIND: {"parts", "bytes"}},
    /// KIND: {NAME: {"hash", ...the part's fields}}}`. A host's name is `HOSTNAME on LISTENER`.
    pub fn to_json(&self) -> Value {
        let sizes = self.sizes();
        let mut kinds = BTreeMap::<_, Map<String, Value>>::new();
        for (key, hashed) in self.iter() {
            let mut value = hashed.part.to_json();
            if let Value::Object(fields) = &mut value {
                fields.insert("hash".into(), hashed.hash.to_string().into());
            }
            kinds.entry(key.kind()).or_default().insert(name(key), value);
        }
        let mut dump = Map::new();
        dump.insert("hash".into(), self.hash().to_string().into());
        dump.insert("parts".into(), self.len().into());
        dump.insert("bytes".into(), sizes.values().map(|size| size.bytes).sum::<usize>().into());
        let size = |(kind, size): (&&str, &KindSize)| {
            ((*kind).to_owned(), json!({"parts": size.parts, "bytes": size.bytes}))
        };
        dump.insert("sizes".into(), Value::Object(sizes.iter().map(size).collect()));
        dump.extend(kinds.into_iter().map(|(kind, parts)| (kind.to_owned(), Value::Object(parts))));
        Value::Object(dump)
    }
}

impl Part {
    /// The part's fields, without private keys.
    pub fn to_json(&self) -> Value {
        let value = match self {
            Self::Listener(part) => serde_json::to_value(part),
            Self::Host(part) => serde_json::to_value(part),
            Self::Cluster(part) => serde_json::to_value(part),
            Self::Endpoints(part) => serde_json::to_value(part),
            // By hand, so that the key is never even copied.
            Self::Certificate(part) => Ok(json!({"chain_pem": part.chain_pem})),
            Self::Trust(part) => serde_json::to_value(part),
        };
        value.unwrap_or_else(|error| json!({"error": error.to_string()}))
    }

    /// Bytes of the encoding.
    pub fn encoded_len(&self) -> usize {
        postcard::experimental::serialized_size(self).unwrap_or(0)
    }
}

fn name(key: &PartKey) -> String {
    match key {
        PartKey::Listener(key) => key.to_string(),
        PartKey::Host(listener, hostname) => format!("{hostname} on {listener}"),
        PartKey::Cluster(key) => key.to_string(),
        PartKey::Endpoints(key) => key.to_string(),
        PartKey::Certificate(key) => key.to_string(),
        PartKey::Trust(key) => key.to_string(),
    }
}

#[cfg(test)]
mod tests;
