//! Reads the published CRDs: per kind, the names and the spec and status schema of the storage version.

use std::path::Path;

use serde_json::Value;

use crate::shape::strings;

/// A kind as its CRD declares it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The API group.
    pub(crate) group: String,
    /// The storage version.
    pub(crate) version: String,
    /// The kind, for example `HTTPRoute`.
    pub(crate) kind: String,
    /// The resource name in URLs.
    pub(crate) plural: String,
    /// The singular name.
    pub(crate) singular: String,
    /// kubectl's short names.
    pub(crate) short_names: Vec<String>,
    /// Whether objects live in a namespace.
    pub(crate) namespaced: bool,
    /// The schema of `spec`.
    pub(crate) spec: Value,
    /// The schema of `status`, if the kind has one.
    pub(crate) status: Option<Value>,
}

/// Every kind below a folder, sorted by file name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<Kind>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Result<Kind, String> {
    let fail = |message: &str| format!("{}: {message}", file.display());
    let text = std::fs::read_to_string(file).map_err(|e| fail(&e.to_string()))?;
    let crd: Value = serde_saphyr::from_str(&text).map_err(|e| fail(&e.to_string()))?;
    let string = |pointer: &str| {
        crd.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| fail(pointer))
    };
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let version = versions
        .and_then(|all| all.iter().find(|v| v.get("storage") == Some(&Value::Bool(true))))
        .ok_or_else(|| fail("no storage version"))?;
    let property =
        |name: &str| version.pointer(&format!("/schema/openAPIV3Schema/properties/{name}")).cloned();
    Ok(Kind {
        group: string("/spec/group")?,
        version: version
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| fail("version"))?,
        kind: string("/spec/names/kind")?,
        plural: string("/spec/names/plural")?,
        singular: string("/spec/names/singular")?,
        short_names: strings(crd.pointer("/spec/names/shortNames")).unwrap_or_default(),
        namespaced: string("/spec/scope")? == "Namespaced",
        spec: property("spec").ok_or_else(|| fail("no spec"))?,
        status: property("status"),
    })
}
