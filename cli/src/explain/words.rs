//! Parts of a rule in words.

use corten_snapshot::{
    Entry, Filter, HeaderEdit, OriginMatch, PathMatch, PathModifier, Redirect, Rewrite, Target, Timeouts,
    ValueMatch, ValuePattern,
};

/// The conditions of an entry.
pub fn entry(entry: &Entry) -> String {
    let mut parts = vec![match &entry.path {
        PathMatch::Exact(path) => format!("path is {path}"),
        PathMatch::Prefix(prefix) if prefix.is_empty() => "any path".to_owned(),
        PathMatch::Prefix(prefix) => format!("path starts with {prefix}"),
        PathMatch::Regex(regex) => format!("path matches {regex}"),
    }];
    parts.extend(entry.method.iter().map(|method| format!("method is {method}")));
    parts.extend(entry.headers.iter().map(|condition| value("header", condition)));
    parts.extend(entry.query.iter().map(|condition| value("query parameter", condition)));
    parts.join(", ")
}

fn value(what: &str, condition: &ValueMatch) -> String {
    match &condition.pattern {
        ValuePattern::Exact(text) => format!("{what} {} is {text}", condition.name),
        ValuePattern::Regex(regex) => format!("{what} {} matches {regex}", condition.name),
    }
}

/// A filter.
pub fn filter(filter: &Filter) -> String {
    match filter {
        Filter::RequestHeaders(edit) => format!("request headers: {}", headers(edit)),
        Filter::ResponseHeaders(edit) => format!("response headers: {}", headers(edit)),
        Filter::Redirect(redirect) => format!("redirect {}: {}", redirect.status, redirect_target(redirect)),
        Filter::Rewrite(rewrite) => format!("rewrite: {}", rewritten(rewrite)),
        Filter::Mirror(mirror) => {
            let share = f64::from(mirror.numerator) * 100.0 / f64::from(mirror.denominator.max(1));
            format!("mirror {share}% to {}", target(&mirror.target))
        }
        Filter::Cors(cors) => {
            let origin = |origin: &OriginMatch| match origin {
                OriginMatch::Any => "*".to_owned(),
                OriginMatch::Exact(origin) => origin.clone(),
                OriginMatch::Wildcard { scheme, suffix } => format!("{scheme}*{suffix}"),
            };
            let origins: Vec<_> = cors.allow_origins.iter().map(origin).collect();
            format!("CORS for {}", origins.join(", "))
        }
    }
}

fn headers(edit: &HeaderEdit) -> String {
    let set = edit.set.iter().map(|pair| format!("set {}: {}", pair.name, pair.value));
    let add = edit.add.iter().map(|pair| format!("add {}: {}", pair.name, pair.value));
    let remove = edit.remove.iter().map(|name| format!("remove {name}"));
    set.chain(add).chain(remove).collect::<Vec<_>>().join(", ")
}

fn redirect_target(redirect: &Redirect) -> String {
    let mut parts = Vec::new();
    parts.extend(redirect.scheme.iter().map(|scheme| format!("scheme {scheme}")));
    parts.extend(redirect.hostname.iter().map(|hostname| format!("host {hostname}")));
    parts.extend(redirect.port.iter().map(|port| format!("port {port}")));
    parts.extend(redirect.path.iter().map(path));
    if parts.is_empty() { "to the same address".to_owned() } else { parts.join(", ") }
}

fn rewritten(rewrite: &Rewrite) -> String {
    let host = rewrite.hostname.iter().map(|hostname| format!("host {hostname}"));
    host.chain(rewrite.path.iter().map(path)).collect::<Vec<_>>().join(", ")
}

fn path(path: &PathModifier) -> String {
    match path {
        PathModifier::ReplaceFullPath(path) => format!("path {path}"),
        PathModifier::ReplacePrefixMatch(prefix) => format!("matched prefix becomes {prefix}"),
    }
}

/// Where requests go.
pub fn target(target: &Target) -> String {
    match target {
        Target::Cluster(key) => key.to_string(),
        Target::Invalid { status, reason } => format!("nowhere, {status}: {reason}"),
    }
}

/// Timeouts; `None` if there are none.
pub fn timeouts(timeouts: &Timeouts) -> Option<String> {
    let part = |what: &str, time: Option<std::time::Duration>| time.map(|time| format!("{what} {time:?}"));
    let parts: Vec<_> = [part("request", timeouts.request), part("each try", timeouts.backend_request)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::{ClusterKey, HeaderPair, Mirror};
    use std::time::Duration;

    #[test]
    fn conditions() {
        let any = Entry {
            path: PathMatch::Prefix(String::new()),
            method: None,
            headers: vec![],
            query: vec![],
            rule: 0,
        };
        assert_eq!(entry(&any), "any path");
        let like = |name: &str| ValueMatch { name: name.into(), pattern: ValuePattern::Regex("a.*".into()) };
        let is = |name: &str| ValueMatch { name: name.into(), pattern: ValuePattern::Exact("b".into()) };
        let all = Entry {
            path: PathMatch::Prefix("/a".into()),
            method: Some("GET".into()),
            headers: vec![is("x-a")],
            query: vec![like("q")],
            rule: 0,
        };
        assert_eq!(
            entry(&all),
            "path starts with /a, method is GET, header x-a is b, query parameter q matches a.*"
        );
    }

    #[test]
    fn filters() {
        let pair = |name: &str| HeaderPair { name: name.into(), value: "v".into() };
        let edit = HeaderEdit { set: vec![pair("a")], add: vec![pair("b")], remove: vec!["c".into()] };
        assert_eq!(filter(&Filter::RequestHeaders(edit)), "request headers: set a: v, add b: v, remove c");
        let redirect = Redirect {
            scheme: Some("https".into()),
            hostname: None,
            port: Some(8443),
            path: Some(PathModifier::ReplacePrefixMatch("/new".into())),
            status: 301,
        };
        assert_eq!(
            filter(&Filter::Redirect(redirect)),
            "redirect 301: scheme https, port 8443, matched prefix becomes /new"
        );
        let mirror = Mirror {
            target: Target::Cluster(ClusterKey::new("service/a/b:80")),
            numerator: 1,
            denominator: 2,
        };
        assert_eq!(filter(&Filter::Mirror(mirror)), "mirror 50% to service/a/b:80");
        let rewrite =
            Rewrite { hostname: Some("h".into()), path: Some(PathModifier::ReplaceFullPath("/p".into())) };
        assert_eq!(filter(&Filter::Rewrite(rewrite)), "rewrite: host h, path /p");
    }

    #[test]
    fn times() {
        assert_eq!(timeouts(&Timeouts::default()), None);
        let both = Timeouts {
            request: Some(Duration::from_secs(10)),
            backend_request: Some(Duration::from_millis(1500)),
        };
        assert_eq!(timeouts(&both).unwrap(), "request 10s, each try 1.5s");
    }
}
