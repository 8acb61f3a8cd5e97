//! From the text of a document to its objects.

use super::{
    field,
    identity::{Identity, NoObject, ObjectId, identify},
    kinds::Object,
    yaml,
};
use crate::diagnostic::{Diagnostic, ObjectName, Severity};
use corten_crds::{
    core::ByteString,
    kinds::KindInfo,
    validate::{FieldError, validate},
};
use serde_json::{Map, Value};
use std::{num::NonZeroU32, sync::Arc};

/// A document that has been read. Lines count from its own start, so that it stays as it is when it moves. There may be
/// ten thousands of them, so it has no spare room.
#[derive(Debug, Default)]
pub struct Document {
    /// Its objects; several if it is a List.
    pub items: Box<[Item]>,
    /// What else is to be said, mostly nothing.
    remarks: Option<Box<Remarks>>,
}

/// What is to be said of a document besides its objects.
#[derive(Debug, Default)]
struct Remarks {
    others: Vec<String>,
    findings: Vec<Finding>,
    unreadable: bool,
}

impl Document {
    fn new(items: Vec<Item>, remarks: Remarks) -> Self {
        let quiet = remarks.others.is_empty() && remarks.findings.is_empty() && !remarks.unreadable;
        Self { items: items.into_boxed_slice(), remarks: (!quiet).then(|| Box::new(remarks)) }
    }

    /// What does not matter here: `apps/v1 Deployment`.
    pub fn others(&self) -> &[String] {
        self.remarks.as_ref().map_or(&[], |remarks| &remarks.others)
    }

    /// What is wrong with it or its objects.
    pub fn findings(&self) -> &[Finding] {
        self.remarks.as_ref().map_or(&[], |remarks| &remarks.findings)
    }

    /// Whether it may hold objects that could not be identified.
    pub fn unreadable(&self) -> bool {
        self.remarks.as_ref().is_some_and(|remarks| remarks.unreadable)
    }
}

/// One object of a document.
#[derive(Debug)]
pub struct Item {
    /// Which object.
    pub id: Arc<ObjectId>,
    /// Line in the document, from 1.
    pub line: u32,
    /// Its place if the document is a List.
    pub place: Option<ListPlace>,
    /// `None`: it is invalid, the findings say why.
    pub object: Option<Object>,
}

/// The place of an item in a List.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace(NonZeroU32);

impl ListPlace {
    /// Of an index. Lists end long before 32 bits do.
    pub fn new(index: usize) -> Self {
        let place = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        Self(NonZeroU32::new(place).unwrap_or(NonZeroU32::MIN))
    }

    /// The index.
    pub fn index(self) -> usize {
        usize::try_from(self.0.get() - 1).unwrap_or(usize::MAX)
    }
}

/// A message and its line in the document, from 1.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The line.
    pub line: u32,
    /// The message, without a place.
    pub diagnostic: Diagnostic,
}

/// Reads one document.
pub fn read(text: &str) -> Document {
    let mut reader = Reader { text, lines: None, items: Vec::new(), remarks: Remarks::default() };
    match yaml::parse(text) {
        Ok(value) => reader.document(value),
        Err(error) => {
            let diagnostic = Diagnostic::error("yaml", error.message);
            reader.remarks.findings.push(Finding { line: error.line.max(1), diagnostic });
            reader.remarks.unreadable = true;
        }
    }
    Document::new(reader.items, reader.remarks)
}

/// The line of a field in a document, from 1; `index` says which item of a List.
pub fn line_in(node: &yaml::Node, index: Option<usize>, path: &str) -> u32 {
    let mut steps: Vec<_> =
        index.into_iter().flat_map(|i| [yaml::Step::Key("items"), yaml::Step::Index(i)]).collect();
    steps.extend(field::steps(path));
    node.line(&steps).max(1)
}

struct Reader<'a> {
    text: &'a str,
    /// Made when the first message needs it.
    lines: Option<yaml::Node>,
    items: Vec<Item>,
    remarks: Remarks,
}

impl Reader<'_> {
    fn document(&mut self, value: Value) {
        match list_items(value) {
            Ok(items) => {
                items.into_iter().enumerate().for_each(|(index, item)| self.object(item, Some(index)));
            }
            Err(value) => self.object(value, None),
        }
    }

    fn object(&mut self, mut value: Value, index: Option<usize>) {
        match identify(&mut value) {
            Ok(Identity::Object(kind, id)) => {
                let name = id.display();
                let object = self.typed(kind, &name, value, index);
                // Of a List each item has its own line; a document's object is the document.
                let line = if index.is_some() { self.line(index, "") } else { self.line_of_kind() };
                let place = index.map(ListPlace::new);
                self.items.push(Item { id: Arc::new(id), line, place, object });
            }
            Ok(Identity::Nameless(kind)) => {
                let name =
                    ObjectName { kind: kind.kind.to_owned(), namespace: String::new(), name: "?".to_owned() };
                self.typed(kind, &name, value, index);
                self.remarks.unreadable = true;
            }
            Ok(Identity::Other(what)) => self.remarks.others.push(what),
            Err(no_object) => self.no_object(*no_object, index),
        }
    }

    fn typed(
        &mut self,
        kind: &KindInfo,
        name: &ObjectName,
        mut value: Value,
        index: Option<usize>,
    ) -> Option<Object> {
        strip_server_fields(&mut value);
        let outcome = validate(value);
        for skipped in outcome.skipped {
            let message = format!("the rule `{}` could not be checked: {}", skipped.rule, skipped.reason);
            let diagnostic = Diagnostic::new(Severity::Note, "unchecked-rule", message);
            self.find(index, diagnostic.of(name.clone()).field(skipped.path));
        }
        let mut errors = outcome.errors;
        if errors.is_empty() {
            match Object::decode(kind, outcome.object) {
                Ok(object) => return Some(with_string_data(object)),
                Err(error) => {
                    errors.push(FieldError { path: String::new(), message: error.to_string(), remedy: None });
                }
            }
        }
        for error in errors {
            let mut diagnostic =
                Diagnostic::error("schema", error.message).of(name.clone()).field(error.path);
            diagnostic.remedy = error.remedy;
            self.find(index, diagnostic);
        }
        None
    }

    /// Notes a finding at the line of its field.
    fn find(&mut self, index: Option<usize>, diagnostic: Diagnostic) {
        let line = self.line(index, diagnostic.field.as_deref().unwrap_or_default());
        self.remarks.findings.push(Finding { line, diagnostic });
    }

    fn no_object(&mut self, no_object: NoObject, index: Option<usize>) {
        let mut diagnostic = Diagnostic::error(no_object.code, no_object.message).field(no_object.field);
        (diagnostic.object, diagnostic.remedy) = (no_object.object, no_object.remedy);
        self.find(index, diagnostic);
        self.remarks.unreadable = true;
    }

    /// The line of a field; parses the text a second time, for its lines.
    fn line(&mut self, index: Option<usize>, path: &str) -> u32 {
        if self.lines.is_none() {
            self.lines = yaml::Node::parse(self.text);
        }
        self.lines.as_ref().map_or(1, |node| line_in(node, index, path))
    }

    /// The first line that is neither blank, comment, directive nor marker: cheap, and where people look.
    fn line_of_kind(&self) -> u32 {
        let skipped = |line: &&str| {
            let line = line.trim();
            line.is_empty() || line.starts_with(['#', '%']) || line == "---"
        };
        u32::try_from(self.text.lines().take_while(skipped).count() + 1).unwrap_or(1)
    }
}

/// The items of a `List`, each with its `apiVersion` and `kind`; anything else comes back as it is.
fn list_items(mut value: Value) -> Result<Vec<Value>, Value> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let Some(item_kind) = kind.strip_suffix("List").map(str::to_owned) else { return Err(value) };
    let api_version = value.get("apiVersion").cloned();
    let Some(Value::Array(mut items)) = value.get_mut("items").map(Value::take) else { return Err(value) };
    if !item_kind.is_empty() {
        // `kind: HTTPRouteList`, as the API server answers: its items leave out what the list says.
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.entry("kind").or_insert_with(|| item_kind.clone().into());
            if let Some(api_version) = &api_version {
                item.entry("apiVersion").or_insert_with(|| api_version.clone());
            }
        }
    }
    Ok(items)
}

/// What only a server writes, so that `kubectl get -o yaml` can be read back.
fn strip_server_fields(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    object.retain(|_, member| !member.is_null());
    let empty = |member: &Value| member.as_object().is_some_and(Map::is_empty);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|_, member| !member.is_null() && !empty(member));
    }
}

/// A Secret's `stringData` becomes `data`, over what is there, as the API server does it.
fn with_string_data(object: Object) -> Object {
    match object {
        Object::Secret(mut secret) => {
            if secret.string_data.is_some() {
                let secret = Arc::make_mut(&mut secret);
                let plain = secret.string_data.take().unwrap_or_default();
                let plain = plain.into_iter().map(|(k, v)| (k, ByteString(v.into_bytes())));
                secret.data.get_or_insert_default().extend(plain);
            }
            Object::Secret(secret)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
