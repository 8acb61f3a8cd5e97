//! The CRDs of Corten's kinds as YAML files.

use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::{Backend, BackendPolicy, GatewayParameters, ListenerPolicy};

/// A CRD to be written.
#[derive(Clone, Debug)]
pub struct CrdFile {
    /// `corten.dev_<plural>.yaml`.
    pub name: String,
    /// The CRD.
    pub value: Value,
}

/// The CRDs of all kinds of this group.
///
/// # Errors
/// If a derived CRD cannot be represented as JSON.
pub fn crds() -> serde_json::Result<Vec<CrdFile>> {
    [Backend::crd(), BackendPolicy::crd(), GatewayParameters::crd(), ListenerPolicy::crd()]
        .into_iter()
        .map(|crd| {
            let name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
            let mut value = serde_json::to_value(crd)?;
            tidy(&mut value);
            Ok(CrdFile { name, value })
        })
        .collect()
}

/// Makes the derived schema what a hand would write: no `nullable` beside absence, no formats that the API server does
/// not know, no titles, no empty lists of names.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            tidy_object(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn tidy_object(map: &mut Map<String, Value>) {
    if map.get("nullable") == Some(&json!(true)) {
        map.remove("nullable");
    }
    if map.get("title").is_some_and(Value::is_string) && map.contains_key("type") {
        map.remove("title");
    }
    if map.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint")) {
        let wide = map.get("maximum").and_then(Value::as_f64).is_none_or(|max| max > f64::from(i32::MAX));
        map.insert("format".to_owned(), json!(if wide { "int64" } else { "int32" }));
    }
    for bound in ["minimum", "maximum"] {
        // schemars writes bounds as floats.
        if let Some(whole) = map.get(bound).and_then(Value::as_f64).filter(|n| n.fract() == 0.0) {
            #[expect(clippy::cast_possible_truncation, reason = "bounds are at most 2^53")]
            map.insert(bound.to_owned(), json!(whole as i64));
        }
    }
}
