//! A thousand edits under load: every answer is the old or the new one, nothing fails, no WebSocket closes.

use corten_test_support::load::Load;
use corten_test_support::{
    Backend, Client, Gateway, Response,
    tls::{self, Certificate, TlsStream},
    wait_for, websocket, yaml,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const EDITS: u64 = 1000;
/// For one edit to take effect. Not a measure of speed: see tests/bench for that.
const EFFECT: Duration = Duration::from_secs(10);

/// What is edited in a series: the number last written, and the last one that is known to be in effect.
#[derive(Clone, Default)]
struct Series {
    written: Arc<AtomicU64>,
    effective: Arc<AtomicU64>,
}

impl Series {
    fn next(&self) -> u64 {
        self.written.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn is_effective(&self) {
        self.effective.store(self.written.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Asks, and holds the answer against every state that was in force at some time between the question
    /// and the answer.
    fn check<T: PartialEq + std::fmt::Debug>(
        &self,
        ask: impl FnOnce() -> Result<T, String>,
        state: impl Fn(u64) -> T,
    ) -> Result<(), String> {
        let from = self.effective.load(Ordering::SeqCst);
        let answer = ask()?;
        let to = self.written.load(Ordering::SeqCst);
        if (from..=to).any(|number| state(number) == answer) {
            return Ok(());
        }
        Err(format!("{answer:?} is no state from {from} to {to}"))
    }
}

/// The gateway, its backends, and what is edited.
struct Stage {
    gateway: Gateway,
    backends: [Backend; 2],
    certificates: [Certificate; 2],
    route: Series,
    service: Series,
    certificate: Series,
}

/// The route at edit `n`: a filter that says `n`, weights and rule order that change with it.
fn route_yaml(n: u64) -> String {
    let weight = [90, 10][(n % 2) as usize];
    let main = format!(
        "- matches: [{{path: {{type: PathPrefix, value: /}}}}]\n  filters:\n  - type: ResponseHeaderModifier\n    \
         responseHeaderModifier: {{set: [{{name: x-version, value: \"{n}\"}}]}}\n  backendRefs:\n  \
         - {{name: first, port: 80, weight: {weight}}}\n  - {{name: second, port: 80, weight: {}}}\n",
        100 - weight
    );
    let moved = yaml::prefix_rule("/moved", "moved");
    let sockets = yaml::prefix_rule("/ws", "ws");
    let rules = if n.is_multiple_of(3) { [main, moved, sockets] } else { [sockets, moved, main] };
    yaml::route("all", &[], &rules.concat())
}

fn name_at(n: u64) -> String {
    ["a", "b"][(n % 2) as usize].to_owned()
}

impl Stage {
    fn start(sockets: &Backend) -> Self {
        let backends = [Backend::named("a"), Backend::named("b")];
        let builder = Gateway::builder();
        let certificates = [(); 2].map(|()| builder.authority().issue(&["localhost"]));
        let builder = builder
            .service("first", &[&backends[0]])
            .service("second", &[&backends[1]])
            .service("moved", &[&backends[0]])
            .service("ws", &[sockets])
            .file("route-all.yaml", &route_yaml(0))
            .https("cert", "", &["localhost"])
            .secret("cert", &certificates[0]);
        let (route, service, certificate) = Default::default();
        Self { gateway: builder.start(), backends, certificates, route, service, certificate }
    }

    /// The kinds of edits in turn, each seen in effect before the next.
    fn edit(&self, number: u64) {
        match number % 5 {
            0 => self.edit_service(),
            1 => self.edit_certificate(),
            _ => self.edit_route(),
        }
    }

    fn edit_route(&self) {
        let n = self.route.next();
        self.gateway.write("route-all.yaml", &route_yaml(n));
        self.until("the route", || version(&self.gateway.get("h", "/")) == Ok(n));
        self.route.is_effective();
    }

    fn edit_service(&self) {
        let n = self.service.next();
        let port = self.backends[(n % 2) as usize].port();
        self.gateway.write("service-moved.yaml", &yaml::service("moved", &[port]));
        self.until("the Service", || self.gateway.get("h", "/moved").text() == name_at(n));
        self.service.is_effective();
    }

    fn edit_certificate(&self) {
        let n = self.certificate.next();
        let certificate = &self.certificates[(n % 2) as usize];
        self.gateway.write("secret-cert.yaml", &yaml::tls_secret("cert", certificate));
        self.until("the certificate", || presented(&self.gateway) == certificate.der());
        self.certificate.is_effective();
    }

    /// Several connections in a row must see the edit, so that every worker has it.
    fn until(&self, what: &str, seen: impl Fn() -> bool) {
        let mut in_a_row = 0;
        wait_for(what, EFFECT, || {
            in_a_row = if seen() { in_a_row + 1 } else { 0 };
            (in_a_row == 6).then_some(())
        });
    }
}

fn version(response: &Response) -> Result<u64, String> {
    if response.status != 200 {
        return Err(format!("{} {}", response.status, response.text()));
    }
    response.header("x-version").and_then(|v| v.parse().ok()).ok_or_else(|| response.head.clone())
}

/// The certificate that a new connection is shown.
fn presented(gateway: &Gateway) -> Vec<u8> {
    tls::presented(gateway.https(), gateway.authority(), "localhost").expect("handshake")
}

fn add_clients(load: &mut Load, stage: &Stage) {
    for _ in 0..4 {
        let route = stage.route.clone();
        load.keep_alive(&stage.gateway, "/", move |ask| {
            route.check(|| version(&ask().map_err(|e| e.to_string())?), |n| n)
        });
    }
    for _ in 0..2 {
        let service = stage.service.clone();
        load.keep_alive(&stage.gateway, "/moved", move |ask| {
            service.check(|| Ok(ask().map_err(|e| e.to_string())?.text()), name_at)
        });
    }
    let mut client: Client<TlsStream> =
        Client::connect_tls(stage.gateway.https(), stage.gateway.authority(), "localhost").unwrap();
    let route = stage.route.clone();
    load.add("TLS keep-alive", move || {
        let mut ask = || -> io::Result<Response> {
            client.try_send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            client.read_response(false)
        };
        route.check(|| version(&ask().map_err(|e| e.to_string())?), |n| n)
    });
    add_handshakes(load, stage);
    for _ in 0..5 {
        load.websocket(&stage.gateway, "/ws");
    }
}

/// A client that opens TLS connections: each is shown the old or the new certificate.
fn add_handshakes(load: &mut Load, stage: &Stage) {
    let (port, authority) = (stage.gateway.https(), stage.gateway.authority().clone());
    let (certificate, ders) =
        (stage.certificate.clone(), stage.certificates.each_ref().map(Certificate::der));
    load.add("handshakes", move || {
        certificate.check(
            || tls::presented(port, &authority, "localhost").map_err(|e| e.to_string()),
            |n| ders[(n % 2) as usize].clone(),
        )
    });
}

#[test]
fn a_thousand_edits_lose_nothing() {
    let sockets = websocket::echo_backend();
    let stage = Stage::start(&sockets);
    let mut load = Load::default();
    add_clients(&mut load, &stage);
    for number in 1..=EDITS {
        stage.edit(number);
        if load.has_failed() {
            load.finish();
            panic!("a client stopped at edit {number}");
        }
    }
    let served = load.finish();
    assert!(served > EDITS, "too little load to mean anything: {served} requests");
    assert_eq!(sockets.connections(), 5, "each WebSocket opened once");
}
