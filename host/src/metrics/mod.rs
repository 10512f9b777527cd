//! What is counted while the CA serves, and the listener that shows it to Prometheus.
//!
//! Each room counts for itself ([`StoreMeters`](crate::store::StoreMeters), [`ServerMeters`](crate::server::ServerMeters));
//! here is what the road and the policies count, what is true only at the moment of a scrape, and the one registry
//! behind all of them. Counting is an atomic addition on an instrument that was looked up when the configuration was
//! loaded: no lock and no search on the road. Labels come from the configuration and from short lists. A name that is
//! certified, a peer or a serial number is never one.

mod labels;
mod listener;
mod policies;
mod reason;
mod road;
mod state;

use prometheus::{Encoder as _, IntCounter, IntCounterVec, Opts, Registry, TextEncoder, core::Collector};

use self::{labels::Labels, policies::PolicyVectors, road::RoadVectors};
pub use self::{
    listener::{MetricsListener, MetricsServer},
    policies::PolicyMeter,
    reason::Reason,
    road::{Phase, RoadMeters, Stopwatch},
    state::State,
};
use crate::limits;

/// Everything one CA counts.
pub struct Metrics {
    registry: Registry,
    road: RoadVectors,
    policies: PolicyVectors,
    provisioner_labels: Labels,
    policy_labels: Labels,
    state: State,
    reloads: Reloads,
}

/// How often a configuration took the place of another, or did not.
struct Reloads {
    good: IntCounter,
    bad: IntCounter,
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let reloads = counters("step_ca_reloads_total", "Configurations that were to be put in force.", &["outcome"]);
        let metrics = Self {
            road: RoadVectors::new(&registry),
            policies: PolicyVectors::new(&registry),
            provisioner_labels: Labels::new(limits::METRIC_LABELS),
            policy_labels: Labels::new(limits::METRIC_LABELS),
            state: State::new(&registry),
            reloads: Reloads { good: reloads.with_label_values(&["good"]), bad: reloads.with_label_values(&["bad"]) },
            registry,
        };
        metrics.register(reloads);
        metrics
    }
}

impl Metrics {
    /// Shows what somebody else counts, too.
    ///
    /// # Panics
    /// It has the name of another.
    pub fn register(&self, collector: impl Collector + 'static) {
        register(&self.registry, collector);
    }

    /// What the road counts under a configuration with these provisioners.
    pub fn of_road<'a>(&self, provisioners: impl Iterator<Item = &'a str>) -> RoadMeters {
        RoadMeters::new(&self.road, provisioners.map(|name| (name, self.provisioner_labels.admit(name))))
    }

    /// What a policy of this name costs.
    pub fn of_policy(&self, name: &str) -> PolicyMeter {
        PolicyMeter::new(&self.policies, &self.policy_labels.admit(name))
    }

    /// A configuration was put in force, or was not.
    pub(crate) fn reloaded(&self, good: bool) {
        if good { self.reloads.good.inc() } else { self.reloads.bad.inc() }
    }

    /// What is true now, to be noted before [`Self::text`].
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// All of it in the text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("a vector takes every octet");
        String::from_utf8(text).expect("names and labels are text")
    }
}

/// The media type of [`Metrics::text`].
pub(crate) const TEXT_FORMAT: &str = prometheus::TEXT_FORMAT;

fn register(registry: &Registry, collector: impl Collector + 'static) {
    registry.register(Box::new(collector)).expect("every metric has a name of its own");
}

/// Counters that differ in their labels.
pub(crate) fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help), labels).expect("the names of metrics and labels are right")
}

/// A counter on its own.
pub(crate) fn counter(name: &str, help: &str) -> IntCounter {
    IntCounter::new(name, help).expect("the names of metrics are right")
}

/// Seconds, from a quarter of a millisecond to five seconds: what a request or a part of it takes.
pub(crate) const SECONDS: [f64; 14] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

#[cfg(test)]
mod tests;
