//! Building blocks of an exposition.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// Name and value.
pub(super) type Label<'a> = (&'static str, &'a str);

/// Families under construction.
#[derive(Default)]
pub(super) struct Families(Vec<MetricFamily>);

impl Families {
    /// Adds a family, unless it has no series.
    pub(super) fn add(&mut self, kind: MetricType, name: &str, help: &str, series: Vec<Metric>) {
        if series.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(series);
        self.0.push(family);
    }

    /// A family of counters.
    pub(super) fn counters(&mut self, name: &str, help: &str, series: Vec<Metric>) {
        self.add(MetricType::COUNTER, name, help, series);
    }

    /// A family of gauges.
    pub(super) fn gauges(&mut self, name: &str, help: &str, series: Vec<Metric>) {
        self.add(MetricType::GAUGE, name, help, series);
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.gauges(name, help, vec![gauge(&[], value)]);
    }

    /// What has been added.
    pub(super) fn into_vec(self) -> Vec<MetricFamily> {
        self.0
    }
}

fn labelled(labels: &[Label<'_>]) -> Metric {
    let pair = |(name, value): &Label<'_>| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    let mut metric = Metric::default();
    metric.set_label(labels.iter().map(pair).collect());
    metric
}

/// A count as the float that the exposition wants.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 may lose their last digit")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// One counter.
pub(super) fn counter(labels: &[Label<'_>], count: u64) -> Metric {
    counter_of(labels, float(count))
}

/// One counter of what is no whole number.
pub(super) fn counter_of(labels: &[Label<'_>], value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = labelled(labels);
    metric.set_counter(counter);
    metric
}

/// One gauge.
pub(super) fn gauge(labels: &[Label<'_>], value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = labelled(labels);
    metric.set_gauge(gauge);
    metric
}

/// One histogram. `counts` has one entry for each of `bounds` (microseconds) and one for what is above them.
pub(super) fn histogram(labels: &[Label<'_>], bounds: &[u64], counts: &[u64], micros: u64) -> Metric {
    let mut total = 0;
    let mut buckets = Vec::with_capacity(bounds.len());
    for (bound, count) in bounds.iter().zip(counts) {
        total += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(float(*bound) / 1e6);
        bucket.set_cumulative_count(total);
        buckets.push(bucket);
    }
    total += counts.get(bounds.len()).copied().unwrap_or(0);
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(total);
    histogram.set_sample_sum(float(micros) / 1e6);
    let mut metric = labelled(labels);
    metric.set_histogram(histogram);
    metric
}
