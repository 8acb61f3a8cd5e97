use super::*;
use corten_snapshot::{ClusterKey, HeaderPair, OriginMatch, PathModifier};

fn set(name: &str, value: &str) -> HeaderEdit {
    let pair = HeaderPair { name: name.to_owned(), value: value.to_owned() };
    HeaderEdit { set: vec![pair], ..HeaderEdit::default() }
}

fn rewrite(hostname: Option<&str>, path: Option<&str>) -> Filter {
    let path = path.map(|path| PathModifier::ReplacePrefixMatch(path.to_owned()));
    Filter::Rewrite(corten_snapshot::Rewrite { hostname: hostname.map(str::to_owned), path })
}

fn cors() -> Filter {
    Filter::Cors(corten_snapshot::Cors {
        allow_origins: vec![OriginMatch::Exact("https://a.example".to_owned())],
        allow_methods: vec![],
        allow_headers: vec![],
        expose_headers: vec![],
        allow_credentials: false,
        max_age: 5,
    })
}

fn redirect() -> corten_snapshot::Redirect {
    corten_snapshot::Redirect { scheme: None, hostname: None, port: None, path: None, status: 302 }
}

fn mirror(cluster: &str, numerator: u32) -> Filter {
    let target = Target::Cluster(ClusterKey::new(cluster));
    Filter::Mirror(corten_snapshot::Mirror { target, numerator, denominator: 100 })
}

fn plan(filters: &[Filter]) -> FilterPlan<String> {
    let target = |target: &Target| match target {
        Target::Cluster(key) => key.to_string(),
        Target::Invalid { reason, .. } => reason.clone(),
    };
    FilterPlan::build(filters, target).unwrap()
}

const FACTS: Facts<'static> =
    Facts { https: false, host: "shop.example", port: 80, path: "/foo/bar", query: None, prefix_len: 4 };

#[test]
fn no_filter_no_stage() {
    let plan = plan(&[]);
    assert_eq!(plan.stages(), Stage::NONE);
    assert!(plan.preflight(&Method::OPTIONS, &HeaderMap::new()).is_none());
    assert!(plan.redirect(&FACTS, None).is_none());
    assert_eq!(plan.target(&FACTS).unwrap(), None);
    assert!(plan.host().is_none() && plan.mirrors().next().is_none());
    let mut headers = HeaderMap::new();
    plan.edit_request(&mut headers);
    plan.edit_response(&mut headers, None);
    assert!(headers.is_empty());
}

#[test]
fn each_filter_has_its_stage() {
    for (filter, stage) in [
        (cors(), Stage::CORS),
        (Filter::Redirect(redirect()), Stage::REDIRECT),
        (Filter::RequestHeaders(set("x", "1")), Stage::REQUEST_HEADERS),
        (rewrite(None, Some("/x")), Stage::REWRITE),
        (rewrite(Some("x.example"), None), Stage::REWRITE),
        (Filter::RequestHeaders(set("host", "x.example")), Stage::REWRITE),
        (mirror("service/a/b:80", 100), Stage::MIRROR),
        (Filter::ResponseHeaders(set("x", "1")), Stage::RESPONSE_HEADERS),
    ] {
        assert_eq!(plan(std::slice::from_ref(&filter)).stages(), stage, "{filter:?}");
    }
    assert_eq!(
        plan(&[Filter::RequestHeaders(HeaderEdit::default()), rewrite(None, None)]).stages(),
        Stage::NONE
    );
}

#[test]
fn edits_follow_the_order_of_the_yaml() {
    let remove = HeaderEdit { remove: vec!["x".to_owned()], ..HeaderEdit::default() };
    let mut headers = HeaderMap::new();
    let filters = [Filter::RequestHeaders(remove.clone()), Filter::RequestHeaders(set("x", "1"))];
    plan(&filters).edit_request(&mut headers);
    assert_eq!(headers["x"], "1");
    plan(&[Filter::RequestHeaders(set("x", "1")), Filter::RequestHeaders(remove)]).edit_request(&mut headers);
    assert!(headers.is_empty());
}

#[test]
fn the_last_word_on_the_host_counts() {
    let by_edit = Filter::RequestHeaders(set("host", "edit.example"));
    let by_rewrite = rewrite(Some("rewrite.example"), Some("/x"));
    assert_eq!(plan(&[by_edit.clone(), by_rewrite.clone()]).host().unwrap(), "rewrite.example");
    let plan = plan(&[by_rewrite, by_edit]);
    assert_eq!(plan.host().unwrap(), "edit.example");
    assert_eq!(plan.target(&FACTS).unwrap().unwrap(), "/x/bar");
}

#[test]
fn mirrors_are_drawn_each_for_itself() {
    let plan = plan(&[mirror("service/a/all:80", 100), mirror("service/a/none:80", 0), mirror("b", 100)]);
    for _ in 0..100 {
        assert_eq!(plan.mirrors().collect::<Vec<_>>(), ["service/a/all:80", "b"]);
    }
}

#[test]
fn a_mirror_takes_about_its_share() {
    fastrand::seed(4711);
    let plan = plan(&[mirror("a", 20)]);
    let taken = (0..10_000).filter(|_| plan.mirrors().next().is_some()).count();
    assert!((1_800..2_200).contains(&taken), "{taken}");
}

#[test]
fn cors_headers_come_last_and_stand_on_redirects_too() {
    let filters = [cors(), Filter::ResponseHeaders(set("vary", "Accept")), Filter::Redirect(redirect())];
    let plan = plan(&filters);
    let mut request = HeaderMap::new();
    request.insert("origin", HeaderValue::from_static("https://a.example"));
    let origin = plan.allowed_origin(&request);
    let response = plan.redirect(&FACTS, origin.as_ref()).unwrap();
    assert_eq!(response.headers()["location"], "http://shop.example/foo/bar");
    assert_eq!(response.headers()["access-control-allow-origin"], "https://a.example");
    let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept", "Origin"]);
}

#[test]
fn the_first_error_is_told() {
    let bad = corten_snapshot::Redirect { status: 200, ..redirect() };
    let result = FilterPlan::build(&[cors(), Filter::Redirect(bad)], |_| ());
    assert_eq!(result.unwrap_err(), BuildError::Status(200));
    let bad = HeaderEdit { remove: vec!["host".to_owned()], ..HeaderEdit::default() };
    assert_eq!(FilterPlan::build(&[Filter::RequestHeaders(bad)], |_| ()).unwrap_err(), BuildError::Host);
}

#[test]
fn a_plan_is_small() {
    assert!(std::mem::size_of::<FilterPlan<usize>>() <= 80);
}
