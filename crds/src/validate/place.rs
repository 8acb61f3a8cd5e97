//! Where the checks are in an object, and what they have found so far.

use super::{FieldError, names::Refusal};

/// A cursor over an object that collects errors.
#[derive(Debug, Default)]
pub(super) struct Place {
    path: String,
    pub(super) errors: Vec<FieldError>,
    /// Whether an error makes it pointless to evaluate CEL rules: a wrong type, a missing field, too long a list or
    /// string. The API server holds the same errors back.
    pub(super) blocking: bool,
}

impl Place {
    /// Does something one field deeper.
    pub(super) fn field<T>(&mut self, name: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
        self.back(length, f)
    }

    /// Does something at a list's item.
    pub(super) fn index<T>(&mut self, index: usize, f: impl FnOnce(&mut Self) -> T) -> T {
        self.key(&index.to_string(), f)
    }

    /// Does something at a map's key.
    pub(super) fn key<T>(&mut self, key: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push('[');
        self.path.push_str(key);
        self.path.push(']');
        self.back(length, f)
    }

    fn back<T>(&mut self, length: usize, f: impl FnOnce(&mut Self) -> T) -> T {
        let result = f(self);
        self.path.truncate(length);
        result
    }

    /// The path to here.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Notes an error here.
    pub(super) fn error(&mut self, message: impl Into<String>, remedy: Option<String>) {
        self.errors.push(FieldError { path: self.path.clone(), message: message.into(), remedy });
    }

    /// Notes a value here that a rule refuses.
    pub(super) fn refuse(&mut self, value: &str, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.error(format!("Invalid value: {value:?}: {refusal}"), None);
        }
    }

    /// Notes an error here that holds back the CEL rules.
    pub(super) fn blocking_error(&mut self, message: impl Into<String>, remedy: Option<String>) {
        self.blocking = true;
        self.error(message, remedy);
    }
}
