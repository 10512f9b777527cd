//! What is counted on the road: what came of each request, and how long every part of it took.

use std::{collections::HashMap, sync::Arc, time::Instant};

use policy_runtime::contract::types::Operation;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Registry};

use super::{Reason, SECONDS, counters, labels::Labels, register};
use crate::{limits, traces};

/// The parts of the road.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// Who asks, and for what?
    Authorize,
    /// What would be signed?
    Draft,
    /// Do the checks agree?
    Review,
    /// Signed, read back, compared.
    Sign,
    /// Durable.
    Record,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Authorize, Self::Draft, Self::Review, Self::Sign, Self::Record];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Sign => "sign",
            Self::Record => "record",
        }
    }
}

pub(super) struct RoadVectors {
    /// Upstream's names, which dashboards know; the last is ours.
    signed: IntCounterVec,
    renewed: IntCounterVec,
    rekeyed: IntCounterVec,
    revoked: IntCounterVec,
    denied: Arc<Denied>,
    phases: HistogramVec,
    whole: HistogramVec,
}

/// Requests that were not granted.
struct Denied {
    counters: IntCounterVec,
    /// Modules name their rules.
    rules: Labels,
}

impl RoadVectors {
    pub(super) fn new(registry: &Registry) -> Self {
        let outcomes = |name: &str, help: &str| counters(name, help, &["provisioner", "success"]);
        let histogram = |name: &str, help: &str, label: &str| {
            let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
            HistogramVec::new(options, &[label]).expect("the names of metrics and labels are right")
        };
        let denied = counters(
            "step_ca_denied_total",
            "Requests that were not granted, by why, and by the rule of the policy that said no.",
            &["operation", "reason", "rule"],
        );
        let vectors = Self {
            signed: outcomes("step_ca_x509_signed", "First certificates asked for, by whether they were issued."),
            renewed: outcomes("step_ca_x509_renewed", "Renewals asked for, by whether they were issued."),
            rekeyed: outcomes("step_ca_x509_rekeyed", "Renewals for another key, by whether they were issued."),
            revoked: outcomes("step_ca_x509_revoked", "Revocations asked for, by whether they are on record."),
            denied: Arc::new(Denied { counters: denied, rules: Labels::new(limits::METRIC_LABELS) }),
            phases: histogram("step_ca_phase_seconds", "Time of each part of an issuance that was finished.", "phase"),
            whole: histogram("step_ca_operation_seconds", "Time from knock to outcome.", "operation"),
        };
        for counters in [&vectors.signed, &vectors.renewed, &vectors.rekeyed, &vectors.revoked] {
            register(registry, counters.clone());
        }
        register(registry, vectors.denied.counters.clone());
        register(registry, vectors.phases.clone());
        register(registry, vectors.whole.clone());
        vectors
    }
}

/// The instruments of the road under one configuration.
pub struct RoadMeters {
    sign: OperationMeters,
    renew: OperationMeters,
    rekey: OperationMeters,
    revoke: OperationMeters,
    denied: Arc<Denied>,
    phases: [Histogram; Phase::ALL.len()],
}

struct OperationMeters {
    name: &'static str,
    by_provisioner: HashMap<String, Outcomes>,
    /// Of those that named no provisioner of ours.
    nobodys: Outcomes,
    whole: Histogram,
}

struct Outcomes {
    done: IntCounter,
    not_done: IntCounter,
}

impl Outcomes {
    fn new(counters: &IntCounterVec, provisioner: &str) -> Self {
        let counter = |success| counters.with_label_values(&[provisioner, success]);
        Self { done: counter("true"), not_done: counter("false") }
    }
}

impl RoadMeters {
    /// For provisioners and what they are called here.
    pub(super) fn new<'a>(vectors: &RoadVectors, provisioners: impl Iterator<Item = (&'a str, String)>) -> Self {
        let provisioners: Vec<(&str, String)> = provisioners.collect();
        let of = |name, counters: &IntCounterVec| OperationMeters {
            name,
            by_provisioner: provisioners
                .iter()
                .map(|(name, label)| ((*name).to_owned(), Outcomes::new(counters, label)))
                .collect(),
            nobodys: Outcomes::new(counters, ""),
            whole: vectors.whole.with_label_values(&[name]),
        };
        Self {
            sign: of("sign", &vectors.signed),
            renew: of("renew", &vectors.renewed),
            rekey: of("rekey", &vectors.rekeyed),
            revoke: of("revoke", &vectors.revoked),
            denied: Arc::clone(&vectors.denied),
            phases: Phase::ALL.map(|phase| vectors.phases.with_label_values(&[phase.as_str()])),
        }
    }

    /// Starts to measure a request.
    pub fn begin(&self, operation: Operation) -> Stopwatch<'_> {
        let begun = Instant::now();
        Stopwatch { meters: self, operation: self.operation(operation), begun, lap: begun }
    }

    fn operation(&self, operation: Operation) -> &OperationMeters {
        match operation {
            Operation::Sign | Operation::Finalize => &self.sign,
            Operation::Renew => &self.renew,
            Operation::Rekey => &self.rekey,
            Operation::Revoke => &self.revoke,
        }
    }
}

/// Measures one request.
pub struct Stopwatch<'a> {
    meters: &'a RoadMeters,
    operation: &'a OperationMeters,
    begun: Instant,
    lap: Instant,
}

impl Stopwatch<'_> {
    /// A part of the road is done; the next begins.
    pub fn passed(&mut self, phase: Phase) {
        let now = Instant::now();
        traces::passed(phase.as_str(), self.lap, now);
        if let Some(histogram) = self.meters.phases.get(phase as usize) {
            histogram.observe(now.duration_since(self.lap).as_secs_f64());
        }
        self.lap = now;
    }

    /// It was granted.
    pub fn granted(self, provisioner: Option<&str>) {
        self.outcomes(provisioner).done.inc();
        self.end();
    }

    /// It was not, for `reason`, and by this rule if a policy said so.
    pub fn denied(self, provisioner: Option<&str>, reason: Reason, rule: Option<&str>) {
        self.outcomes(provisioner).not_done.inc();
        let Denied { counters, rules } = &*self.meters.denied;
        let rule = rule.map_or_else(String::new, |rule| rules.admit(rule));
        counters.with_label_values(&[self.operation.name, reason.as_str(), &rule]).inc();
        self.end();
    }

    fn outcomes(&self, provisioner: Option<&str>) -> &Outcomes {
        let of = provisioner.and_then(|name| self.operation.by_provisioner.get(name));
        of.unwrap_or(&self.operation.nobodys)
    }

    fn end(self) {
        self.operation.whole.observe(self.begun.elapsed().as_secs_f64());
    }
}
