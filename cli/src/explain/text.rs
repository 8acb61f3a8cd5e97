//! An answer as text.

use super::answer::{Answer, BackendAnswer, Other, RuleAnswer, RuleName};
use std::io::{self, Write};

/// Writes an answer for people.
///
/// # Errors
/// The writer's.
pub fn write(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    writeln!(out, "{}", answer.request)?;
    let lines =
        [("path", &answer.normalised_path), ("listener", &answer.listener), ("hostname", &answer.hostname)];
    for (label, text) in lines {
        if let Some(text) = text {
            line(out, label, text)?;
        }
    }
    if let Some(rule) = &answer.rule {
        write_rule(out, rule)?;
    }
    if let Some(refused) = &answer.refused {
        let status = refused.status.map_or("no connection".to_owned(), |status| status.to_string());
        line(out, "answer", &format!("{status}: {}", refused.reason))?;
    }
    if !answer.others.is_empty() {
        writeln!(out, "\nThe nearest others do not answer:")?;
    }
    answer.others.iter().try_for_each(|other| write_other(out, other))
}

fn line(out: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "  {label:<9} {text}")
}

fn write_rule(out: &mut impl Write, answer: &RuleAnswer) -> io::Result<()> {
    line(out, "route", &name(&answer.rule))?;
    line(out, "match", &answer.matched)?;
    for filter in &answer.filters {
        line(out, "filter", filter)?;
    }
    for (label, text) in [("timeouts", &answer.timeouts), ("retry", &answer.retry)] {
        if let Some(text) = text {
            line(out, label, text)?;
        }
    }
    answer.backends.iter().try_for_each(|backend| write_backend(out, backend))
}

fn write_backend(out: &mut impl Write, backend: &BackendAnswer) -> io::Result<()> {
    let rounded = (backend.percent * 10.0).round() / 10.0;
    let protocol = backend.protocol.as_ref().map(|p| format!(", {p}")).unwrap_or_default();
    line(out, "backend", &format!("{rounded}% {}{protocol}", backend.target))?;
    if backend.protocol.is_some() {
        let endpoints =
            if backend.endpoints.is_empty() { "none: 503".to_owned() } else { backend.endpoints.join(", ") };
        line(out, "", &format!("endpoints: {endpoints}"))?;
    }
    backend.filters.iter().try_for_each(|filter| line(out, "", &format!("filter: {filter}")))
}

fn write_other(out: &mut impl Write, other: &Other) -> io::Result<()> {
    writeln!(out, "  {} ({})", name(&other.rule), other.wanted)?;
    writeln!(out, "            {}", other.reasons.join("; "))
}

/// `HTTPRoute shop/web, rule 1 "checkout" (shop.yaml:12)`.
fn name(rule: &RuleName) -> String {
    let called = rule.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let place = rule.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{}, rule {}{called}{place}", rule.route, rule.index)
}
