//! What is read of an object's metadata.

use super::ObjectMeta;
use serde::Deserialize;

/// The name of an object, as it is written: what is missing is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// Its namespace.
    #[serde(default)]
    pub namespace: Option<Box<str>>,
    /// Its name.
    #[serde(default)]
    pub name: Option<Box<str>>,
}

impl From<&ObjectMeta> for Metadata {
    fn from(metadata: &ObjectMeta) -> Self {
        Self {
            namespace: metadata.namespace.as_deref().map(Box::from),
            name: metadata.name.as_deref().map(Box::from),
        }
    }
}
