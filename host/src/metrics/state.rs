//! What is true at the moment of a scrape: how far away the ends of things are, and whether the CA can issue.

use authority::Timestamp;
use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

use super::register;
use crate::{
    clock::{Clock as _, System},
    readiness::Obstacle,
    revocation_list::RevocationLists,
    snapshot::Snapshot,
    telemetry,
};

/// Gauges that are set before each scrape.
pub struct State {
    ready: IntGauge,
    store_ready: IntGauge,
    clock_trusted: IntGauge,
    clock: IntGauge,
    own_not_after: IntGauge,
    issuer_not_after: IntGauge,
    list_number: IntGauge,
    list_this_update: IntGauge,
    list_next_update: IntGauge,
    revoked: IntGauge,
    log_lines_dropped: IntGauge,
}

impl State {
    pub(super) fn new(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help).expect("the names of metrics are right");
            register(registry, gauge.clone());
            gauge
        };
        build_info(registry);
        Self {
            ready: gauge("step_ca_ready", "1 when /ready answers 200."),
            store_ready: gauge("step_ca_store_ready", "1 when issuances can be recorded."),
            clock_trusted: gauge("step_ca_clock_trusted", "0 when the clock is behind the newest record."),
            clock: gauge("step_ca_clock_timestamp_seconds", "What the clock shows that certificates are issued by."),
            own_not_after: gauge(
                "step_ca_own_certificate_not_after_timestamp_seconds",
                "When the certificate of the listener ends.",
            ),
            issuer_not_after: gauge(
                "step_ca_issuer_not_after_timestamp_seconds",
                "When the first certificate of the issuing chain ends.",
            ),
            list_number: gauge(
                "step_ca_crl_number",
                "Number of the list of revoked certificates; 0 when there is none.",
            ),
            list_this_update: gauge("step_ca_crl_this_update_timestamp_seconds", "When that list was made."),
            list_next_update: gauge("step_ca_crl_next_update_timestamp_seconds", "By when there is a newer one."),
            revoked: gauge("step_ca_revoked_certificates", "Certificates that are revoked."),
            log_lines_dropped: gauge(
                "step_ca_log_lines_dropped",
                "Lines of the log that nobody took in time, since the start.",
            ),
        }
    }
}

impl State {
    /// Notes what is true at `now`.
    pub(crate) fn note(&self, ca: &Snapshot, now: Timestamp, own_not_after: Option<Timestamp>, obstacles: &[Obstacle]) {
        self.ready.set(obstacles.is_empty().into());
        self.store_ready.set(ca.store.is_ready().into());
        self.clock_trusted.set(ca.timekeeping.check(now).is_ok().into());
        self.clock.set(now.as_unix());
        self.own_not_after.set(own_not_after.map_or(0, Timestamp::as_unix));
        let ends = ca.authority.issuer().chain().iter().map(|certificate| certificate.validity().not_after.as_unix());
        self.issuer_not_after.set(ends.min().unwrap_or_default());
        let list = ca.revocation_lists.as_ref().and_then(RevocationLists::latest);
        let list = list
            .map_or((0, 0, 0), |list| (saturated(list.number), list.this_update.as_unix(), list.next_update.as_unix()));
        self.list_number.set(list.0);
        self.list_this_update.set(list.1);
        self.list_next_update.set(list.2);
        self.revoked.set(saturated(ca.store.revoked()));
        self.log_lines_dropped.set(saturated(telemetry::dropped_lines()));
    }
}

fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Which program this is, and since when it runs.
fn build_info(registry: &Registry) {
    let info = IntGaugeVec::new(Opts::new("step_ca_build_info", "The version of the program; 1."), &["version"]);
    let info = info.expect("the names of metrics and labels are right");
    info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    register(registry, info);
    let start = IntGauge::new("step_ca_start_timestamp_seconds", "When the CA was started, by the system's clock.");
    let start = start.expect("the names of metrics are right");
    start.set(System.now().as_unix());
    register(registry, start);
}
