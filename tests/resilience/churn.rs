//! Routes, endpoints and policies that come and go without end: memory and metrics stay where they are.

use corten_test_support::load::Load;
use corten_test_support::{Backend, Gateway, eventually, setting, yaml};
use std::time::{Duration, SystemTime};

/// Seconds of churn after the warm-up; `CORTEN_CHURN=1800` is half an hour.
const SECONDS: u64 = 8;
/// Names in turn, so that objects come and go under old names and new ones.
const NAMES: u64 = 50;
/// What the gateway may hold more than after the warm-up.
const GROWTH: u64 = 8 * 1024 * 1024;

/// One turn: a new route, an older one gone, other endpoints, another policy.
fn turn(gateway: &Gateway, ports: &[u16], number: u64) {
    let name = format!("churn-{number}");
    let rules =
        format!("{}{}", yaml::prefix_rule(&format!("/{name}"), "app"), yaml::prefix_rule("/x", "app"));
    gateway.write(&format!("{name}.yaml"), &yaml::route(&name, &[&format!("h{number}.test")], &rules));
    if let Some(old) = number.checked_sub(NAMES) {
        gateway.remove(&format!("churn-{old}.yaml"));
    }
    let some = &ports[..1 + (number % ports.len() as u64) as usize];
    gateway.write("service-app.yaml", &yaml::service("app", some));
    let policy = format!("limits: {{headerCount: {}}}", 50 + number % 40);
    gateway.write("policy.yaml", &yaml::listener_policy(&policy));
    let host = format!("h{number}.test");
    eventually("the new route", || gateway.get(&host, &format!("/{name}")).status == 200);
}

fn series(gateway: &Gateway) -> usize {
    gateway.admin("/metrics").text().lines().filter(|line| !line.starts_with('#')).count()
}

#[test]
fn memory_and_metrics_are_flat_under_churn() {
    let backends = [Backend::named("app"), Backend::named("app"), Backend::named("app")];
    let ports = backends.each_ref().map(Backend::port);
    let gateway = Gateway::builder()
        .service("app", &[&backends[0]])
        .route("base", &[], &yaml::prefix_rule("/", "app"))
        .start();
    let mut load = Load::default();
    load.keep_alive(&gateway, "/", |ask| match ask().map_err(|e| e.to_string())? {
        response if response.status == 200 => Ok(()),
        response => Err(format!("{}: {}", response.status, response.text())),
    });
    // All names are in use, and whatever is kept of old ones is.
    let warm = 3 * NAMES;
    (0..warm).for_each(|number| turn(&gateway, &ports, number));
    let (memory, before) = (gateway.process().resident(), series(&gateway));
    let started = SystemTime::now();
    let end = Duration::from_secs(setting("CORTEN_CHURN", SECONDS));
    let turns = (warm..).take_while(|_| started.elapsed().unwrap() < end).fold(0, |count, number| {
        turn(&gateway, &ports, number);
        count + 1
    });
    assert!(turns > 10, "only {turns} turns");
    assert!(load.finish() > 0);
    let after = series(&gateway);
    assert!(after <= before + 20, "{before} series became {after} in {turns} turns");
    eventually("memory to be what it was", || gateway.process().resident() < memory + GROWTH);
}
