//! What is measured: memory and CPU of the containers, and how soon a change is in effect.

use crate::{
    installation::{Installation, backend, route},
    pods::Pod,
};
use corten_test_support::{
    DEADLINE, Instant,
    api::{Api, gateway_api},
    load::dial,
    wait::pause,
};
use serde_json::{Value, json};
use std::{env, fs, net::SocketAddr, thread, time::Duration};

/// The most that a container may take with a thousand routes, in MiB, and of a core when nothing changes.
const MOST: [(&str, f64); 2] = [("controller", 100.0), ("dataplane", 20.0)];
const MOST_CPU: f64 = 0.01;

/// Asserts if `CORTEN_FIGURES=check` says that the image is optimised and the machine quiet.
pub(crate) fn check(what: &str, holds: bool) {
    let asked = env::var("CORTEN_FIGURES").is_ok_and(|value| value == "check");
    assert!(holds || !asked, "{what}");
}

/// What the containers of a pod have used up to a moment.
pub(crate) struct Usage {
    at: Instant,
    /// Container, process, CPU time.
    containers: Vec<(&'static str, u32, Duration)>,
}

impl Usage {
    pub(crate) fn of(pod: &Pod) -> Self {
        let containers = MOST.iter().map(|(name, _)| {
            let pid = pod.process(name).expect("it runs");
            (*name, pid, cpu(pid))
        });
        Self { at: Instant::now(), containers: containers.collect() }
    }

    /// Says what they have used since, and what memory they have.
    pub(crate) fn report(&self, pod: &Pod) {
        let time = self.at.elapsed().as_secs_f64();
        for ((name, most), (_, pid, before)) in MOST.iter().zip(&self.containers) {
            let memory = resident(*pid);
            let share = (cpu(*pid) - *before).as_secs_f64() / time;
            println!("{} {name}: {memory:.1} MiB, {:.2} % of a core when idle", pod.name, share * 100.0);
            check(&format!("{name}: at most {most} MiB"), memory <= *most);
            check(&format!("{name}: under 1 % of a core"), share < MOST_CPU);
        }
    }
}

/// Resident memory in MiB.
fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("VmRSS in kB") / 1024.0
}

/// CPU time of all threads, in units of 10 ms as Linux has them here.
fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("its stat");
    let fields: Vec<_> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// How long changes of one route took until every pod had them: from the sending of the write to the first new answer, and
/// from the API server's answer.
pub(crate) struct Change {
    from_sent: Vec<Duration>,
    from_written: Vec<Duration>,
}

impl Change {
    /// Changes a route again and again. Answers are the old one, and then the new one.
    pub(crate) fn measure(installation: &Installation, api: &mut Api, changes: usize) -> Self {
        let path = format!("{}/echo", gateway_api(installation.apps.name(), "httproutes"));
        let addresses: Vec<_> = installation.pods().iter().map(|pod| installation.direct(pod)).collect();
        let mut this = Self { from_sent: Vec::new(), from_written: Vec::new() };
        let spec = |marker: &str| -> Value {
            let text = route("echo", "echo.example", &backend(&[("marker", marker)]));
            json!({"spec": serde_json::from_str::<Value>(&text).unwrap()["spec"]})
        };
        api.patch(&path, &spec("0"));
        for address in &addresses {
            until_new(*address, "", "0");
        }
        for number in 1..=changes {
            let (old, new) = ((number - 1).to_string(), number.to_string());
            let patch = spec(&new);
            thread::scope(|scope| {
                let (old, new) = (old.as_str(), new.as_str());
                let polls: Vec<_> = addresses
                    .iter()
                    .map(|address| scope.spawn(move || until_new(*address, old, new)))
                    .collect();
                let sent = Instant::now();
                api.patch(&path, &patch);
                let written = Instant::now();
                let polls =
                    polls.into_iter().map(|poll| poll.join().expect("only the old answer or the new"));
                let last = polls.max().expect("a pod");
                this.from_sent.push(last.saturating_duration_since(sent));
                this.from_written.push(last.saturating_duration_since(written));
            });
        }
        this
    }

    pub(crate) fn report(mut self, routes: usize) {
        for (from, times) in [("sent", &mut self.from_sent), ("written", &mut self.from_written)] {
            times.sort();
            let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
            println!(
                "a change among {routes} routes is in effect in every pod after (from when it is {from}): \
                 p50 {:?}, p90 {:?}, p99 {:?}, at most {:?}",
                at(50),
                at(90),
                at(99),
                at(100)
            );
        }
        let p99 = self.from_sent[self.from_sent.len() * 99 / 100];
        check("a change in effect within 50 ms (p99)", p99 <= Duration::from_millis(50));
    }
}

/// Asks a pod without pause until it answers with the new marker. When that was.
fn until_new(address: SocketAddr, old: &str, new: &str) -> Instant {
    let start = Instant::now();
    let mut client = dial(address).expect("a connection");
    loop {
        let response = client.get("echo.example", "/");
        let marker = response.header("marker").unwrap_or_default();
        assert_eq!(response.status, 200, "{}", response.text());
        if marker == new {
            return Instant::now();
        }
        assert_eq!(marker, old, "neither the old answer nor the new");
        assert!(start.elapsed() < DEADLINE, "{new} does not come");
        // A load that leaves the gateway some of the machine.
        pause(Duration::from_millis(1));
    }
}
