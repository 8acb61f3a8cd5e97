//! Cross-origin resource sharing: what a server does by the Fetch standard ("CORS protocol"), as the CORS
//! filter of the Gateway API (GEP-1767) configures it.
//!
//! The gateway answers preflights itself, allowed or not; a request that is no preflight always goes on, for
//! it is the client that enforces CORS. Of its answer all CORS headers are the gateway's: what the backend
//! says about sharing is dropped.

mod config;
mod origin;
#[cfg(test)]
mod tests;

pub use config::Cors;

use bytes::Bytes;
use config::Names;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, SET_COOKIE, VARY,
    },
};

const STAR: HeaderValue = HeaderValue::from_static("*");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const VARY_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
const OURS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

impl Cors {
    /// What `Access-Control-Allow-Origin` says to this request: `None` if its origin is not allowed, or if
    /// it has none and the answer depends on it.
    ///
    /// `*` where every origin may read without credentials: the same for all requests, so that a cache needs
    /// one copy. Otherwise the request's own origin.
    pub fn allowed_origin(&self, request: &HeaderMap) -> Option<HeaderValue> {
        if self.same_for_all() {
            return Some(STAR);
        }
        let mut lines = request.get_all(ORIGIN).iter();
        let origin = lines.next()?;
        (lines.next().is_none() && self.origins.allow(origin.as_bytes())).then(|| origin.clone())
    }

    /// The answer to a preflight: `OPTIONS` with `Origin` and `Access-Control-Request-Method`. `None` for
    /// every other request. 204 in any case; an origin that is not allowed is told nothing.
    pub fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<Response<Bytes>> {
        if *method != Method::OPTIONS || !request.contains_key(ORIGIN) {
            return None;
        }
        let asked_method = request.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(VARY, VARY_PREFLIGHT);
        if let Some(origin) = self.allowed_origin(request) {
            self.share(headers, origin);
            let methods = self.methods.answer(Some(asked_method), self.credentials);
            let asked_headers = request.get(ACCESS_CONTROL_REQUEST_HEADERS);
            put(headers, ACCESS_CONTROL_ALLOW_METHODS, methods);
            put(headers, ACCESS_CONTROL_ALLOW_HEADERS, self.headers.answer(asked_headers, self.credentials));
            put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, self.expose.answer(None, self.credentials));
            headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        }
        Some(response)
    }

    /// Puts the filter's word in the place of the backend's. `origin` is what [`Self::allowed_origin`] said
    /// about the request.
    pub fn apply(&self, response: &mut HeaderMap, origin: Option<&HeaderValue>) {
        for name in &OURS {
            response.remove(name);
        }
        if !self.same_for_all() {
            vary_by_origin(response);
        }
        let Some(origin) = origin else { return };
        let expose = match &self.expose {
            Names::Any if self.credentials => all_names(response),
            names => names.answer(None, self.credentials),
        };
        self.share(response, origin.clone());
        put(response, ACCESS_CONTROL_EXPOSE_HEADERS, expose);
    }

    fn share(&self, headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

impl Names {
    /// The list, or for any name what was asked for. An answer with credentials must not say `*`, and one
    /// without may, but `*` does not take in `Authorization`; so it is said only when nothing was asked.
    fn answer(&self, asked: Option<&HeaderValue>, credentials: bool) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::List(list) => Some(list.clone()),
            Self::Any => asked.cloned().or_else(|| (!credentials).then_some(STAR)),
        }
    }
}

/// With credentials `*` has no meaning in `Access-Control-Expose-Headers`: the names are written out.
/// `Set-Cookie` is never exposed (Fetch, "forbidden response-header name").
fn all_names(response: &HeaderMap) -> Option<HeaderValue> {
    let mut names = response.keys().filter(|name| **name != SET_COOKIE).map(HeaderName::as_str);
    let first = names.next()?.to_owned();
    let list = names.fold(first, |list, name| list + ", " + name);
    HeaderValue::try_from(list).ok()
}

fn vary_by_origin(response: &mut HeaderMap) {
    let says_so = |line: &HeaderValue| {
        let mut names = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
    };
    if !response.get_all(VARY).iter().any(says_so) {
        response.append(VARY, VARY_ORIGIN);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}
