//! `/health` says that somebody is there, `/ready` whether certificates can be issued, and why not.

use std::time::Duration;

use serde_json::json;
use step_tests::TestCa;

/// What is in the way, as `/ready` says at the CA and at the listener of the metrics.
#[track_caller]
fn obstacles(ca: &TestCa) -> Vec<String> {
    let [at_the_ca, beside] = [ca.client().get("/ready"), ca.ask_metrics("/ready")].map(|answer| {
        if answer.status == 200 {
            assert_eq!(answer.json()["status"], "ok");
            return Vec::new();
        }
        let problem = answer.expect(503).problem();
        problem.reasons.into_iter().map(|reason| reason.rule).collect::<Vec<_>>()
    });
    assert_eq!(at_the_ca, beside);
    for answer in [ca.client().get("/health"), ca.ask_metrics("/health")] {
        assert_eq!(answer.expect(200).json()["status"], "ok");
    }
    at_the_ca
}

fn metered() -> TestCa {
    TestCa::build().configure(|ca_json| ca_json["metrics"] = json!({"address": "127.0.0.1:0"})).start()
}

#[test]
fn a_ca_that_can_issue_is_ready_at_both_listeners() {
    assert_eq!(obstacles(&metered()), Vec::<String>::new());
}

#[test]
fn a_clock_that_was_set_back_is_in_the_way_until_it_is_right_again() {
    let ca = metered();
    let now = ca.now();
    ca.issue("a.example");
    ca.clock().set(now.saturating_sub(Duration::from_secs(3_600)));
    assert_eq!(obstacles(&ca), ["clock"]);
    ca.clock().set(now);
    assert_eq!(obstacles(&ca), Vec::<String>::new());
}

#[test]
fn an_issuer_that_has_expired_is_in_the_way() {
    let ca = metered();
    let end = ca.pki().intermediate.validity().not_after;
    ca.clock().set(end);
    assert_eq!(obstacles_by_metrics(&ca), Vec::<String>::new(), "the end is part of the life (RFC 5280 §4.1.2.5)");
    ca.clock().set(end.checked_add(Duration::from_secs(1)).unwrap());
    assert_eq!(obstacles_by_metrics(&ca), ["issuer"]);
}

/// As the metrics' listener says, where no client judges the CA's certificate by that clock.
fn obstacles_by_metrics(ca: &TestCa) -> Vec<String> {
    let answer = ca.ask_metrics("/ready");
    if answer.status == 200 {
        return Vec::new();
    }
    answer.expect(503).problem().reasons.into_iter().map(|reason| reason.rule).collect()
}
