//! A thousand routes: few writes of their Gateway, the right count soon, quiet afterwards, and how fast a change is in
//! effect among them.

use crate::{
    figures::{self, Change, Usage},
    installation::{Installation, backend, route},
};
use corten_test_support::{
    Instant,
    api::{Api, Watch, gateway_api},
    cluster::POD_DEADLINE,
    wait_for,
};
use serde_json::Value;
use std::time::Duration;

const ROUTES: usize = 1_000;
/// The most writes of the Gateway while they come, and while they go; on a slow machine one a second.
const MOST_WRITES: usize = 50;
/// How long nothing may be written once all is written.
const STEADY: Duration = Duration::from_secs(5);
const CHANGES: usize = 200;

/// Waits for the right count, and says how long it took and how many writes it cost.
fn counted(installation: &Installation, api: &mut Api, (watch, since): (&Watch, Instant), routes: usize) {
    let last = Instant::now();
    let path = format!("{}/web", gateway_api(installation.apps.name(), "gateways"));
    let gateway = wait_for("the right count", POD_DEADLINE, || {
        let gateway = api.get(&path);
        (gateway["status"]["listeners"][0]["attachedRoutes"] == routes).then_some(gateway)
    });
    let took = last.elapsed();
    watch.until("web", gateway["metadata"]["resourceVersion"].as_str().unwrap());
    let writes = watch.count(Some("web"));
    println!(
        "{routes} attached routes: counted {took:?} after the last write, with {writes} writes of the Gateway"
    );
    figures::check("the right count within 2 s", took <= Duration::from_secs(2));
    figures::check("at most 50 writes of the Gateway", writes <= MOST_WRITES);
    let seconds = usize::try_from(since.elapsed().as_secs()).unwrap();
    assert!(writes <= MOST_WRITES.max(seconds + 10), "{writes} writes of the Gateway in {seconds} s");
}

/// Waits until every route has its status.
fn all_accepted(installation: &Installation, api: &mut Api) {
    let path = gateway_api(installation.apps.name(), "httproutes");
    wait_for("every route's status", POD_DEADLINE, || {
        let list = api.get(&path);
        let accepted = |route: &&Value| route["status"]["parents"][0]["conditions"][0]["status"] == "True";
        (list["items"].as_array().unwrap().iter().filter(accepted).count() == ROUTES + 1).then_some(())
    });
}

#[test]
fn a_thousand_routes_come_are_quiet_and_go() {
    let installation = Installation::start(&[]);
    let mut api = Api::connect();
    let apps = installation.apps.name().to_owned();
    let (routes, gateways) = (gateway_api(&apps, "httproutes"), gateway_api(&apps, "gateways"));
    let start = Instant::now();
    let coming = api.watch(&gateways);
    for number in 0..ROUTES {
        let text = route(&format!("r{number}"), &format!("r{number}.example"), &backend(&[]));
        api.create(&routes, &serde_json::from_str(&text).unwrap());
    }
    println!("{ROUTES} routes created in {:?}", start.elapsed());
    counted(&installation, &mut api, (&coming, start), ROUTES + 1);
    all_accepted(&installation, &mut api);
    installation.wait_until_served(&format!("r{}.example", ROUTES - 1));
    drop(coming);

    let (on_gateways, on_routes) = (api.watch(&gateways), api.watch(&routes));
    let pods = installation.pods();
    let before: Vec<_> = pods.iter().map(Usage::of).collect();
    assert_eq!(on_gateways.during(STEADY) + on_routes.count(None), 0, "writes although nothing changes");
    for (pod, before) in pods.iter().zip(before) {
        before.report(pod);
    }
    drop((on_gateways, on_routes));

    Change::measure(&installation, &mut api, CHANGES).report(ROUTES);

    let (going, start) = (api.watch(&gateways), Instant::now());
    for number in 0..ROUTES {
        api.delete(&format!("{routes}/r{number}"));
    }
    counted(&installation, &mut api, (&going, start), 1);
}
