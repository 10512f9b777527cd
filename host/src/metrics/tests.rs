use std::time::Duration;

use policy_runtime::{Fault, Trace, contract::types::Operation};

use super::*;

fn lines(metrics: &Metrics, name: &str) -> Vec<String> {
    metrics.text().lines().filter(|line| line.starts_with(name)).map(ToOwned::to_owned).collect()
}

#[test]
fn what_came_of_a_request_is_counted_under_its_provisioner() {
    let metrics = Metrics::default();
    let road = metrics.of_road(["a", "b"].into_iter());
    road.begin(Operation::Sign).granted(Some("a"));
    road.begin(Operation::Sign).denied(Some("a"), Reason::Policy, Some("jwk.expired"));
    road.begin(Operation::Renew).denied(None, Reason::Certificate, None);
    // One that is gone since.
    road.begin(Operation::Sign).granted(Some("c"));
    let signed = lines(&metrics, "step_ca_x509_signed{");
    for line in [
        r#"step_ca_x509_signed{provisioner="a",success="true"} 1"#,
        r#"step_ca_x509_signed{provisioner="a",success="false"} 1"#,
        r#"step_ca_x509_signed{provisioner="b",success="true"} 0"#,
        r#"step_ca_x509_signed{provisioner="",success="true"} 1"#,
    ] {
        assert!(signed.iter().any(|found| found == line), "{line} is not among {signed:?}");
    }
    assert_eq!(
        lines(&metrics, "step_ca_denied_total{"),
        [
            r#"step_ca_denied_total{operation="renew",reason="certificate",rule=""} 1"#,
            r#"step_ca_denied_total{operation="sign",reason="policy",rule="jwk.expired"} 1"#,
        ]
    );
}

#[test]
fn no_module_and_no_reload_makes_more_series_than_there_is_room_for() {
    let metrics = Metrics::default();
    let names: Vec<String> = (0..limits::METRIC_LABELS + 50).map(|number| format!("name-{number}")).collect();
    let road = metrics.of_road(names.iter().map(String::as_str));
    for name in &names {
        road.begin(Operation::Sign).denied(None, Reason::Policy, Some(name));
    }
    assert_eq!(lines(&metrics, "step_ca_denied_total{").len(), limits::METRIC_LABELS + 1);
    // Done and not done, for each of them, for all the others, and for nobody.
    assert_eq!(lines(&metrics, "step_ca_x509_signed{").len(), 2 * (limits::METRIC_LABELS + 2));
}

#[test]
fn a_new_configuration_counts_on() {
    let metrics = Metrics::default();
    for _ in 0..2 {
        metrics.of_road(["a"].into_iter()).begin(Operation::Revoke).granted(Some("a"));
        metrics.of_policy("corp").failed(&Fault::OutOfFuel { limit: 1 });
    }
    assert!(metrics.text().contains(r#"step_ca_x509_revoked{provisioner="a",success="true"} 2"#));
    assert!(metrics.text().contains(r#"step_ca_policy_calls_total{outcome="failed",policy="corp"} 2"#));
}

#[test]
fn fuel_and_time_of_a_policy_are_those_of_its_trace() {
    let metrics = Metrics::default();
    let trace = Trace { fuel: 12_345, elapsed: Duration::from_millis(250), ..Trace::default() };
    metrics.of_policy("corp").answered(false, &trace);
    for line in [
        r#"step_ca_policy_calls_total{outcome="refused",policy="corp"} 1"#,
        r#"step_ca_policy_fuel_sum{policy="corp"} 12345"#,
        r#"step_ca_policy_seconds_sum{policy="corp"} 0.25"#,
        r#"step_ca_policy_seconds_bucket{policy="corp",le="0.1"} 0"#,
        r#"step_ca_policy_seconds_bucket{policy="corp",le="0.5"} 1"#,
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn every_phase_is_measured_by_itself() {
    let metrics = Metrics::default();
    let road = metrics.of_road(std::iter::empty());
    let mut watch = road.begin(Operation::Rekey);
    for phase in Phase::ALL {
        watch.passed(phase);
    }
    watch.granted(None);
    assert_eq!(lines(&metrics, "step_ca_phase_seconds_count").len(), Phase::ALL.len());
    assert!(lines(&metrics, "step_ca_phase_seconds_count").iter().all(|line| line.ends_with(" 1")));
    assert!(metrics.text().contains(r#"step_ca_operation_seconds_count{operation="rekey"} 1"#));
}
