//! The Gateway API's CEL rules: for the important ones a good and a bad sample.

use super::*;

/// The route's only error, its path cut to below the rule.
#[track_caller]
fn rule_error(rule: &str, path: &str, message: &str) {
    let at = if path.is_empty() { "spec.rules[0]".to_owned() } else { format!("spec.rules[0].{path}") };
    assert_eq!(errors(&http_rule(rule)), [format!("{at}: Invalid value: {message}")]);
}

#[test]
fn paths() {
    let path = |kind: &str, value: &str| format!("matches: [{{path: {{type: {kind}, value: \"{value}\"}}}}]");
    accepts(&http_rule(&path("Exact", "/a-b_c.d~/%C3%A4")));
    accepts(&http_rule(&path("RegularExpression", "no slash//")));
    let bad = |value: &str, message: &str| rule_error(&path("PathPrefix", value), "matches[0].path", message);
    bad("/a//b", "must not contain '//' when type one of ['Exact', 'PathPrefix']");
    bad("/a/./b", "must not contain '/./' when type one of ['Exact', 'PathPrefix']");
    bad("/a/..", "must not end with '/..' when type one of ['Exact', 'PathPrefix']");
    bad("/a%2Fb", "must not contain '%2F' when type one of ['Exact', 'PathPrefix']");
    let several = errors(&http_rule(&path("Exact", "a b")));
    assert_eq!(several.len(), 2, "no slash in front, and a blank: {several:?}");
}

#[test]
fn a_service_needs_a_port() {
    accepts(&http_rule("backendRefs: [{group: corten.dev, kind: Backend, name: a}]"));
    rule_error("backendRefs: [{name: a}]", "backendRefs[0]", "Must have port for Service reference");
}

#[test]
fn a_filter_has_what_its_type_says() {
    accepts(&http_rule("filters: [{type: CORS, cors: {allowOrigins: [\"*\"]}}]"));
    rule_error("filters: [{type: CORS}]", "filters[0]", "filter.cors must be specified for CORS filter.type");
    rule_error(
        "filters: [{type: CORS, cors: {}, urlRewrite: {hostname: a}}]",
        "filters[0]",
        "filter.urlRewrite must be nil if the filter.type is not URLRewrite",
    );
}

#[test]
fn filters_that_exclude_each_other() {
    rule_error(
        "filters: [{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}]",
        "filters",
        "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
    );
    rule_error(
        "filters: [{type: RequestRedirect, requestRedirect: {}}], backendRefs: [{name: a, port: 80}]",
        "",
        "RequestRedirect filter must not be used together with backendRefs",
    );
    rule_error(
        "filters: [{type: CORS, cors: {}}, {type: CORS, cors: {}}]",
        "filters",
        "CORS filter cannot be repeated",
    );
}

#[test]
fn replace_prefix_match_needs_a_prefix() {
    let filter = "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}]";
    accepts(&http_rule(&format!("{filter}, matches: [{{path: {{type: PathPrefix, value: /a}}}}]")));
    let exact = format!("{filter}, matches: [{{path: {{type: Exact, value: /a}}}}]");
    rule_error(
        &exact,
        "",
        "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified",
    );
}

#[test]
fn timeouts_are_ordered() {
    accepts(&http_rule("timeouts: {request: 1s, backendRequest: 1000ms}"));
    accepts(&http_rule("timeouts: {request: 0s, backendRequest: 5s}"));
    rule_error(
        "timeouts: {request: 1s, backendRequest: 1001ms}",
        "timeouts",
        "backendRequest timeout cannot be longer than request timeout",
    );
}

#[test]
fn fractions_and_percents() {
    let mirror = |rest: &str| {
        format!(
            "filters: [{{type: RequestMirror, requestMirror: {{backendRef: {{name: a, port: 1}}, {rest}}}}}]"
        )
    };
    accepts(&http_rule(&mirror("fraction: {numerator: 1}")));
    rule_error(
        &mirror("fraction: {numerator: 2, denominator: 1}"),
        "filters[0].requestMirror.fraction",
        "numerator must be less than or equal to denominator",
    );
    rule_error(
        &mirror("percent: 1, fraction: {numerator: 1}"),
        "filters[0].requestMirror",
        "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter",
    );
}

/// The rule whose `self.size()` is bound to a variable.
#[test]
fn matches_of_all_rules_are_bounded() {
    let route = |matches: usize| {
        let matches = vec!["{method: GET}"; matches].join(",");
        let rules = vec![format!("{{matches: [{matches}]}}"); 16].join(",");
        errors(&format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r}}, spec: {{rules: [{rules}]}}}}"
        ))
    };
    assert_eq!(route(8), Vec::<String>::new());
    assert_eq!(
        route(9),
        [
            "spec.rules: Invalid value: While 16 rules and 64 matches per rule are allowed, the total number of matches \
          across all rules in a route must be less than 128"
        ]
    );
}

#[test]
fn listeners() {
    accepts(&gateway(
        "{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP, hostname: b.c}",
    ));
    assert_eq!(
        errors(&gateway("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}")),
        [
            "spec.listeners: Invalid value: Combination of port, protocol and hostname must be unique for each listener"
        ]
    );
    assert_eq!(
        errors(&gateway("{name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}")),
        ["spec.listeners: Invalid value: tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"]
    );
    assert_eq!(
        errors(&gateway("{name: a, port: 443, protocol: HTTPS, tls: {}}")),
        [
            "spec.listeners[0].tls: Invalid value: certificateRefs or options must be specified when mode is Terminate"
        ],
        "both lists are absent, so the rule has nothing to measure"
    );
    accepts(&gateway("{name: a, port: 443, protocol: HTTPS, tls: {options: {a.b/c: d}}}"));
    accepts(&gateway("{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}"));
    assert_eq!(
        errors(&gateway("{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}")),
        ["spec.listeners: Invalid value: tls mode must be Terminate for protocol HTTPS"]
    );
}

#[test]
fn parent_refs() {
    let refs = |refs: &str| {
        errors(&format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: GRPCRoute, metadata: {{name: r}}, spec: {{parentRefs: [{refs}]}}}}"
        ))
    };
    assert_eq!(refs("{name: g, sectionName: a}, {name: g, sectionName: b}"), Vec::<String>::new());
    assert_eq!(refs("{name: g, namespace: a}, {name: g, namespace: b}"), Vec::<String>::new());
    assert_eq!(refs("{name: g}, {name: g, sectionName: b}").len(), 1, "one names a section, the other all");
    assert_eq!(refs("{name: g}, {name: g}").len(), 1, "twice the same");
}

#[test]
fn tls_route_hostnames_are_names() {
    let hosts = |hosts: &str| {
        errors(&format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: TLSRoute, metadata: {{name: r}}, spec: {{hostnames: [{hosts}], \
             rules: [{{backendRefs: [{{name: a, port: 1}}]}}]}}}}"
        ))
    };
    assert_eq!(hosts("a.b, \"*.b\""), Vec::<String>::new());
    assert_eq!(hosts("10.0.0.1"), ["spec.hostnames: Invalid value: Hostnames cannot contain an IP"]);
}

/// A wrong type below a rule would only make the rule fail as well.
#[test]
fn rules_are_held_back_by_wrong_types() {
    let found = errors(&http_rule("backendRefs: [{name: 1}]"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn rules_are_not_held_back_by_wrong_values() {
    let found = errors(&http_rule("backendRefs: [{name: a}], name: UPPER"));
    assert_eq!(found.len(), 2, "{found:?}");
}
