//! Every rule at its edge, and what `review` makes of them.

use policy_sdk::{prelude::*, testing::NOW, types::Validity};
use proptest::prelude::*;

use crate::ClaimsPolicy;

const DAY: i64 = 86_400;

fn policy(claims: &str) -> ClaimsPolicy {
    ClaimsPolicy::init(check::Environment { claims: claims.into(), ..testing::check() }).unwrap().0
}

fn proposal(not_before: Option<i64>, not_after: Option<i64>) -> check::Proposal {
    let mut proposal = testing::proposal(&["db.example.com"]);
    proposal.requested.not_before = not_before.map(|offset| NOW + offset);
    proposal.requested.not_after = not_after.map(|offset| NOW + offset);
    proposal
}

fn drafted(operation: Operation, not_before: i64, not_after: i64) -> check::Proposal {
    let mut proposal = testing::proposal(&["db.example.com"]);
    proposal.context.operation = operation;
    proposal.draft.validity = Some(validity(not_before, not_after));
    proposal
}

fn validity(not_before: i64, not_after: i64) -> Validity {
    Validity { not_before: NOW + not_before, not_after: NOW + not_after }
}

fn set(not_before: i64, not_after: i64) -> Result<Vec<Edit>, Denial> {
    Ok(vec![Edit::SetValidity(validity(not_before, not_after))])
}

fn rule(verdict: Result<Vec<Edit>, Denial>) -> String {
    verdict.unwrap_err().reasons[0].rule.clone()
}

#[test]
fn a_day_from_now_and_a_minute_before_is_the_default() {
    assert_eq!(policy("{}").review(&proposal(None, None)), set(-60, DAY));
}

#[test]
fn a_requested_beginning_moves_the_end_and_is_not_backdated() {
    assert_eq!(policy("{}").review(&proposal(Some(3_600), None)), set(3_600, 3_600 + DAY));
    assert_eq!(policy("{}").review(&proposal(Some(-60), None)), set(-60, DAY - 60));
    assert_eq!(rule(policy("{}").review(&proposal(Some(-61), None))), "claims.not-before-past");
}

#[test]
fn the_claims_hold_at_each_edge() {
    let policy = policy("{}");
    assert_eq!(policy.review(&proposal(None, Some(DAY))), set(-60, DAY));
    assert_eq!(rule(policy.review(&proposal(None, Some(DAY + 1)))), "claims.max-duration");
    assert_eq!(policy.review(&proposal(None, Some(240))), set(-60, 240));
    assert_eq!(rule(policy.review(&proposal(None, Some(239)))), "claims.min-duration");
}

#[test]
fn a_duration_that_is_too_long_is_refused_in_the_words_of_step_ca() {
    let denial = policy("{}").review(&proposal(None, Some(25 * 3_600))).unwrap_err();
    assert_eq!(denial.kind, DenialKind::Forbidden);
    assert_eq!(
        denial.message,
        "requested duration of 25h1m0s is more than the authorized maximum certificate duration of 24h1m0s"
    );
}

#[test]
fn an_end_in_the_past_or_before_the_beginning_is_a_bad_request() {
    let denial = policy("{}").review(&proposal(None, Some(-1))).unwrap_err();
    assert_eq!(denial.kind, DenialKind::BadRequest);
    assert_eq!(denial.message, "NotAfter: 2025-12-31 23:59:59 +0000 UTC cannot be in the past");
    let denial = policy("{}").review(&proposal(Some(3_600), Some(3_599))).unwrap_err();
    assert_eq!(denial.kind, DenialKind::BadRequest);
    assert_eq!(
        denial.message,
        "NotAfter: 2026-01-01 00:59:59 +0000 UTC cannot be before NotBefore: 2026-01-01 01:00:00 +0000 UTC"
    );
}

#[test]
fn a_certificate_never_outlives_its_credential() {
    let mut bounded = proposal(None, None);
    bounded.not_after_bound = Some(NOW + 3_600);
    assert_eq!(policy("{}").review(&bounded), set(-60, 3_600));
    bounded.requested.not_after = Some(NOW + 3_601);
    assert_eq!(rule(policy("{}").review(&bounded)), "claims.credential-not-after");
}

#[test]
fn a_certificate_does_not_begin_before_its_credential() {
    let mut bounded = proposal(None, None);
    bounded.not_before_bound = Some(NOW - 10);
    assert_eq!(policy("{}").review(&bounded), set(-10, DAY));
    bounded.requested.not_before = Some(NOW - 11);
    assert_eq!(rule(policy("{}").review(&bounded)), "claims.credential-not-before");
}

#[test]
fn the_default_duration_of_a_credential_wins_within_the_claims() {
    let mut short = proposal(None, None);
    short.default_duration = Some(3_600_000_000_000);
    assert_eq!(policy("{}").review(&short), set(-60, 3_600));
    short.default_duration = Some(2 * DAY * 1_000_000_000);
    assert_eq!(rule(policy("{}").review(&short)), "claims.max-duration");
}

#[test]
fn a_validity_that_is_set_is_only_looked_at() {
    assert_eq!(policy("{}").review(&drafted(Operation::Sign, -60, 3_600)), Ok(vec![]));
    assert_eq!(rule(policy("{}").review(&drafted(Operation::Sign, -60, DAY + 1))), "claims.max-duration");
}

#[test]
fn a_renewal_is_shortened_to_what_is_allowed_today_and_then_left_alone() {
    let policy = policy(r#"{"maxTLSCertDuration": "12h", "defaultTLSCertDuration": "12h"}"#);
    assert_eq!(policy.review(&drafted(Operation::Renew, -60, DAY)), set(-60, 43_200));
    assert_eq!(policy.review(&drafted(Operation::Renew, -60, 43_200)), Ok(vec![]));
    assert_eq!(rule(policy.review(&drafted(Operation::Rekey, -60, 60))), "claims.min-duration");
}

#[test]
fn a_renewal_without_a_validity_lasts_as_long_as_the_certificate_before() {
    let mut renewal = testing::proposal(&["db.example.com"]);
    renewal.context.operation = Operation::Renew;
    renewal.previous = Some(testing::renew_request(&["db.example.com"]).certificate);
    assert_eq!(policy("{}").review(&renewal), set(-60, DAY));
}

#[test]
fn a_disabled_renewal_is_refused_whatever_its_validity() {
    let policy = policy(r#"{"disableRenewal": true}"#);
    for operation in [Operation::Renew, Operation::Rekey] {
        let denial = policy.review(&drafted(operation, -60, DAY)).unwrap_err();
        assert_eq!(denial.kind, DenialKind::Unauthorized);
        assert_eq!(denial.message, "renew is disabled for provisioner 'admin'");
    }
    assert_eq!(policy.review(&drafted(Operation::Sign, -60, DAY)), Ok(vec![]));
}

proptest! {
    #[test]
    fn whatever_is_asked_for_what_is_given_keeps_every_rule(
        not_before in proptest::option::of(any::<i64>()), not_after in proptest::option::of(any::<i64>()),
        default in proptest::option::of(any::<i64>()), bound in proptest::option::of(any::<i64>()), now in any::<i64>(),
    ) {
        let mut proposal = testing::proposal(&["db.example.com"]);
        proposal.context.now = now;
        proposal.requested.not_before = not_before;
        proposal.requested.not_after = not_after;
        proposal.default_duration = default;
        proposal.not_after_bound = bound;
        if let Ok(edits) = policy("{}").review(&proposal) {
            let [Edit::SetValidity(given)] = edits.as_slice() else { panic!("{edits:?}") };
            prop_assert!(given.not_before >= now.saturating_sub(60) && given.not_after >= now);
            prop_assert!((300..=DAY + 60).contains(&(given.not_after - given.not_before)));
            prop_assert!(bound.is_none_or(|bound| given.not_after <= bound));
        }
    }
}
