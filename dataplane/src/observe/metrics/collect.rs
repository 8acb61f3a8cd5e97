//! From counters to families, when somebody scrapes.

use super::family::{Families, Label, counter, float, gauge, histogram};
use super::listener::{BOUNDS, CLASSES, ListenerLabels};
use super::observer::Stats;
use super::{Closed, ConnectFailure, process};
use crate::error::Code;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Metric, MetricFamily};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Prometheus' view of [`Stats`].
pub(super) struct Collecting {
    stats: Arc<Stats>,
    desc: Option<Desc>,
}

impl Collecting {
    pub(super) fn new(stats: Arc<Stats>) -> Self {
        let (name, help) = ("corten_build_info".to_owned(), "The version that runs.".to_owned());
        Self { stats, desc: Desc::new(name, help, vec!["version".to_owned()], HashMap::new()).ok() }
    }
}

impl Collector for Collecting {
    /// One for all: the registry only wants to tell collectors apart.
    fn desc(&self) -> Vec<&Desc> {
        self.desc.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = Families::default();
        let version = gauge(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        families.gauges("corten_build_info", "The version that runs.", vec![version]);
        self.stats.requests(&mut families);
        self.stats.connections(&mut families);
        self.stats.upstreams(&mut families);
        self.stats.errors(&mut families);
        self.stats.config(&mut families);
        process::collect(&mut families);
        families.into_vec()
    }
}

impl ListenerLabels {
    fn pairs(&self) -> [Label<'_>; 3] {
        [("gateway_namespace", &self.namespace), ("gateway", &self.gateway), ("listener", &self.listener)]
    }
}

/// A counter for each class that has been counted.
fn classes(series: &mut Vec<Metric>, labels: &[Label<'_>], counts: impl Fn(usize) -> u64) {
    for (index, class) in CLASSES.iter().enumerate() {
        let count = counts(index);
        if count > 0 {
            series.push(counter(&[labels, &[("code_class", class)]].concat(), count));
        }
    }
}

impl Stats {
    fn requests(&self, families: &mut Families) {
        let (mut totals, mut durations, mut in_flight) = (Vec::new(), Vec::new(), Vec::new());
        let (mut received, mut sent) = (Vec::new(), Vec::new());
        for stats in self.listeners.live() {
            let labels = stats.labels.pairs();
            let shards = &stats.shards;
            classes(&mut totals, &labels, |class| {
                shards.sum(|shard| shard.classes.get(class).unwrap_or(&shard.classes[0]))
            });
            let bucket = |index| shards.sum(|shard| shard.buckets.get(index).unwrap_or(&shard.buckets[0]));
            let buckets: Vec<u64> = (0..=BOUNDS.len()).map(bucket).collect();
            durations.push(histogram(&labels, &BOUNDS, &buckets, shards.sum(|shard| &shard.micros)));
            // The end is read first, so that what ends meanwhile does not count negatively.
            let ended = shards.sum(|shard| &shard.ended);
            let open = shards.sum(|shard| &shard.began).saturating_sub(ended);
            in_flight.push(gauge(&labels, float(open)));
            received.push(counter(&labels, shards.sum(|shard| &shard.received)));
            sent.push(counter(&labels, shards.sum(|shard| &shard.sent)));
        }
        for stats in self.routes.live() {
            let labels = [&stats.listener.pairs()[..], &[("route", &*stats.route)]].concat();
            classes(&mut totals, &labels, |class| {
                stats.shards.sum(|classes| classes.get(class).unwrap_or(&classes[0]))
            });
        }
        families.counters(
            "corten_requests_total",
            "Requests by listener and class of their status; by route where the listener's policy says so.",
            totals,
        );
        families.add(
            prometheus::proto::MetricType::HISTOGRAM,
            "corten_request_duration_seconds",
            "From a request's header to the end of its response.",
            durations,
        );
        families.gauges("corten_requests_in_flight", "Requests that have not ended.", in_flight);
        families.counters("corten_request_body_bytes_total", "Bytes of request bodies.", received);
        families.counters("corten_response_body_bytes_total", "Bytes of response bodies.", sent);
    }

    fn connections(&self, families: &mut Families) {
        let (mut open, mut total, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for stats in self.binds.live() {
            let bind = ("bind", &*stats.bind);
            open.push(gauge(&[bind], float(stats.open())));
            total.push(counter(&[bind], stats.opened.load(Relaxed)));
            for (reason, count) in Closed::NAMES.iter().zip(&stats.closed) {
                closed.push(counter(&[bind, ("reason", reason)], count.load(Relaxed)));
            }
        }
        families.gauges("corten_downstream_connections", "Client connections that are open.", open);
        families.counters("corten_downstream_connections_total", "Client connections accepted.", total);
        families.counters(
            "corten_downstream_connections_closed_total",
            "Client connections closed, and why.",
            closed,
        );
    }

    fn upstreams(&self, families: &mut Families) {
        let (mut open, mut total, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let (mut requests, mut retries) = (Vec::new(), Vec::new());
        for stats in self.clusters.live() {
            let cluster = ("cluster", &*stats.cluster);
            let shards = &stats.shards;
            let closed = shards.sum(|shard| &shard.closed);
            let opened = shards.sum(|shard| &shard.opened);
            open.push(gauge(&[cluster], float(opened.saturating_sub(closed))));
            total.push(counter(&[cluster], opened));
            for (index, reason) in ConnectFailure::NAMES.iter().enumerate() {
                let count = shards.sum(|shard| shard.failures.get(index).unwrap_or(&shard.failures[0]));
                if count > 0 {
                    failures.push(counter(&[cluster, ("reason", reason)], count));
                }
            }
            classes(&mut requests, &[cluster], |class| {
                shards.sum(|shard| shard.classes.get(class).unwrap_or(&shard.classes[0]))
            });
            retries.push(counter(&[cluster], shards.sum(|shard| &shard.retries)));
        }
        families.gauges("corten_upstream_connections", "Connections to upstreams that are open.", open);
        families.counters("corten_upstream_connections_total", "Connections opened to upstreams.", total);
        families.counters(
            "corten_upstream_connection_failures_total",
            "Connections to upstreams that failed, and why.",
            failures,
        );
        families.counters(
            "corten_upstream_requests_total",
            "Tries at upstreams by class of their status; none: no response.",
            requests,
        );
        families.counters("corten_retries_total", "Requests that were tried again.", retries);
    }

    fn errors(&self, families: &mut Families) {
        let counted = Code::ALL.iter().map(|code| (code, self.worker.errors(*code))).filter(|(_, n)| *n > 0);
        let series = counted.map(|(code, count)| counter(&[("code", code.as_str())], count)).collect();
        families.counters("corten_errors_total", "Requests that the gateway answered with an error.", series);
        families.counters(
            "corten_request_fields_dropped_total",
            "Header fields, and gRPC metadata, that were not forwarded, and why.",
            vec![counter(&[("reason", "underscore")], self.worker.underscores())],
        );
        families.counters(
            "corten_access_log_dropped_total",
            "Lines of the access log that were dropped because nobody read them.",
            vec![counter(&[], self.log.dropped())],
        );
    }

    fn config(&self, families: &mut Families) {
        let Some(applied) = *self.applied.lock() else { return };
        let since = |from: std::time::SystemTime| from.elapsed().unwrap_or_default().as_secs_f64();
        let epoch = applied.at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let hash = gauge(&[("hash", &applied.hash.to_string())], 1.0);
        families.gauges("corten_config_info", "The hash of the snapshot in force.", vec![hash]);
        for (name, help, value) in [
            (
                "corten_config_hash",
                "The same as a number: equal on replicas that agree.",
                applied.hash_number(),
            ),
            ("corten_config_revision", "Revision of the snapshot in force.", float(applied.revision)),
            ("corten_config_age_seconds", "Time since a snapshot was put in force.", since(applied.at)),
            ("corten_config_applied_timestamp_seconds", "When that was.", epoch.as_secs_f64()),
            ("corten_config_build_seconds", "How long its build took.", applied.build.as_secs_f64()),
            ("corten_config_rejected_parts", "Parts of it not in force.", float(applied.rejected as u64)),
        ] {
            families.gauge(name, help, value);
        }
    }
}
