//! Every generated file with its path.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{crd, emit, registry::Registry};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the Gateway API's types go.
pub(crate) fn generated_folder() -> PathBuf {
    root().join("src/gateway/generated")
}

/// Path to content.
pub(crate) fn all() -> Result<BTreeMap<PathBuf, String>, String> {
    let kinds = crd::read_folder(&root().join("yaml/gateway-api"))?;
    let registry = Registry::collect(&kinds)?;
    let files = emit::files(&kinds, &registry)?;
    Ok(files.into_iter().map(|(name, text)| (generated_folder().join(name), text)).collect())
}
