//! What a value says it is: its kind, namespace and name.

use super::kinds::{Known, look_up};
use crate::diagnostic::ObjectName;
use corten_crds::kinds::{KINDS, KindInfo};
use serde_json::{Map, Value};

/// Which object it is. Ordered by kind, then namespace, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// API group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Empty for kinds without namespace.
    pub namespace: Box<str>,
    /// Name.
    pub name: Box<str>,
}

impl ObjectId {
    /// The object that a message names; `None` if its kind is not read.
    pub fn of(name: &ObjectName) -> Option<Self> {
        let info = KINDS.iter().find(|info| info.kind == name.kind)?;
        let (namespace, name) = (name.namespace.as_str().into(), name.name.as_str().into());
        Some(Self { group: info.group, kind: info.kind, namespace, name })
    }

    /// As messages write it.
    pub fn display(&self) -> ObjectName {
        let (namespace, name) = (self.namespace.as_ref().to_owned(), self.name.as_ref().to_owned());
        ObjectName { kind: self.kind.to_owned(), namespace, name }
    }
}

/// What a value turned out to be.
#[derive(Debug)]
pub enum Identity {
    /// An object to be read.
    Object(&'static KindInfo, ObjectId),
    /// An object of a kind that is read, without a name.
    Nameless(&'static KindInfo),
    /// One that does not matter here: `apps/v1 Deployment`.
    Other(String),
}

/// Why a value is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoObject {
    /// The field that is wrong or missing.
    pub field: &'static str,
    /// For programs.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
    /// As far as it is known.
    pub object: Option<ObjectName>,
}

/// Identifies a value and fills in `metadata.namespace`, `default` where it is not given.
///
/// # Errors
/// [`NoObject`] if it has no kind, or one that cannot be read.
pub fn identify(value: &mut Value) -> Result<Identity, Box<NoObject>> {
    let Some(object) = value.as_object_mut() else {
        let message = "this document is no Kubernetes object";
        return Err(no_object("", message, "an object starts with apiVersion, kind and metadata"));
    };
    let api_version = text(object, "apiVersion")?;
    let kind = text(object, "kind")?;
    match look_up(&api_version, &kind) {
        Known::Read(info) => Ok(named(object, info)),
        Known::Other => Ok(Identity::Other(format!("{api_version} {kind}"))),
        Known::Unknown(unknown) => Err(Box::new(NoObject {
            field: "kind",
            code: "unknown-kind",
            message: unknown.to_string(),
            remedy: Some(unknown.remedy().unwrap_or_else(|| "check apiVersion and kind".to_owned())),
            object: name_of(object, &kind),
        })),
    }
}

fn no_object(field: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Box<NoObject> {
    let (message, remedy) = (message.into(), Some(remedy.into()));
    Box::new(NoObject { field, code: "not-an-object", message, remedy, object: None })
}

fn text(object: &Map<String, Value>, field: &'static str) -> Result<String, Box<NoObject>> {
    let example =
        if field == "kind" { "kind: HTTPRoute" } else { "apiVersion: gateway.networking.k8s.io/v1" };
    match object.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::Null) => Err(no_object(
            field,
            format!("{field} is missing, so this is no Kubernetes object"),
            format!("add it, such as `{example}`, or keep other files elsewhere"),
        )),
        Some(_) => Err(no_object(field, format!("{field} is no text"), format!("write `{example}`"))),
    }
}

/// The name as far as it is there, for messages.
fn name_of(object: &Map<String, Value>, kind: &str) -> Option<ObjectName> {
    let metadata = object.get("metadata")?;
    let part = |field| metadata.get(field).and_then(Value::as_str);
    Some(ObjectName {
        kind: kind.to_owned(),
        namespace: part("namespace").unwrap_or("default").to_owned(),
        name: part("name")?.to_owned(),
    })
}

fn named(object: &mut Map<String, Value>, info: &'static KindInfo) -> Identity {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return Identity::Nameless(info);
    };
    if info.namespaced {
        let namespace = metadata.entry("namespace").or_insert(Value::Null);
        if namespace.is_null() || namespace.as_str().is_some_and(str::is_empty) {
            *namespace = Value::from("default");
        }
    }
    let part = |field| metadata.get(field).and_then(Value::as_str).map(Box::from);
    let namespace = if info.namespaced { part("namespace").unwrap_or_default() } else { Box::default() };
    match part("name") {
        Some(name) => {
            Identity::Object(info, ObjectId { group: info.group, kind: info.kind, namespace, name })
        }
        None => Identity::Nameless(info),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn route(metadata: Value) -> Value {
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata})
    }

    fn refused(mut value: Value) -> NoObject {
        *identify(&mut value).unwrap_err()
    }

    #[test]
    fn the_namespace_is_default_unless_given() {
        for (metadata, namespace) in [
            (json!({"name": "web"}), "default"),
            (json!({"name": "web", "namespace": null}), "default"),
            (json!({"name": "web", "namespace": ""}), "default"),
            (json!({"name": "web", "namespace": "shop"}), "shop"),
        ] {
            let mut value = route(metadata);
            let Identity::Object(kind, id) = identify(&mut value).unwrap() else { panic!() };
            assert_eq!((kind.kind, &*id.namespace, &*id.name), ("HTTPRoute", namespace, "web"));
            assert_eq!(value["metadata"]["namespace"], namespace, "the object itself has it too");
            assert_eq!(id.display().to_string(), format!("HTTPRoute {namespace}/web"));
        }
    }

    #[test]
    fn cluster_kinds_have_none() {
        let mut value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        let Identity::Object(_, id) = identify(&mut value).unwrap() else { panic!() };
        assert_eq!(id.display().to_string(), "Namespace shop");
        assert_eq!(value["metadata"], json!({"name": "shop"}));
    }

    #[test]
    fn what_is_no_object_says_what_is_missing() {
        assert_eq!(refused(json!([1])).code, "not-an-object");
        assert_eq!(refused(json!({"services": {}})).field, "apiVersion");
        assert_eq!(refused(json!({"apiVersion": "v1"})).field, "kind");
        assert_eq!(refused(json!({"apiVersion": 1, "kind": "Service"})).message, "apiVersion is no text");
    }

    #[test]
    fn objects_without_a_name() {
        for metadata in [json!(null), json!({}), json!({"name": 12}), json!({"generateName": "x-"})] {
            assert!(matches!(identify(&mut route(metadata)).unwrap(), Identity::Nameless(_)));
        }
    }

    #[test]
    fn unknown_kinds_come_with_a_remedy() {
        let mut value = route(json!({"name": "web"}));
        value["kind"] = "HTTPRout".into();
        let error = refused(value.clone());
        assert_eq!((error.field, error.code), ("kind", "unknown-kind"));
        assert!(error.remedy.unwrap().contains("`kind: HTTPRoute`"));
        assert_eq!(error.object.unwrap().to_string(), "HTTPRout default/web");
        value["kind"] = "Elephant".into();
        assert_eq!(refused(value).remedy.unwrap(), "check apiVersion and kind");
    }

    #[test]
    fn other_kinds_are_passed_by() {
        let mut value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}});
        assert!(
            matches!(identify(&mut value).unwrap(), Identity::Other(what) if what == "apps/v1 Deployment")
        );
    }
}
