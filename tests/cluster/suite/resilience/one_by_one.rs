//! Routes that come one at a time, each asked for every few milliseconds: it is not there, and then it serves.

use crate::installation::{Installation, backend, route};
use corten_test_support::{
    DEADLINE, Instant,
    api::{Api, gateway_api},
    load::dial,
    wait::pause,
};
use std::{collections::BTreeMap, net::SocketAddr, thread, time::Duration};

const ROUTES: usize = 300;
const EVERY: Duration = Duration::from_millis(5);

/// Asks a pod for `host` until it answers 200; only 404 may come before. How long that took.
fn poll(address: SocketAddr, host: &str) -> Duration {
    let start = Instant::now();
    let mut client = dial(address).expect("a connection");
    let mut seen = BTreeMap::<u16, usize>::new();
    loop {
        let status = client.get(host, "/").status;
        *seen.entry(status).or_default() += 1;
        assert!(matches!(status, 200 | 404), "{host}: {seen:?}");
        if status == 200 {
            return start.elapsed();
        }
        assert!(start.elapsed() < DEADLINE, "{host}: {seen:?}");
        pause(EVERY);
    }
}

#[test]
fn a_new_route_is_missing_and_then_serves() {
    let installation = Installation::start(&[]);
    let mut api = Api::connect();
    let routes = gateway_api(installation.apps.name(), "httproutes");
    let addresses: Vec<_> = installation.pods().iter().map(|pod| installation.direct(pod)).collect();
    let mut took = Vec::new();
    for number in 0..ROUTES {
        let host = format!("r{number}.example");
        let route = serde_json::from_str(&route(&format!("r{number}"), &host, &backend(&[]))).unwrap();
        thread::scope(|scope| {
            let host = host.as_str();
            let polls: Vec<_> =
                addresses.iter().map(|address| scope.spawn(move || poll(*address, host))).collect();
            api.create(&routes, &route);
            took.extend(polls.into_iter().map(|poll| poll.join().expect("only 404, then 200")));
        });
    }
    took.sort();
    println!(
        "{ROUTES} routes one at a time, in each of {} pods: only 404, then 200; served after p50 {:?}, p99 {:?}, at most {:?}",
        addresses.len(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took[took.len() - 1],
    );
}
