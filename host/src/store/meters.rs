//! What the store counts.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge};

use crate::{limits, metrics};

/// Instruments of a store; clones count together.
#[derive(Clone)]
pub struct StoreMeters {
    /// Operations that shared a transaction.
    pub(super) batch: Histogram,
    /// Seconds from the commit to the disk's answer.
    pub(super) flush: Histogram,
    /// Operations that wait for the writer.
    pub(super) waiting: IntGauge,
    /// Operations that were turned away because too many waited.
    pub(super) turned_away: IntCounter,
    /// Transactions that the disk did not take.
    pub(super) failures: IntCounter,
}

impl Default for StoreMeters {
    fn default() -> Self {
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            let options = HistogramOpts::new(name, help).buckets(buckets);
            Histogram::with_opts(options).expect("the names of metrics are right")
        };
        let batches = (0..).map(|power| 1 << power).take_while(|size| *size <= limits::STORE_BATCH);
        Self {
            batch: histogram(
                "step_ca_store_commit_operations",
                "Operations that shared a transaction.",
                batches.map(|size| size as f64).collect(),
            ),
            flush: histogram(
                "step_ca_store_flush_seconds",
                "Time from a commit until it is on the disk.",
                metrics::SECONDS.to_vec(),
            ),
            waiting: IntGauge::new("step_ca_store_queue", "Operations that wait for the store.")
                .expect("the names of metrics are right"),
            turned_away: metrics::counter(
                "step_ca_store_turned_away_total",
                "Operations that were refused because too many waited.",
            ),
            failures: metrics::counter("step_ca_store_failures_total", "Transactions that the disk did not take."),
        }
    }
}

impl StoreMeters {
    /// Shows all of it.
    pub fn register(&self, metrics: &metrics::Metrics) {
        let Self { batch, flush, waiting, turned_away, failures } = self.clone();
        metrics.register(batch);
        metrics.register(flush);
        metrics.register(waiting);
        metrics.register(turned_away);
        metrics.register(failures);
    }
}
