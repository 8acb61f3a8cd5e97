//! Filters of rules and of backendRefs.

mod cors;
mod header;
mod mirror;
mod path_modifier;
mod redirect;
mod rewrite;

use crate::{
    backend::{BackendId, BackendRef, Upstreams},
    object::Kind,
    problem::Problem,
    route::Findings,
};
use corten_crds::gateway::{HttpRouteFilter, HttpRouteFilterType as Type};
use corten_snapshot::{Entry, Filter};

/// Where filters stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p, 'a> {
    /// Kind and namespace of the route.
    pub(crate) from: (Kind, &'a str),
    /// The matches of the rule.
    pub(crate) entries: &'p [&'p Entry],
    /// Whether they are those of a backendRef.
    pub(crate) in_backend: bool,
}

/// Filters as they are compiled.
#[derive(Default)]
pub(crate) struct Compiled {
    pub(crate) filters: Vec<Filter>,
    /// Upstreams that they name.
    pub(crate) backends: Vec<BackendId>,
    /// A filter that cannot be resolved: what would pass it is answered with 500.
    pub(crate) closed: Option<Problem>,
    pub(crate) findings: Findings,
}

/// Compiles the filters of a rule or a backendRef, whose path is `field`.
pub(crate) fn compile<'a>(
    filters: &'a [HttpRouteFilter],
    place: &Place<'_, 'a>,
    field: &str,
    upstreams: &mut Upstreams<'_, 'a>,
) -> Compiled {
    let mut compiled = Compiled::default();
    if filters.is_empty() {
        return compiled;
    }
    compiled.findings.invalid.extend(combination(filters, field));
    for (position, filter) in filters.iter().enumerate() {
        let field = format!("{field}.filters[{position}]");
        match one(filter, place, &field, upstreams, &mut compiled) {
            Ok(filter) => compiled.filters.extend(filter),
            Err(problem) => compiled.findings.invalid.push(problem),
        }
    }
    compiled
}

/// All that filters name as a backend, in their order.
pub(crate) fn references(filters: &[HttpRouteFilter]) -> impl Iterator<Item = BackendRef<'_>> {
    filters.iter().filter_map(|filter| filter.request_mirror.as_ref()).map(mirror::reference)
}

/// What cannot stand together: a filter twice (unless it may), and a redirect beside a rewrite.
fn combination(filters: &[HttpRouteFilter], field: &str) -> Option<Problem> {
    let count = |type_: Type| filters.iter().filter(|filter| filter.type_ == type_).count();
    let field = format!("{field}.filters");
    if count(Type::RequestRedirect) > 0 && count(Type::UrlRewrite) > 0 {
        let message = "RequestRedirect and URLRewrite exclude each other";
        return Some(Problem::new("IncompatibleFilters", field, message, "remove one of them"));
    }
    let once = [
        Type::RequestHeaderModifier,
        Type::ResponseHeaderModifier,
        Type::RequestRedirect,
        Type::UrlRewrite,
        Type::Cors,
        Type::ExternalAuth,
    ];
    let twice = once.into_iter().find(|type_| count(*type_) > 1)?;
    let message = format!("filter {} may stand only once", twice.as_str());
    Some(Problem::new("IncompatibleFilters", field, message, "put what they say into one"))
}

/// The field of the filter's type, or why it is not there alone.
fn config<'f, T>(
    config: Option<&'f T>,
    filter: &HttpRouteFilter,
    field: &str,
    name: &str,
) -> Result<&'f T, Problem> {
    let given = [
        filter.cors.is_some(),
        filter.extension_ref.is_some(),
        filter.external_auth.is_some(),
        filter.request_header_modifier.is_some(),
        filter.request_mirror.is_some(),
        filter.request_redirect.is_some(),
        filter.response_header_modifier.is_some(),
        filter.url_rewrite.is_some(),
    ];
    let alone = given.into_iter().filter(|given| *given).count() == 1;
    config.filter(|_| alone).ok_or_else(|| {
        let type_ = filter.type_.as_str();
        let message = format!("a filter of type {type_} has the field `{name}` and no other");
        Problem::new("UnsupportedValue", field, message, format!("write `type: {type_}` and `{name}: …`"))
    })
}

fn one<'a>(
    filter: &'a HttpRouteFilter,
    place: &Place<'_, 'a>,
    field: &str,
    upstreams: &mut Upstreams<'_, 'a>,
    compiled: &mut Compiled,
) -> Result<Option<Filter>, Problem> {
    match filter.type_ {
        Type::RequestHeaderModifier => {
            let name = "requestHeaderModifier";
            let given = config(filter.request_header_modifier.as_ref(), filter, field, name)?;
            header::compile(given, &format!("{field}.{name}")).map(|edit| Some(Filter::RequestHeaders(edit)))
        }
        Type::ResponseHeaderModifier => {
            let name = "responseHeaderModifier";
            let given = config(filter.response_header_modifier.as_ref(), filter, field, name)?;
            header::compile(given, &format!("{field}.{name}")).map(|edit| Some(Filter::ResponseHeaders(edit)))
        }
        Type::RequestRedirect => {
            let given = config(filter.request_redirect.as_ref(), filter, field, "requestRedirect")?;
            redirect::compile(given, place, &format!("{field}.requestRedirect"))
                .map(|r| Some(Filter::Redirect(r)))
        }
        Type::UrlRewrite => {
            let given = config(filter.url_rewrite.as_ref(), filter, field, "urlRewrite")?;
            rewrite::compile(given, place, &format!("{field}.urlRewrite")).map(|r| Some(Filter::Rewrite(r)))
        }
        Type::RequestMirror => {
            let given = config(filter.request_mirror.as_ref(), filter, field, "requestMirror")?;
            mirror::compile(given, place, &format!("{field}.requestMirror"), upstreams, compiled).map(Some)
        }
        Type::Cors if place.in_backend => Err(Problem::new(
            "UnsupportedValue",
            field,
            "CORS is answered before a backend is chosen, so it cannot stand in a backendRef",
            "move the filter to the rule",
        )),
        Type::Cors => {
            let given = config(filter.cors.as_ref(), filter, field, "cors")?;
            cors::compile(given, &format!("{field}.cors")).map(|cors| Some(Filter::Cors(cors)))
        }
        Type::ExtensionRef => {
            extension(filter, field, compiled);
            Ok(None)
        }
        Type::ExternalAuth => Err(Problem::new(
            "UnsupportedValue",
            field,
            "filter ExternalAuth is not supported by this version of Corten; requests of the rule are answered with 500",
            "remove the filter",
        )),
    }
}

/// No kind of extensions exists. The filter must not be skipped, so the rule is closed.
fn extension(filter: &HttpRouteFilter, field: &str, compiled: &mut Compiled) {
    let (group, kind) = match &filter.extension_ref {
        Some(reference) => (reference.group.as_str(), reference.kind.as_str()),
        None => ("", ""),
    };
    let problem = Problem::new(
        "InvalidKind",
        format!("{field}.extensionRef"),
        format!(
            "filters of kind `{}` in group `{}` are not known; requests of the rule are answered with 500",
            kind.escape_debug(),
            group.escape_debug()
        ),
        "remove the filter",
    );
    compiled.findings.refs.push(problem.clone());
    compiled.closed.get_or_insert(problem);
}
