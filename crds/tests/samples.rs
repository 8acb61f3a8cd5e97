//! The samples hold every field of every kind: the Rust types lose none of them, and the validation accepts them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::{collections::BTreeSet, path::PathBuf};

use corten_crds::{KINDS, gateway, kinds, v1alpha1, validate::validate};
use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every document of every sample file.
fn samples() -> Vec<Value> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder("tests/samples")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    files.iter().flat_map(|file| serde_saphyr::from_multiple::<Value>(&read(file)).unwrap()).collect()
}

fn samples_of(kind: &str) -> Vec<Value> {
    let found: Vec<_> = samples().into_iter().filter(|s| s["kind"] == kind).collect();
    assert!(!found.is_empty(), "no sample of {kind}");
    found
}

fn round_trip<K: Resource<DynamicType = ()> + Serialize + DeserializeOwned>() {
    for sample in samples_of(&K::kind(&())) {
        let typed: K = serde_json::from_value(sample.clone()).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), sample);
    }
}

#[test]
fn types_keep_every_field() {
    round_trip::<gateway::GatewayClass>();
    round_trip::<gateway::Gateway>();
    round_trip::<gateway::ListenerSet>();
    round_trip::<gateway::HttpRoute>();
    round_trip::<gateway::GrpcRoute>();
    round_trip::<gateway::TlsRoute>();
    round_trip::<gateway::TcpRoute>();
    round_trip::<gateway::UdpRoute>();
    round_trip::<gateway::ReferenceGrant>();
    round_trip::<gateway::BackendTlsPolicy>();
    round_trip::<v1alpha1::Backend>();
    round_trip::<v1alpha1::BackendPolicy>();
    round_trip::<v1alpha1::ListenerPolicy>();
    round_trip::<v1alpha1::GatewayParameters>();
}

/// The fields below a schema node.
fn schema_paths(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        found.insert(path.clone());
        schema_paths(property, &path, found);
    }
    if schema["items"].is_object() {
        schema_paths(&schema["items"], &format!("{path}[]"), found);
    }
}

/// The fields that a value has.
fn value_paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = format!("{path}.{name}");
                found.insert(path.clone());
                value_paths(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| value_paths(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn samples_have_every_field_of_every_crd() {
    let mut crds = 0;
    for folder in [folder("yaml"), folder("yaml/gateway-api")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_none_or(|e| e != "yaml") {
                continue;
            }
            let crd: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let kind = crd["spec"]["names"]["kind"].as_str().unwrap();
            let versions = crd["spec"]["versions"].as_array().unwrap();
            let storage = versions.iter().find(|v| v["storage"] == true).unwrap();
            let (mut wanted, mut present) = (BTreeSet::new(), BTreeSet::new());
            for part in ["spec", "status"] {
                schema_paths(&storage["schema"]["openAPIV3Schema"]["properties"][part], part, &mut wanted);
                samples_of(kind).iter().for_each(|s| value_paths(&s[part], part, &mut present));
            }
            let missing: Vec<_> = wanted.difference(&present).collect();
            assert!(missing.is_empty(), "{kind}: {missing:?}");
            crds += 1;
        }
    }
    assert_eq!(crds, 14);
}

#[test]
fn samples_are_valid_and_every_rule_was_evaluated() {
    for sample in samples() {
        let outcome = validate(sample.clone());
        assert_eq!(outcome.errors, [], "{sample}");
        assert_eq!(outcome.skipped, [], "{sample}");
    }
}

/// A version that is not the storage version has the same Rust type: the schemas agree in their fields.
#[test]
fn every_served_version_is_read_alike() {
    for sample in samples() {
        let info =
            kinds::find(sample["apiVersion"].as_str().unwrap(), sample["kind"].as_str().unwrap()).unwrap();
        for version in info.served {
            let mut other = sample.clone();
            let api_version = if info.group.is_empty() {
                (*version).to_owned()
            } else {
                format!("{}/{version}", info.group)
            };
            other["apiVersion"] = api_version.into();
            let (expected, outcome) = (validate(sample.clone()), validate(other));
            assert_eq!(outcome.errors, [], "{} {version}", info.kind);
            assert_eq!(outcome.object["spec"], expected.object["spec"], "{} {version}", info.kind);
        }
    }
}

#[test]
fn every_kind_has_a_sample() {
    let present: BTreeSet<String> =
        samples().iter().map(|s| s["kind"].as_str().unwrap().to_owned()).collect();
    for info in KINDS {
        assert!(present.contains(info.kind), "{}", info.kind);
    }
}
