//! Routes that come one at a time: each is not there, then there, and nothing else in between.

use corten_test_support::load::Load;
use corten_test_support::{Backend, Client, Gateway, setting, wait_for, yaml};
use std::time::Duration;

/// How many routes there are in the end.
const ROUTES: u64 = 3000;
/// How many of them come one at a time; `CORTEN_GROWTH=3000` takes all of them, and its time.
const ONE_BY_ONE: u64 = 60;
/// For a route to appear. Not a measure of speed: see tests/bench for that.
const EFFECT: Duration = Duration::from_secs(10);

fn route(number: u64) -> String {
    yaml::route(&format!("r{number}"), &[], &yaml::prefix_rule(&format!("/r{number}"), "app"))
}

/// Asks every few milliseconds until the route is there.
fn until_there(client: &mut Client, number: u64) {
    wait_for("the route", EFFECT, || {
        let response = client.get("h", &format!("/r{number}"));
        match response.status {
            200 => {
                assert_eq!(response.text(), "app");
                Some(())
            }
            404 => None,
            status => panic!("route {number}: {status} {}", response.text()),
        }
    });
}

#[test]
fn a_new_route_is_404_and_then_200_and_nothing_else() {
    let one_by_one = setting("CORTEN_GROWTH", ONE_BY_ONE).min(ROUTES);
    let before = ROUTES - one_by_one;
    let backend = Backend::named("app");
    let there: Vec<_> = (0..before.max(1)).map(route).collect();
    let gateway =
        Gateway::builder().service("app", &[&backend]).file("there.yaml", &there.join("---\n")).start();
    let mut load = Load::default();
    load.keep_alive(&gateway, "/r0", |ask| match ask().map_err(|e| e.to_string())? {
        response if response.status == 200 => Ok(()),
        response => Err(format!("{}: {}", response.status, response.text())),
    });
    let mut client = gateway.client();
    for number in before.max(1)..ROUTES {
        assert_eq!(client.get("h", &format!("/r{number}")).status, 404);
        gateway.write(&format!("route-{number}.yaml"), &route(number));
        until_there(&mut client, number);
        // From now on it stays, and so does the one before it.
        for number in [number, number - 1] {
            assert_eq!(client.get("h", &format!("/r{number}")).status, 200, "route {number} went again");
        }
    }
    assert!(load.finish() > 0, "nobody asked meanwhile");
    assert_eq!(client.get("h", &format!("/r{ROUTES}")).status, 404);
}
