//! What policies answer, and what that costs.

use policy_runtime::{Fault, Trace};
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Registry};

use super::{SECONDS, counters, register};

pub(super) struct PolicyVectors {
    calls: IntCounterVec,
    fuel: HistogramVec,
    seconds: HistogramVec,
}

/// Fuel of a call, up to its limit.
const FUEL: [f64; 8] = [10e3, 30e3, 100e3, 300e3, 1e6, 3e6, 10e6, 20e6];

impl PolicyVectors {
    pub(super) fn new(registry: &Registry) -> Self {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            HistogramVec::new(options, &["policy"]).expect("the names of metrics and labels are right")
        };
        let vectors = Self {
            calls: counters(
                "step_ca_policy_calls_total",
                "Calls of a policy, by what came of it.",
                &["policy", "outcome"],
            ),
            fuel: histogram("step_ca_policy_fuel", "Fuel of a call that was answered.", &FUEL),
            seconds: histogram("step_ca_policy_seconds", "Time of a call that was answered.", &SECONDS),
        };
        register(registry, vectors.calls.clone());
        register(registry, vectors.fuel.clone());
        register(registry, vectors.seconds.clone());
        vectors
    }
}

/// The instruments of one policy.
#[derive(Clone)]
pub struct PolicyMeter {
    allowed: IntCounter,
    refused: IntCounter,
    busy: IntCounter,
    failed: IntCounter,
    fuel: Histogram,
    seconds: Histogram,
}

impl PolicyMeter {
    pub(super) fn new(vectors: &PolicyVectors, policy: &str) -> Self {
        let calls = |outcome| vectors.calls.with_label_values(&[policy, outcome]);
        Self {
            allowed: calls("allowed"),
            refused: calls("refused"),
            busy: calls("busy"),
            failed: calls("failed"),
            fuel: vectors.fuel.with_label_values(&[policy]),
            seconds: vectors.seconds.with_label_values(&[policy]),
        }
    }

    /// It answered.
    pub(crate) fn answered(&self, is_allowed: bool, trace: &Trace) {
        if is_allowed {
            self.allowed.inc()
        } else {
            self.refused.inc()
        }
        self.fuel.observe(trace.fuel as f64);
        self.seconds.observe(trace.elapsed.as_secs_f64());
    }

    /// It did not.
    pub(crate) fn failed(&self, fault: &Fault) {
        match fault {
            Fault::Busy { .. } => self.busy.inc(),
            _ => self.failed.inc(),
        }
    }
}
