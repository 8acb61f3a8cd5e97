//! All filters of a rule or backendRef, by stage.

#[cfg(test)]
mod tests;

use super::{BuildError, Cors, Facts, HeaderEdits, Mirror, Redirect, Rewrite, Stage};
use bytes::Bytes;
use corten_snapshot::{Filter, HeaderEdit, Target};
use http::{
    HeaderMap, HeaderValue, Method, Response,
    uri::{InvalidUri, PathAndQuery},
};

/// The filters of a rule or backendRef, by stage. `T` is what the dataplane makes of a mirror's target.
#[derive(Clone, Debug)]
pub struct FilterPlan<T> {
    stages: Stage,
    cors: Option<Box<Cors>>,
    redirect: Option<Box<Redirect>>,
    request_headers: HeaderEdits,
    rewrite: Option<Box<Rewrite>>,
    mirrors: Box<[Mirror<T>]>,
    response_headers: HeaderEdits,
}

impl<T> FilterPlan<T> {
    /// Builds the plan. `target` resolves where mirrors send their copies. Of several CORS filters or
    /// redirects, which the API does not allow, the first counts.
    ///
    /// # Errors
    /// The first filter that cannot be built: a rule without one of its filters would do what nobody wrote.
    pub fn build(filters: &[Filter], target: impl Fn(&Target) -> T) -> Result<Self, BuildError> {
        let (mut cors, mut redirect) = (None, None);
        let (mut mirrors, mut responses) = (Vec::new(), Vec::<&HeaderEdit>::new());
        let (mut requests, mut rewrite) = (Vec::new(), Rewrite::default());
        for filter in filters {
            match filter {
                Filter::Cors(filter) => {
                    cors.get_or_insert(Box::new(Cors::build(filter)?));
                }
                Filter::Redirect(filter) => {
                    redirect.get_or_insert(Box::new(Redirect::build(filter)?));
                }
                Filter::RequestHeaders(edit) => {
                    requests.push(edit);
                    if let Some(host) = HeaderEdits::for_request(&[edit])?.1 {
                        rewrite.set_host(host);
                    }
                }
                Filter::Rewrite(filter) => rewrite.then(Rewrite::build(filter)?),
                Filter::Mirror(filter) => {
                    mirrors.push(Mirror::new(target(&filter.target), filter.numerator, filter.denominator));
                }
                Filter::ResponseHeaders(edit) => responses.push(edit),
            }
        }
        let plan = Self {
            stages: Stage::NONE,
            cors,
            redirect,
            request_headers: HeaderEdits::for_request(&requests)?.0,
            rewrite: (!rewrite.is_empty()).then(|| Box::new(rewrite)),
            mirrors: mirrors.into(),
            response_headers: HeaderEdits::for_response(&responses)?,
        };
        Ok(Self { stages: plan.used(), ..plan })
    }

    fn used(&self) -> Stage {
        Stage::CORS.when(self.cors.is_some())
            | Stage::REDIRECT.when(self.redirect.is_some())
            | Stage::REQUEST_HEADERS.when(!self.request_headers.is_empty())
            | Stage::REWRITE.when(self.rewrite.is_some())
            | Stage::MIRROR.when(!self.mirrors.is_empty())
            | Stage::RESPONSE_HEADERS.when(!self.response_headers.is_empty())
    }

    /// The stages that do something.
    pub fn stages(&self) -> Stage {
        self.stages
    }

    /// Whether any of `stages` does something.
    pub fn has(&self, stages: Stage) -> bool {
        self.stages.has(stages)
    }

    /// [`Stage::CORS`]: the answer to a preflight; `None` if the request is none, or nothing is configured.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Bytes>> {
        self.cors.as_deref()?.preflight(method, headers)
    }

    /// [`Stage::CORS`]: what the response will say to this request's origin. To be asked while the request
    /// is at hand, and handed to [`Self::edit_response`].
    pub fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        self.cors.as_deref()?.allowed_origin(headers)
    }

    /// [`Stage::REDIRECT`]: the answer, with the plan's edits of responses applied.
    pub fn redirect(&self, facts: &Facts<'_>, origin: Option<&HeaderValue>) -> Option<Response<Bytes>> {
        let mut response = self.redirect.as_deref()?.respond(facts);
        self.edit_response(response.headers_mut(), origin);
        Some(response)
    }

    /// [`Stage::REQUEST_HEADERS`].
    pub fn edit_request(&self, headers: &mut HeaderMap) {
        if self.has(Stage::REQUEST_HEADERS) {
            self.request_headers.apply(headers);
        }
    }

    /// [`Stage::REWRITE`]: the new `Host`, if there is one.
    pub fn host(&self) -> Option<&HeaderValue> {
        self.rewrite.as_deref()?.host()
    }

    /// [`Stage::REWRITE`]: the new path with the request's query, if the path is rewritten.
    ///
    /// # Errors
    /// See [`Rewrite::target`].
    pub fn target(&self, facts: &Facts<'_>) -> Result<Option<PathAndQuery>, InvalidUri> {
        self.rewrite.as_deref().map_or(Ok(None), |rewrite| rewrite.target(facts))
    }

    /// [`Stage::MIRROR`]: where this request's copies go, chosen with the thread's random numbers.
    pub fn mirrors(&self) -> impl Iterator<Item = &T> {
        self.mirrors.iter().filter(|mirror| mirror.takes(fastrand::u32(..))).map(|mirror| &mirror.target)
    }

    /// [`Stage::CORS`] alone, for answers that are not the upstream's: a script may read why it failed.
    pub fn allow_origin(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        if let Some(cors) = &self.cors {
            cors.apply(headers, origin);
        }
    }

    /// [`Stage::RESPONSE_HEADERS`], then the headers of [`Stage::CORS`], which no edit can take away.
    pub fn edit_response(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        if self.has(Stage::RESPONSE_HEADERS) {
            self.response_headers.apply(headers);
        }
        self.allow_origin(headers, origin);
    }
}
