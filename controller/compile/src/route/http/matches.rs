//! Matches of a rule.

use super::path;
use crate::{
    problem::Problem,
    route::{CompiledMatch, Findings, Regexes, Specificity},
    text,
};
use corten_crds::gateway::{HeaderMatch, HttpRouteMatch, MatchType};
use corten_snapshot::{Entry, PathMatch, ValueMatch, ValuePattern};

/// Compiles the matches of a rule; a rule without any matches everything. `None`: at least one cannot be built.
pub(super) fn compile(
    matches: &[HttpRouteMatch],
    field: &str,
    regexes: &mut Regexes,
    findings: &mut Findings,
) -> Option<Vec<CompiledMatch>> {
    if matches.is_empty() {
        return Some(vec![compiled(everything())]);
    }
    let before = findings.invalid.len();
    let mut entries = Vec::with_capacity(matches.len());
    for (position, matched) in matches.iter().enumerate() {
        match entry(matched, regexes) {
            Ok(entry) => entries.push(compiled(entry)),
            Err(problem) => {
                let field = format!("{field}.matches[{position}].{}", problem.field);
                findings.invalid.push(Problem { field, ..problem });
            }
        }
    }
    (findings.invalid.len() == before).then_some(entries)
}

fn compiled(entry: Entry) -> CompiledMatch {
    CompiledMatch { specificity: Specificity::of(&entry), entry }
}

fn everything() -> Entry {
    let path = PathMatch::Prefix(String::new());
    Entry { path, method: None, headers: Vec::new(), query: Vec::new(), rule: 0 }
}

/// The field of an error is below the match.
fn entry(matched: &HttpRouteMatch, regexes: &mut Regexes) -> Result<Entry, Problem> {
    let path = match &matched.path {
        Some(path) => path::compile(path, regexes)?,
        None => PathMatch::Prefix(String::new()),
    };
    let headers = values(&matched.headers, "headers", regexes, &|name| {
        text::header_name(name).map_err(|message| (message, "write a header name such as x-version"))
    })?;
    let query = values(&matched.query_params, "queryParams", regexes, &|name| {
        let control = name.chars().any(char::is_control);
        let refused = format!("`{}` is not the name of a query parameter", name.escape_debug());
        if name.is_empty() || control { Err((refused, "write a name")) } else { Ok(name.to_owned()) }
    })?;
    let method = matched.method.map(|method| method.as_str().to_owned());
    Ok(Entry { path, method, headers, query, rule: 0 })
}

type ReadName<'f> = &'f dyn Fn(&str) -> Result<String, (String, &'static str)>;

/// Conditions on named values. Of several for one name only the first counts, as the specification has it.
fn values(
    given: &[HeaderMatch],
    field: &str,
    regexes: &mut Regexes,
    read_name: ReadName<'_>,
) -> Result<Vec<ValueMatch>, Problem> {
    let mut values: Vec<ValueMatch> = Vec::with_capacity(given.len());
    for (position, condition) in given.iter().enumerate() {
        let refused = |part: &str, message: String, remedy: &'static str| {
            Problem::new("UnsupportedValue", format!("{field}[{position}].{part}"), message, remedy)
        };
        let name =
            read_name(&condition.name).map_err(|(message, remedy)| refused("name", message, remedy))?;
        let pattern = match condition.type_.unwrap_or_default() {
            MatchType::Exact => {
                text::header_value(&condition.value)
                    .map_err(|message| refused("value", message, "remove the control character"))?;
                ValuePattern::Exact(condition.value.clone())
            }
            MatchType::RegularExpression => {
                regexes.check(&condition.value).map_err(|why| {
                    let message =
                        format!("`{}` is no regular expression: {why}", condition.value.escape_debug());
                    refused("value", message, "see the syntax of the Rust crate `regex`")
                })?;
                ValuePattern::Regex(condition.value.clone())
            }
        };
        if !values.iter().any(|value| value.name == name) {
            values.push(ValueMatch { name, pattern });
        }
    }
    Ok(values)
}
