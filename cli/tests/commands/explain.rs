//! `corten explain`.

use crate::support::{said, workspace};
use serde_json::Value;

fn explained(example: &str, request: &str, more: &[&str]) -> crate::support::Said {
    let path = workspace().join("examples").join(example);
    let mut arguments = vec!["explain", path.to_str().unwrap(), "--request", request];
    arguments.extend(more);
    said(&arguments)
}

fn json(example: &str, request: &str, more: &[&str]) -> Value {
    let mut arguments = more.to_vec();
    arguments.extend(["--format", "json"]);
    let said = explained(example, request, &arguments);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[test]
fn the_rule_that_answers_and_why_the_other_does_not() {
    let answer = json("01-paths-and-hosts", "GET http://shop.example:8080/cart/1", &[]);
    assert_eq!(answer["listener"], "default/web/http");
    assert_eq!(answer["hostname"], "shop.example");
    assert_eq!(
        (&answer["rule"]["route"], &answer["rule"]["index"]),
        (&"HTTPRoute default/shop".into(), &1.into())
    );
    assert!(answer["rule"]["place"].as_str().unwrap().ends_with("routes.yaml:12"), "{answer}");
    assert_eq!(answer["rule"]["matched"], "path starts with /cart");
    assert_eq!(answer["rule"]["backends"][0]["target"], "backend/default/cart");
    assert_eq!(answer["rule"]["backends"][0]["endpoints"][0], "127.0.0.1:9002");
    assert_eq!(answer["others"][0]["index"], 0);
    assert_eq!(answer["refused"], Value::Null);
}

#[test]
fn text_for_people() {
    let said = explained("02-headers-query-methods", "http://api.example:8080/", &["-H", "x-tester: no"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for part in [
        "GET http://api.example:8080/\n",
        "  listener  default/web/http\n",
        "  route     HTTPRoute default/api, rule 2 \"everybody\" (",
        "  backend   100% backend/default/stable, HTTP/1.1\n            endpoints: 127.0.0.1:9001\n",
        "The nearest others do not answer:\n",
        "header x-tester is \"no\", wanted \"yes\"",
    ] {
        assert!(said.out.contains(part), "`{part}` is not in\n{}", said.out);
    }
}

#[test]
fn filters_weights_timeouts_and_retries_are_told() {
    let answer = json("03-canary", "GET http://a:8080/", &[]);
    let shares: Vec<_> = answer["rule"]["backends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["percent"].as_f64().unwrap())
        .collect();
    assert_eq!(shares, [90.0, 10.0]);
    let answer = json("06-timeouts-and-retries", "GET http://a:8080/orders", &[]);
    assert_eq!(answer["rule"]["timeouts"], "request 10s, each try 2s");
    assert_eq!(answer["rule"]["retry"], "2 more tries on 503, 10ms apart at least");
    let answer = json("04-redirect-and-rewrite", "GET http://a:8080/docs/x", &[]);
    assert!(answer["rule"]["filters"][0].as_str().unwrap().starts_with("redirect 301: "), "{answer}");
    assert_eq!(answer["rule"]["backends"], Value::Array(Vec::new()));
}

#[test]
fn what_the_gateway_refuses_itself() {
    let refused = |example: &str, request: &str, more: &[&str]| {
        let answer = json(example, request, more);
        (
            answer["refused"]["status"].clone(),
            answer["refused"]["reason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let (status, reason) = refused("01-paths-and-hosts", "GET http://other.example:8080/", &[]);
    assert_eq!(
        (status, reason.as_str()),
        (404.into(), "no route of listener default/web/http is for the host other.example")
    );
    let (status, _) = refused("01-paths-and-hosts", "GET http://x.blog.example:8080/about", &[]);
    assert_eq!(status, Value::from(404));
    let (status, reason) = refused("01-paths-and-hosts", "GET http://shop.example:81/", &[]);
    assert!(
        status.is_null() && reason.contains("no HTTP listener on port 81") && reason.contains("8080"),
        "{reason}"
    );
    let (status, _) = refused("01-paths-and-hosts", "GET http://shop.example:8080/%zz", &[]);
    assert_eq!(status, Value::from(400));
    let (status, reason) = refused("05-https", "GET https://other.example:8443/", &[]);
    assert!(status.is_null() && reason.contains("SNI"), "{reason}");
    let (status, _) = refused("05-https", "GET https://shop.example:8443/", &["-H", "Host: other.example"]);
    assert_eq!(status, Value::from(421));
    assert_eq!(explained("01-paths-and-hosts", "http://other.example:8080/", &[]).code, Some(1));
}

#[test]
fn a_url_without_port_finds_the_listener() {
    let answer = json("05-https", "GET https://shop.example/", &[]);
    assert_eq!(answer["listener"], "default/web/https");
}

#[test]
fn wrong_usage() {
    assert_eq!(explained("01-paths-and-hosts", "GET /cart", &[]).code, Some(2));
    assert_eq!(explained("01-paths-and-hosts", "http://a/", &["-H", "nonsense"]).code, Some(2));
    assert_eq!(said(&["explain", "/nonexistent", "--request", "http://a/"]).code, Some(2));
}
