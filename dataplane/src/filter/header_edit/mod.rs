//! RequestHeaderModifier and ResponseHeaderModifier.

#[cfg(test)]
mod tests;

use super::BuildError;
use corten_snapshot::{HeaderEdit, HeaderPair};
use http::{HeaderMap, HeaderName, HeaderValue, header::HOST};

/// Edits of a message's headers, in order. Those of several filters stand one behind the other.
///
/// Names of hop-by-hop and framing fields are refused by the compiler, with a status; nothing is checked
/// here beyond syntax.
#[derive(Clone, Debug, Default)]
pub struct HeaderEdits(Box<[Edit]>);

/// One edit.
#[derive(Clone, Debug)]
enum Edit {
    /// Puts this one line in the place of all.
    Set(HeaderName, HeaderValue),
    /// One more line, which is the same as a longer list in the first (RFC 9110 section 5.3).
    Add(HeaderName, HeaderValue),
    /// Drops all lines.
    Remove(HeaderName),
}

impl HeaderEdits {
    /// Edits of a request, and the new `Host`, if one is set: `Host` names the target of the request rather
    /// than being a field among others (HTTP/2 has `:authority` in its place), so setting it is the same
    /// as a URLRewrite of the hostname.
    ///
    /// # Errors
    /// A bad name or value, and `host` added or removed.
    pub fn for_request(edits: &[&HeaderEdit]) -> Result<(Self, Option<HeaderValue>), BuildError> {
        let mut host = None;
        let mut kept = Vec::new();
        for edit in parse(edits)? {
            match edit {
                Edit::Set(HOST, value) => host = Some(value),
                Edit::Add(HOST, _) | Edit::Remove(HOST) => return Err(BuildError::Host),
                other => kept.push(other),
            }
        }
        Ok((Self(kept.into()), host))
    }

    /// Edits of a response.
    ///
    /// # Errors
    /// A bad name or value.
    pub fn for_response(edits: &[&HeaderEdit]) -> Result<Self, BuildError> {
        Ok(Self(parse(edits)?.into()))
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Edits the headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for edit in &self.0 {
            match edit {
                Edit::Set(name, value) => {
                    headers.insert(name, value.clone());
                }
                Edit::Add(name, value) => {
                    headers.append(name, value.clone());
                }
                Edit::Remove(name) => {
                    headers.remove(name);
                }
            }
        }
    }
}

fn parse(edits: &[&HeaderEdit]) -> Result<Vec<Edit>, BuildError> {
    let mut parsed = Vec::new();
    for edit in edits {
        for pair in &edit.set {
            let (name, value) = line(pair)?;
            parsed.push(Edit::Set(name, value));
        }
        for pair in &edit.add {
            let (name, value) = line(pair)?;
            parsed.push(Edit::Add(name, value));
        }
        for text in &edit.remove {
            parsed.push(Edit::Remove(name(text)?));
        }
    }
    Ok(parsed)
}

fn line(pair: &HeaderPair) -> Result<(HeaderName, HeaderValue), BuildError> {
    let value = HeaderValue::from_bytes(pair.value.as_bytes());
    Ok((name(&pair.name)?, value.map_err(|_| BuildError::HeaderValue(pair.name.clone()))?))
}

fn name(text: &str) -> Result<HeaderName, BuildError> {
    text.parse().map_err(|_| BuildError::HeaderName(text.to_owned()))
}
