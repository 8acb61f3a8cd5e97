use super::{answer::Answer, request::Request};
use crate::{compiled, load::Loader};

const YAML: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: corten
  listeners:
  - {name: any, port: 8080, protocol: HTTP}
  - {name: shop, port: 8080, protocol: HTTP, hostname: '*.shop.example'}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: any}
spec:
  parentRefs: [{name: gw, sectionName: any}]
  rules:
  - backendRefs: [{group: corten.dev, kind: Backend, name: app}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: wide}
spec:
  parentRefs: [{name: gw, sectionName: shop}]
  hostnames: ['*.shop.example']
  rules:
  - matches: [{path: {type: PathPrefix, value: /wide}}]
    backendRefs: [{group: corten.dev, kind: Backend, name: app}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: exact}
spec:
  parentRefs: [{name: gw, sectionName: shop}]
  hostnames: [a.shop.example]
  rules:
  - matches: [{path: {type: PathPrefix, value: /exact}}]
    backendRefs:
    - {group: corten.dev, kind: Backend, name: app}
    - {name: nobody, port: 80, weight: 3}
---
apiVersion: corten.dev/v1alpha1
kind: Backend
metadata: {name: app}
spec:
  endpoints: [{host: '::1', port: 9001}]
";

fn explained(request: &str, headers: &[&str]) -> Answer {
    let mut loader = Loader::new(Vec::new(), Some(YAML.to_owned()));
    let options = compiled::options(&["8080=18080".parse().unwrap()], compiled::EVERY_ADDRESS);
    let (output, _) = compiled::once(&mut loader, &options);
    assert_eq!(loader.diagnostics(), []);
    let mut request: Request = request.parse().unwrap();
    headers.iter().try_for_each(|header| request.add_header(header)).unwrap();
    let snapshot = &output.snapshot;
    let decision = super::decide::decide(snapshot, &request);
    super::answer::answer(&decision, &request, snapshot, &loader)
}

fn route(answer: &Answer) -> Option<&str> {
    answer.rule.as_ref().map(|rule| rule.rule.route.as_str())
}

#[test]
fn the_most_specific_listener_takes_the_request_for_itself() {
    assert_eq!(route(&explained("http://x.example:8080/", &[])), Some("HTTPRoute default/any"));
    let answer = explained("http://b.shop.example:8080/", &[]);
    assert_eq!((answer.listener.as_deref(), route(&answer)), (Some("default/gw/shop"), None));
    assert_eq!(answer.refused.unwrap().status, Some(404), "the other listener's routes do not count");
}

#[test]
fn a_hostname_without_an_answer_gives_way_to_the_next() {
    let answer = explained("http://a.shop.example:8080/wide", &[]);
    assert_eq!(
        (route(&answer), answer.hostname.as_deref()),
        (Some("HTTPRoute default/wide"), Some("*.shop.example"))
    );
    assert_eq!(answer.others[0].rule.route, "HTTPRoute default/exact");
    assert_eq!(answer.others[0].reasons, ["path is \"/wide\", wanted the prefix \"/exact\""]);
}

#[test]
fn declared_and_bound_ports_are_both_known() {
    for url in ["http://x.example:8080/", "http://x.example:18080/", "http://x.example/"] {
        assert_eq!(route(&explained(url, &[])), Some("HTTPRoute default/any"), "{url}");
    }
    let refused = explained("http://x.example:81/", &[]).refused.unwrap();
    assert_eq!(refused.status, None);
    assert!(refused.reason.contains("8080 (default/gw/any)"), "{}", refused.reason);
}

#[test]
fn the_host_field_counts_and_the_path_is_normalised() {
    let answer = explained("http://127.0.0.1:8080//wide/./%61", &["Host: c.shop.example:8080"]);
    assert_eq!(route(&answer), Some("HTTPRoute default/wide"));
    assert_eq!(answer.normalised_path.as_deref(), Some("/wide/a"));
    assert_eq!(explained("http://c.shop.example:8080/%zz", &[]).refused.unwrap().status, Some(400));
}

#[test]
fn shares_and_addresses_of_backends() {
    let rule = explained("http://a.shop.example:8080/exact", &[]).rule.unwrap();
    let [app, nobody] = rule.backends.as_slice() else { panic!("{rule:?}") };
    assert_eq!((app.percent, app.endpoints.clone()), (25.0, vec!["[::1]:9001".to_owned()]));
    assert_eq!(nobody.percent, 75.0, "what cannot be resolved keeps its weight");
    assert!(nobody.target.starts_with("nowhere, 500: "), "{}", nobody.target);
    assert_eq!(rule.rule.place.as_deref(), Some("-:36"));
}
