//! Weights of backendRefs, and balancing among the endpoints of one.

use corten_test_support::{Backend, Gateway, yaml};

fn weighted(weights: &[(&str, u32)]) -> String {
    let refs: Vec<_> = weights
        .iter()
        .map(|(name, weight)| format!("{{name: {name}, port: 80, weight: {weight}}}"))
        .collect();
    format!("- backendRefs: [{}]\n", refs.join(", "))
}

#[test]
fn requests_are_split_by_weight() {
    let (gateway, backends) = crate::named(&["a", "b", "c"], &weighted(&[("a", 80), ("b", 20), ("c", 0)]));
    let mut client = gateway.client();
    for _ in 0..500 {
        assert_eq!(client.get("h", "/").status, 200);
    }
    // 500 draws with p = 0.2: mean 100, standard deviation 9; six of them on each side.
    let b = backends[1].count();
    assert!((46..=154).contains(&b), "{b} of 500 for a weight of 20 %");
    assert_eq!((backends[0].count() + b, backends[2].count()), (500, 0));
}

/// All weights zero, no backendRef at all, and a Service that does not exist: 500 for its share.
#[test]
fn what_cannot_be_sent_anywhere_is_500() {
    let (gateway, _backends) = crate::named(&["a"], &weighted(&[("a", 0)]));
    assert_eq!(gateway.get("h", "/").status, 500);
    let (gateway, _backends) = crate::named(&["a"], "- matches: [{path: {value: /}}]\n");
    assert_eq!(gateway.get("h", "/").status, 500);
    let (gateway, backends) = crate::named(&["a"], &weighted(&[("a", 1), ("missing", 1)]));
    let mut client = gateway.client();
    let failed = (0..200).filter(|_| client.get("h", "/").status == 500).count();
    assert!((57..=143).contains(&failed), "{failed} of 200 for half the weight");
    assert_eq!(backends[0].count() + failed, 200);
}

/// A Service without endpoints is 503.
#[test]
fn no_endpoint_is_503() {
    let gateway =
        Gateway::builder().service("app", &[]).route("app", &[], &yaml::prefix_rule("/", "app")).start();
    assert_eq!(gateway.get("h", "/").status, 503);
}

#[test]
fn every_endpoint_of_a_service_is_used() {
    let backends: Vec<_> = ["a", "b", "c"].map(Backend::named).into();
    let refs: Vec<_> = backends.iter().collect();
    let gateway =
        Gateway::builder().service("app", &refs).route("app", &[], &yaml::prefix_rule("/", "app")).start();
    let mut client = gateway.client();
    for _ in 0..300 {
        assert_eq!(client.get("h", "/").status, 200);
    }
    for backend in &backends {
        assert!(backend.count() > 30, "{:?}", backends.iter().map(Backend::count).collect::<Vec<_>>());
    }
}

/// One that takes its time gets fewer requests than one that does not.
#[test]
fn the_less_busy_endpoint_is_preferred() {
    use corten_test_support::{Reply, wait::pause};
    let slow = Backend::start(|_| {
        pause(std::time::Duration::from_millis(100));
        Reply::text("slow")
    });
    let fast = Backend::named("fast");
    let gateway = Gateway::builder()
        .service("app", &[&slow, &fast])
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .arguments(&["--threads", "1"])
        .start();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = gateway.client();
                for _ in 0..50 {
                    assert_eq!(client.get("h", "/").status, 200);
                }
            });
        }
    });
    assert!(slow.count() * 3 < fast.count(), "slow {}, fast {}", slow.count(), fast.count());
}

/// Endpoints that are not ready, and those that are going away.
#[test]
fn readiness_of_endpoints() {
    let (ready, going) = (Backend::named("ready"), Backend::named("going"));
    let slices = |first: &str, second: &str| {
        format!(
            "{}---\n{}",
            yaml::service("app", &[]),
            [(ready.port(), first, 0), (going.port(), second, 1)].map(|(port, conditions, index)| format!(
                "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: app-{index}, namespace: default, labels: {{kubernetes.io/service-name: app}}}}\naddressType: IPv4\nendpoints: [{{addresses: [127.0.0.1], conditions: {{{conditions}}}}}]\nports: [{{name: main, port: {port}, protocol: TCP}}]\n"
            )).join("---\n")
        )
    };
    let terminating = "ready: false, serving: true, terminating: true";
    let gateway = Gateway::builder()
        .file("service-app.yaml", &slices("ready: true", terminating))
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .start();
    for _ in 0..20 {
        assert_eq!(gateway.get("h", "/").text(), "ready");
    }
    // With nothing ready, what still serves is used.
    gateway.write("service-app.yaml", &slices("ready: false", terminating));
    corten_test_support::eventually("the serving one", || gateway.get("h", "/").text() == "going");
    gateway.write(
        "service-app.yaml",
        &slices("ready: false", "ready: false, serving: false, terminating: true"),
    );
    corten_test_support::eventually("nothing left", || gateway.get("h", "/").status == 503);
}
