//! What the commands tell people about their YAML: one line each, with the place to look at.

use serde::Serialize;
use std::{fmt, path::Path, sync::Arc};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not do what it says.
    Error,
    /// It works, but probably not as meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The file as it was named or found; `-` is standard input.
    pub file: Arc<Path>,
    /// From 1; 0 if the whole file is meant.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// The name of an object, as messages write it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectName {
    /// Such as `HTTPRoute`.
    pub kind: String,
    /// Empty for kinds without namespace.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// One finding. Its text form is
/// `file:line: severity: Kind namespace/name: field: message — remedy`, without the parts that are unknown;
/// its JSON form has the same parts as members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Diagnostic {
    /// Where to look.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// How bad it is.
    pub severity: Severity,
    /// A word for programs: `yaml`, `schema`, `duplicate`, … or the reason of a status condition.
    pub code: String,
    /// Which object is concerned.
    pub object: Option<ObjectName>,
    /// Which field of it, such as `spec.rules[0].matches[1].path`.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Diagnostic {
    /// A finding that knows only what is wrong; the `with_` functions add the rest.
    pub fn new(severity: Severity, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: None,
            severity,
            code: code.into(),
            object: None,
            field: None,
            message: message.into(),
            remedy: None,
        }
    }

    /// An error.
    pub fn error(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, file: &Arc<Path>, line: u32) -> Self {
        self.place = Some(Place { file: file.clone(), line });
        self
    }

    /// Adds the object.
    #[must_use]
    pub fn of(mut self, object: ObjectName) -> Self {
        self.object = Some(object);
        self
    }

    /// Adds the field; an empty one counts as none.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into()).filter(|field| !field.is_empty());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: ", self.severity)?;
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        // One line each, whatever a message quotes.
        for (index, line) in self.message.lines().map(str::trim).filter(|l| !l.is_empty()).enumerate() {
            write!(f, "{}{line}", if index > 0 { "; " } else { "" })?;
        }
        self.remedy.iter().try_for_each(|remedy| write!(f, " — {remedy}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Diagnostic {
        Diagnostic::error("schema", "unknown field `backendRef`")
            .at(&Arc::from(Path::new("shop/routes.yaml")), 12)
            .of(ObjectName { kind: "HTTPRoute".into(), namespace: "shop".into(), name: "web".into() })
            .field("spec.rules[0]")
            .remedy("did you mean `backendRefs`?")
    }

    #[test]
    fn the_line_has_every_part_in_order() {
        assert_eq!(
            full().to_string(),
            "shop/routes.yaml:12: error: HTTPRoute shop/web: spec.rules[0]: unknown field `backendRef` — did \
             you mean `backendRefs`?"
        );
    }

    #[test]
    fn unknown_parts_leave_no_trace() {
        assert_eq!(Diagnostic::new(Severity::Note, "x", "hello").to_string(), "note: hello");
        let class =
            ObjectName { kind: "GatewayClass".into(), namespace: String::new(), name: "corten".into() };
        let whole_file = Diagnostic::error("io", "cannot be read").at(&Arc::from(Path::new("a.yaml")), 0);
        assert_eq!(
            whole_file.clone().of(class).field("").to_string(),
            "a.yaml: error: GatewayClass corten: cannot be read"
        );
        assert_eq!(whole_file.to_string(), "a.yaml: error: cannot be read");
    }

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(
            Diagnostic::error("x", "regex:\n  (a\n\n  ^ unclosed").to_string(),
            "error: regex:; (a; ^ unclosed"
        );
    }

    #[test]
    fn json_has_the_parts_as_members() {
        assert_eq!(
            serde_json::to_value(full()).unwrap(),
            serde_json::json!({
                "file": "shop/routes.yaml", "line": 12, "severity": "error", "code": "schema",
                "object": {"kind": "HTTPRoute", "namespace": "shop", "name": "web"},
                "field": "spec.rules[0]", "message": "unknown field `backendRef`",
                "remedy": "did you mean `backendRefs`?"
            })
        );
        let bare = serde_json::to_value(Diagnostic::error("x", "y")).unwrap();
        assert_eq!(bare.get("file"), None, "a finding without a place has neither file nor line");
    }
}
