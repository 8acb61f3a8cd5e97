//! Which origins are allowed.

use corten_snapshot::OriginMatch;

/// The allowed origins.
#[derive(Clone, Debug)]
pub(super) enum Origins {
    /// All, also `null`.
    Any,
    /// Any of these.
    Some(Box<[Origin]>),
}

/// One allowed origin. A scheme's well-known port is left out, as clients leave it out.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Exact(Box<str>),
    Wildcard { scheme: Box<str>, suffix: Box<str> },
}

impl Origins {
    pub(super) fn build(origins: &[OriginMatch]) -> Self {
        let mut some = Vec::with_capacity(origins.len());
        for origin in origins {
            some.push(match origin {
                OriginMatch::Any => return Self::Any,
                OriginMatch::Exact(text) => Origin::Exact(without_well_known_port(text, text).into()),
                OriginMatch::Wildcard { scheme, suffix } => Origin::Wildcard {
                    scheme: scheme.as_str().into(),
                    suffix: without_well_known_port(scheme, suffix).into(),
                },
            });
        }
        Self::Some(some.into())
    }

    /// Whether the `Origin` header's value is allowed, compared byte for byte (Fetch, "CORS check").
    pub(super) fn allow(&self, origin: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Some(allowed) => std::str::from_utf8(origin).is_ok_and(|origin| {
                let origin = without_well_known_port(origin, origin);
                allowed.iter().any(|allowed| allowed.allows(origin))
            }),
        }
    }
}

impl Origin {
    fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => **exact == *origin,
            // The star takes in labels and dots, never a port, user information or path.
            Self::Wildcard { scheme, suffix } => origin
                .strip_prefix(&**scheme)
                .and_then(|host| host.strip_suffix(&**suffix))
                .is_some_and(|star| !star.is_empty() && star.bytes().all(is_host_byte)),
        }
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// `rest` without the port that is assumed for the scheme that `text` begins with.
fn without_well_known_port<'a>(text: &str, rest: &'a str) -> &'a str {
    let port = if text.starts_with("https://") { ":443" } else { ":80" };
    if text.starts_with("http") { rest.strip_suffix(port).unwrap_or(rest) } else { rest }
}
