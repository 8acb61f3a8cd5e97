//! Unknown fields, types, required fields, values, sizes, list types.

use super::*;

#[test]
fn unknown_fields_get_a_suggestion() {
    assert_eq!(
        errors(&http_rule("matchs: []")),
        ["spec.rules[0].matchs: unknown field -> did you mean `matches`?"]
    );
    assert_eq!(
        errors(
            "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {backendRefs: []}}"
        ),
        ["spec.backendRefs: unknown field -> `backendRefs` belongs to `spec.rules[]`; check the indentation"]
    );
    assert_eq!(
        errors(&http_rule("timeouts: {zzzzzz: 1s}")),
        ["spec.rules[0].timeouts.zzzzzz: unknown field -> known fields here: backendRequest, request"]
    );
    assert_eq!(
        errors("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, spec: {}}"),
        ["spec: unknown field -> known fields here: apiVersion, binaryData, data, immutable, kind, metadata"]
    );
}

#[test]
fn unknown_fields_are_dropped() {
    let outcome = outcome(&http_rule("matchs: [], name: a"));
    assert!(outcome.object["spec"]["rules"][0].get("matchs").is_none());
    assert_eq!(outcome.object["spec"]["rules"][0]["name"], "a");
}

#[test]
fn wrong_types() {
    assert_eq!(
        errors(&http_rule("name: 5")),
        ["spec.rules[0].name: Invalid value: 5: must be a string, not a number -> put it in quotes: \"5\""]
    );
    assert_eq!(
        errors(&http_rule("backendRefs: [{name: web, port: \"80\"}]")),
        [
            "spec.rules[0].backendRefs[0].port: Invalid value: \"80\": must be a whole number, not a string -> write it \
          without quotes: 80"
        ]
    );
    assert_eq!(
        errors(&http_rule("filters: {type: CORS}"))[0],
        "spec.rules[0].filters: Invalid value: {\"type\":\"CORS\"}: must be a list, not an object -> it is a list: start \
         the item with `- `"
    );
    assert_eq!(
        errors(&http_rule("timeouts: [1s]"))[0],
        "spec.rules[0].timeouts: Invalid value: [\"1s\"]: must be an object, not a list -> it is a single object: leave \
         out the `- `"
    );
    let header = "matches: [{headers: [{name: a, value: true}]}]";
    assert!(errors(&http_rule(header))[0].ends_with("put it in quotes"), "{:?}", errors(&http_rule(header)));
    assert_eq!(
        errors(
            "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {hostnames: a.b}}"
        ),
        ["spec.hostnames: Invalid value: \"a.b\": must be a list, not a string -> it is a list: write [a.b]"]
    );
    assert_eq!(
        errors(&http_rule("backendRefs: [null]"))[0],
        "spec.rules[0].backendRefs[0]: Invalid value: null: must be an object, not null",
        "null is absence for a field, but not for an item"
    );
    assert_eq!(
        errors(&http_rule("backendRefs: [{name: a, port: 80.5}]")),
        ["spec.rules[0].backendRefs[0].port: Invalid value: 80.5: must be a whole number, not a number"]
    );
}

#[test]
fn required_fields() {
    assert_eq!(
        errors("{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: {}}"),
        ["spec.gatewayClassName: Required value", "spec.listeners: Required value"]
    );
    assert_eq!(
        errors("{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}}"),
        ["spec: Required value"]
    );
    let null = "matches: [{headers: [{name: null, value: x}]}]";
    assert_eq!(errors(&http_rule(null)), ["spec.rules[0].matches[0].headers[0].name: Required value"]);
}

#[test]
fn values_outside_of_an_enum() {
    let allowed =
        "\"GET\", \"HEAD\", \"POST\", \"PUT\", \"DELETE\", \"CONNECT\", \"OPTIONS\", \"TRACE\", \"PATCH\"";
    assert_eq!(
        errors(&http_rule("matches: [{method: get}]")),
        [format!(
            "spec.rules[0].matches[0].method: Unsupported value: \"get\": supported values: {allowed} -> did you mean `GET`?"
        )]
    );
    let codes = errors(&http_rule("filters: [{type: RequestRedirect, requestRedirect: {statusCode: 304}}]"));
    assert_eq!(
        codes,
        [
            "spec.rules[0].filters[0].requestRedirect.statusCode: Unsupported value: 304: supported values: 301, 302, 303, \
          307, 308"
        ]
    );
}

#[test]
fn numbers_out_of_range() {
    let port = |port: &str| errors(&gateway(&format!("{{name: a, port: {port}, protocol: HTTP}}")));
    assert_eq!(port("0"), ["spec.listeners[0].port: Invalid value: 0: must be greater than or equal to 1"]);
    assert_eq!(
        port("65536"),
        ["spec.listeners[0].port: Invalid value: 65536: must be less than or equal to 65535"]
    );
    assert_eq!(port("65535"), Vec::<String>::new());
    assert_eq!(
        port("99999999999").last().unwrap(),
        "spec.listeners[0].port: Invalid value: 99999999999: does not fit into its integer type"
    );
}

#[test]
fn patterns_and_lengths() {
    assert_eq!(
        errors(&http_rule("timeouts: {request: 10}, name: UPPER")).len(),
        2,
        "each field is reported on its own"
    );
    assert_eq!(
        errors(&http_rule("timeouts: {request: 10}"))[0],
        "spec.rules[0].timeouts.request: Invalid value: 10: must be a string, not a number -> put it in quotes: \"10\""
    );
    assert_eq!(
        errors(&http_rule("timeouts: {request: 10 seconds}")),
        ["spec.rules[0].timeouts.request: Invalid value: \"10 seconds\": must match \
          '^([0-9]{1,5}(h|m|s|ms)){1,4}$' -> a duration is written as 10s, 500ms or 1h30m"]
    );
    let long = "ä".repeat(254);
    assert_eq!(
        errors(&http_rule(&format!("backendRefs: [{{name: {long}, port: 80}}]"))),
        ["spec.rules[0].backendRefs[0].name: Too long: may not be more than 253 characters, has 254"]
    );
    assert_eq!(
        errors(&http_rule("backendRefs: [{name: \"\", port: 80}]")),
        ["spec.rules[0].backendRefs[0].name: Invalid value: \"\": must have at least 1 characters"]
    );
}

#[test]
fn list_sizes_and_duplicates() {
    let rules = vec!["{}"; 17].join(",");
    let route = format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r}}, spec: {{rules: [{rules}]}}}}"
    );
    assert_eq!(errors(&route), ["spec.rules: Too many: 17: must have at most 16 items"]);
    assert_eq!(errors(&gateway("")), ["spec.listeners: Invalid value: must have at least 1 items, has 0"]);
    let twice = "{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}";
    let found = errors(&gateway(twice));
    assert_eq!(found[0], "spec.listeners[1]: Duplicate value: {\"name\":\"a\"} -> item 0 has it already");
    let set = "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a, b, a]}}]";
    assert_eq!(
        errors(&http_rule(set)),
        [
            "spec.rules[0].filters[0].requestHeaderModifier.remove[2]: Duplicate value: \"a\" -> item 0 has it already"
        ]
    );
}

#[test]
fn one_of_several_schemas() {
    let with = |address: &str| {
        errors(&format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: g}}, spec: {{gatewayClassName: c, \
             listeners: [{{name: a, port: 1, protocol: HTTP}}], addresses: [{address}]}}}}"
        ))
    };
    assert_eq!(with("{type: IPAddress, value: 10.0.0.1}"), Vec::<String>::new());
    assert_eq!(with("{type: IPAddress, value: \"::1\"}"), Vec::<String>::new());
    assert_eq!(with("{value: 10.0.0.1}"), Vec::<String>::new(), "IPAddress is the default");
    assert_eq!(with("{type: Hostname, value: a.b}"), Vec::<String>::new());
    let bad = with("{type: IPAddress, value: 10.0.0.256}");
    assert!(
        bad[0].starts_with("spec.addresses[0]: must validate one and only one schema (oneOf) -> "),
        "{bad:?}"
    );
}
