//! The filter, built.

use super::origin::Origins;
use crate::filter::BuildError;
use http::{HeaderName, HeaderValue, Method};

/// A CORS filter, ready to answer.
#[derive(Clone, Debug)]
pub struct Cors {
    pub(super) origins: Origins,
    pub(super) methods: Names,
    pub(super) headers: Names,
    pub(super) expose: Names,
    pub(super) credentials: bool,
    /// Seconds.
    pub(super) max_age: HeaderValue,
}

/// A list of methods or header names.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// Nothing is said.
    None,
    /// These, as they are written in a header.
    List(HeaderValue),
    /// `*`.
    Any,
}

impl Cors {
    /// Builds the filter.
    ///
    /// # Errors
    /// A bad method or header name.
    pub fn build(cors: &corten_snapshot::Cors) -> Result<Self, BuildError> {
        let is_method = |text: &str| Method::from_bytes(text.as_bytes()).is_ok();
        let is_header = |text: &str| HeaderName::from_bytes(text.as_bytes()).is_ok();
        Ok(Self {
            origins: Origins::build(&cors.allow_origins),
            methods: Names::build(&cors.allow_methods, is_method, BuildError::Method)?,
            headers: Names::build(&cors.allow_headers, is_header, BuildError::HeaderName)?,
            expose: Names::build(&cors.expose_headers, is_header, BuildError::HeaderName)?,
            credentials: cors.allow_credentials,
            max_age: HeaderValue::from(cors.max_age),
        })
    }

    /// Whether every request is told the same, whatever its origin.
    pub(super) fn same_for_all(&self) -> bool {
        matches!(self.origins, Origins::Any) && !self.credentials
    }
}

impl Names {
    fn build(
        names: &[String],
        is_name: impl Fn(&str) -> bool,
        error: impl Fn(String) -> BuildError,
    ) -> Result<Self, BuildError> {
        if names.iter().any(|name| name == "*") {
            return Ok(Self::Any);
        }
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            return Err(error(bad.clone()));
        }
        let list = names.join(", ");
        match HeaderValue::try_from(list) {
            Ok(_) if names.is_empty() => Ok(Self::None),
            Ok(list) => Ok(Self::List(list)),
            Err(_) => Err(error(names.join(", "))),
        }
    }
}
