//! Figures of one node for Prometheus, which `GET /metrics` shows as text.
//!
//! A process may run several nodes, as tests do, so nothing here is global: each node has a
//! [`Metrics`] with a recorder of its own, and whoever counts something keeps a handle of the
//! `metrics` crate that was registered there. The macros of that crate are not used, because they
//! write to a recorder of the process or of the thread.
//!
//! To add a figure, register it where its subject is made, keep the handle, and update that:
//!
//! ```
//! use bondstone_node::metrics::Metrics;
//!
//! let metrics = Metrics::default();
//! let name = "bondstone_journal_bytes_total";
//! let written = metrics.counter(name, "Bytes written to the journal.", &[]);
//! written.increment(4_096);
//! assert!(metrics.render().contains("\nbondstone_journal_bytes_total 4096\n"));
//! ```
//!
//! Names begin with `bondstone_` and end with the unit; counters end with `_total`. A histogram
//! whose name ends with `_seconds` has the buckets of [`SECONDS`]. Updating a handle costs an
//! atomic addition and takes no lock.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_exporter_prometheus::{PrometheusRecorder, formatting::sanitize_metric_name};
use std::fmt;
use std::time::Duration;

/// Upper bounds of the buckets of durations, in seconds: from a cheap read to a long report.
pub const SECONDS: [f64; 14] = [
    0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0,
    10.0,
];

/// How often [`Metrics::settle`] must be called while nobody reads the figures.
pub const SETTLE_EVERY: Duration = Duration::from_secs(5);

/// The figures of one node.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    height: Gauge,
    done: Counter,
    reverted: Counter,
    subscriptions: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .expect("there are buckets")
            .build_recorder();
        let handle = recorder.handle();
        let empty = Self {
            recorder,
            handle,
            height: Gauge::noop(),
            done: Counter::noop(),
            reverted: Counter::noop(),
            subscriptions: Gauge::noop(),
        };
        empty.with_the_chain()
    }
}

impl Metrics {
    fn with_the_chain(self) -> Self {
        let transactions = |outcome| {
            let help = "Transactions in the chain, by whether their call was taken back.";
            self.counter("bondstone_transactions_total", help, &[("outcome", outcome)])
        };
        let (done, reverted) = (transactions("done"), transactions("reverted"));
        let help = "Number of the last block.";
        let height = self.gauge("bondstone_block_height", help, &[]);
        let help = "Subscriptions that are open on WebSocket connections.";
        let subscriptions = self.gauge("bondstone_websocket_subscriptions", help, &[]);
        Self { height, done, reverted, subscriptions, ..self }
    }

    /// Registers a figure that only grows. Registering the same name with the same labels again
    /// gives a handle of the same figure.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: Labels<'_>) -> Counter {
        self.recorder.describe_counter(KeyName::from_const_str(name), None, help.into());
        self.recorder.register_counter(&key(name, labels), &METADATA)
    }

    /// Registers a figure that goes up and down.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: Labels<'_>) -> Gauge {
        self.recorder.describe_gauge(KeyName::from_const_str(name), None, help.into());
        self.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    /// Registers a figure of which the distribution matters. Its name ends with `_seconds`, and it
    /// is in seconds.
    pub fn seconds(&self, name: &'static str, help: &'static str, labels: Labels<'_>) -> Histogram {
        self.recorder.describe_histogram(KeyName::from_const_str(name), None, help.into());
        self.recorder.register_histogram(&key(name, labels), &METADATA)
    }

    /// Notes the number of the last block.
    pub fn at_height(&self, height: u64) {
        // A gauge is a float: exact up to 2^53 blocks.
        #[expect(clippy::cast_precision_loss)]
        self.height.set(height as f64);
    }

    /// Counts a transaction that is in the chain now.
    pub fn count_transaction(&self, reverted: bool) {
        if reverted { &self.reverted } else { &self.done }.increment(1);
    }

    /// Counts a subscription as open until the guard is dropped.
    pub fn open_subscription(&self) -> Open {
        Open::new(self.subscriptions.clone())
    }

    /// Everything, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Sorts what histograms have collected into their buckets. Until then every single value is
    /// kept, so somebody has to do this now and then.
    pub fn settle(&self) {
        self.handle.run_upkeep();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Names and values of labels.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

fn key(name: &'static str, labels: Labels<'_>) -> Key {
    debug_assert_eq!(sanitize_metric_name(name), name, "Prometheus would rename it");
    let labels = labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned()));
    Key::from_parts(name, labels.collect::<Vec<_>>())
}

/// Something that is counted as open for as long as this lives.
#[must_use]
pub struct Open(Gauge);

impl Open {
    /// Counts one more.
    pub fn new(gauge: Gauge) -> Self {
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Open").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_of_a_process_count_apart() {
        let (one, other) = (Metrics::default(), Metrics::default());
        one.count_transaction(false);
        one.count_transaction(true);
        one.count_transaction(true);
        one.at_height(7);
        let text = one.render();
        for line in [
            "bondstone_transactions_total{outcome=\"done\"} 1",
            "bondstone_transactions_total{outcome=\"reverted\"} 2",
            "bondstone_block_height 7",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
        }
        assert!(other.render().contains("bondstone_transactions_total{outcome=\"done\"} 0"));
    }

    #[test]
    fn what_is_open_is_counted_until_it_is_dropped() {
        let metrics = Metrics::default();
        let first = metrics.open_subscription();
        let second = metrics.open_subscription();
        assert!(metrics.render().contains("\nbondstone_websocket_subscriptions 2\n"));
        drop(first);
        drop(second);
        assert!(metrics.render().contains("\nbondstone_websocket_subscriptions 0\n"));
    }

    #[test]
    fn durations_fall_into_buckets_that_settle() {
        let metrics = Metrics::default();
        let seconds = metrics.seconds("bondstone_wait_seconds", "Waiting.", &[("method", "m")]);
        seconds.record(0.000_03);
        metrics.settle();
        seconds.record(3.0);
        let text = metrics.render();
        assert!(text.contains("bondstone_wait_seconds_bucket{method=\"m\",le=\"0.00005\"} 1"));
        assert!(text.contains("bondstone_wait_seconds_bucket{method=\"m\",le=\"10\"} 2"), "{text}");
        assert!(text.contains("bondstone_wait_seconds_count{method=\"m\"} 2"));
    }
}
