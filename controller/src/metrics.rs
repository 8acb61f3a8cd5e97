//! What the controller counts, for `/metrics`.

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, core::Collector,
};
use std::time::Duration;

/// All metrics of one controller, in a registry of its own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    watch_events: IntCounterVec,
    watch_errors: IntCounterVec,
    objects: IntGaugeVec,
    compile: Histogram,
    revision: IntGauge,
    acknowledged: IntGauge,
    hash: IntGauge,
    rejected: IntGauge,
    leader: IntGauge,
    status_writes: IntCounterVec,
    expose_writes: IntCounterVec,
    events: IntCounter,
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntCounterVec::new(opts(name, help), labels))
        };
        let gauge = |name: &str, help: &str| register(&registry, IntGauge::with_opts(opts(name, help)));
        Self {
            watch_events: counters("watch_events_total", "What watches have seen.", &["kind"]),
            watch_errors: counters("watch_errors_total", "Watches that broke off.", &["kind"]),
            objects: register(
                &registry,
                IntGaugeVec::new(opts("objects", "Objects that are held."), &["kind"]),
            ),
            compile: register(
                &registry,
                Histogram::with_opts(
                    HistogramOpts::new("corten_controller_compile_seconds", "How long compilations took.")
                        .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]),
                ),
            ),
            revision: gauge("revision", "The revision that is published."),
            acknowledged: gauge(
                "acknowledged_revision",
                "The revision that every dataplane of the pod holds.",
            ),
            hash: gauge("snapshot_hash", "48 bits of the snapshot's hash: equal where replicas agree."),
            rejected: gauge("rejected_parts", "Parts that a dataplane could not build."),
            leader: gauge("leader", "1 if this replica writes statuses and Services."),
            status_writes: counters("status_writes_total", "Writes of statuses.", &["kind", "result"]),
            expose_writes: counters(
                "expose_writes_total",
                "Writes of Services and slices.",
                &["kind", "result"],
            ),
            events: register(
                &registry,
                IntCounter::with_opts(opts("events_total", "Events that were written.")),
            ),
            registry,
        }
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(format!("corten_controller_{name}"), help)
}

#[expect(clippy::expect_used, reason = "the names are literals and distinct; a test makes all of them")]
fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: prometheus::Result<C>) -> C {
    let collector = collector.expect("a valid metric");
    registry.register(Box::new(collector.clone())).expect("a metric of its own");
    collector
}

impl Metrics {
    /// A watch has seen something.
    pub fn watch_event(&self, kind: &str) {
        self.watch_events.with_label_values(&[kind]).inc();
    }

    /// A watch has broken off.
    pub fn watch_error(&self, kind: &str) {
        self.watch_errors.with_label_values(&[kind]).inc();
    }

    /// So many objects of a kind are held.
    pub fn objects(&self, kind: &str, count: usize) {
        self.objects.with_label_values(&[kind]).set(integer(count));
    }

    /// A compilation took so long and was published as `revision`.
    pub fn compiled(&self, took: Duration, revision: u64, hash: u64) {
        self.compile.observe(took.as_secs_f64());
        self.revision.set(integer(revision));

        // A sample is a float and holds 53 bits.
        self.hash.set(integer(hash >> 16));
    }

    /// Every dataplane holds `revision`, but for so many parts.
    pub fn acknowledged(&self, revision: u64, rejected: usize) {
        self.acknowledged.set(integer(revision));
        self.rejected.set(integer(rejected));
    }

    /// Whether this replica leads.
    pub fn leader(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// A status was written, or not.
    pub fn status_write(&self, kind: &str, result: &str) {
        self.status_writes.with_label_values(&[kind, result]).inc();
    }

    /// A Service or EndpointSlice was written, or not.
    pub fn expose_write(&self, kind: &str, result: &str) {
        self.expose_writes.with_label_values(&[kind, result]).inc();
    }

    /// An Event was written.
    pub fn event(&self) {
        self.events.inc();
    }

    /// All of it in the text format of Prometheus.
    ///
    /// # Errors
    /// The encoder's.
    pub fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

fn integer(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.watch_event("Gateway");
        metrics.objects("Gateway", 3);
        metrics.compiled(Duration::from_millis(3), 7, 0x0101_0101_0101_ffff);
        metrics.acknowledged(6, 2);
        metrics.leader(true);
        metrics.status_write("Gateway", "written");
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        for line in [
            r#"corten_controller_watch_events_total{kind="Gateway"} 1"#,
            r#"corten_controller_objects{kind="Gateway"} 3"#,
            "corten_controller_revision 7",
            "corten_controller_acknowledged_revision 6",
            "corten_controller_rejected_parts 2",
            "corten_controller_snapshot_hash 1103823438081",
            "corten_controller_leader 1",
            r#"corten_controller_status_writes_total{kind="Gateway",result="written"} 1"#,
            r#"corten_controller_compile_seconds_bucket{le="0.005"} 1"#,
        ] {
            assert!(text.lines().any(|got| got == line), "{line}\n{text}");
        }
    }
}
