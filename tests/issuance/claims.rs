//! How long certificates live: claims, backdate, and the end of the issuer.

use std::time::Duration;

use authority::{Timestamp, Validity, keys::KeySpec};
use serde_json::json;
use step_tests::{Answer, Csr, Pki, Second, TestCa, Token, body_of_2019, body_of_2026};

use crate::sign::after;

const NAME: &str = "web.example.com";

/// Asks for these seconds, counted from now.
fn ask(ca: &TestCa, token: &Token, not_before: Option<i64>, not_after: Option<i64>) -> Answer {
    let time = |seconds: Option<i64>| seconds.map(|seconds| after(ca.now(), seconds));
    let body = body_of_2019(&Csr::of(NAME).pem, &token.sign(), time(not_before), time(not_after));
    ca.client().post("/sign", &body)
}

fn validity(ca: &TestCa, answer: &Answer) -> (i64, i64) {
    let Validity { not_before, not_after } = answer.certificate().validity();
    (not_before.as_unix() - ca.now().as_unix(), not_after.as_unix() - ca.now().as_unix())
}

#[test]
fn the_stock_claims_are_five_minutes_to_a_day() {
    let ca = TestCa::shared();
    for (not_before, not_after, status) in [
        (Some(0), Some(299), 403),
        (Some(0), Some(300), 201),
        (Some(0), Some(86_400), 201),
        // The backdate is not the client's doing, so it comes on top.
        (Some(0), Some(86_460), 201),
        (Some(0), Some(86_461), 403),
        (None, Some(86_400), 201),
        (None, Some(86_401), 403),
        (Some(-60), Some(600), 201),
        (Some(-61), Some(600), 400),
        (Some(-600), Some(600), 400),
        (Some(600), Some(599), 400),
        (Some(-600), Some(-1), 400),
        (Some(3_600), Some(7_200), 201),
        (Some(3_600), None, 201),
    ] {
        let answer = ask(&ca, &ca.token(NAME), not_before, not_after);
        assert_eq!(answer.status, status, "{not_before:?} to {not_after:?}: {}", answer.text());
        if status == 201 {
            let (begin, end) = validity(&ca, &answer);
            assert_eq!(begin, not_before.unwrap_or(-60));
            assert_eq!(end, not_after.unwrap_or(begin + 86_400));
        }
    }
}

#[test]
fn a_refusal_says_what_would_be_right() {
    let ca = TestCa::shared();
    let problem = ask(&ca, &ca.token(NAME), Some(0), Some(100)).expect(403).problem();
    let sentence = "requested duration of 1m40s is less than the authorized minimum certificate duration of 5m0s";
    assert!(problem.message.ends_with(sentence), "{}", problem.message);
    let reason = &problem.reasons[0];
    assert_eq!((reason.rule.as_str(), reason.got.as_deref()), ("claims.min-duration", Some("1m40s")));
    assert_eq!(reason.want.as_deref(), Some("at least 5m0s"));
    assert!(problem.decision_id.is_some() && problem.request_id.is_some());
}

#[test]
fn claims_are_inherited_one_by_one() {
    let second = Second::new("second@example.com");
    let mut object = second.object();
    object["claims"] = json!({"maxTLSCertDuration": "30m", "defaultTLSCertDuration": "20m"});
    let ca = TestCa::build()
        .claims(json!({"minTLSCertDuration": "10m", "maxTLSCertDuration": "2h", "defaultTLSCertDuration": "1h"}))
        .provisioner(object)
        .start();
    let other = |ca: &TestCa| ca.token_of(second.name, &second.key, NAME);
    assert_eq!(validity(&ca, &ask(&ca, &ca.token(NAME), None, None).expect(201)), (-60, 3_600));
    assert_eq!(validity(&ca, &ask(&ca, &other(&ca), None, None).expect(201)), (-60, 1_200));
    for (token, end, status) in [
        (ca.token(NAME), 599, 403),
        (ca.token(NAME), 600, 201),
        (ca.token(NAME), 7_260, 201),
        (ca.token(NAME), 7_261, 403),
        (other(&ca), 599, 403),
        (other(&ca), 1_860, 201),
        (other(&ca), 1_861, 403),
    ] {
        let answer = ask(&ca, &token, Some(0), Some(end));
        assert_eq!(answer.status, status, "{end}: {}", answer.text());
    }
}

#[test]
fn the_backdate_is_the_operators_to_choose() {
    for (backdate, seconds) in [("0s", 0), ("5m", 300)] {
        let ca = TestCa::build().configure(move |ca_json| ca_json["authority"]["backdate"] = backdate.into()).start();
        assert_eq!(validity(&ca, &ask(&ca, &ca.token(NAME), None, None).expect(201)), (-seconds, 86_400));
        let _ = ask(&ca, &ca.token(NAME), Some(-seconds - 1), Some(3_600)).expect(400);
    }
}

#[test]
fn no_certificate_outlives_its_issuer() {
    let builder = TestCa::build();
    // CAs are made for ten years of 365 days; two hours of this one are left.
    let age = Duration::from_secs(87_600 * 3_600 - 3_600 - 7_200);
    let pki = Pki::with_issuer_key(builder.now().saturating_sub(age), KeySpec::EcP256);
    let end = pki.intermediate.validity().not_after;
    let ca = builder.pki(pki).start();
    assert_eq!(end, after(ca.now(), 7_200));
    assert_eq!(validity(&ca, &ask(&ca, &ca.token(NAME), None, None).expect(201)), (-60, 7_200));
    for (asked, given) in [(7_199, 7_199), (7_200, 7_200), (7_201, 7_200), (80_000, 7_200)] {
        let answer = ask(&ca, &ca.token(NAME), Some(0), Some(asked)).expect(201);
        assert_eq!(validity(&ca, &answer), (0, given));
    }
}

#[test]
fn times_no_certificate_can_name_are_refused() {
    let ca = TestCa::shared();
    for (not_before, not_after) in [
        ("", "9999-12-31T23:59:59Z"),
        ("", "10000-01-01T00:00:00Z"),
        ("", "2562047h47m16s"),
        ("2562047h47m16s", "2562047h47m16s"),
        ("1969-12-31T23:59:59Z", ""),
        ("", "-1h"),
        ("", "1 h"),
        ("", "1d"),
        ("", "2026-02-30T00:00:00Z"),
        ("", "2026-01-01"),
    ] {
        let body = body_of_2026(&Csr::of(NAME).pem, &ca.token(NAME).sign(), not_before, not_after);
        let answer = ca.client().post("/sign", &body);
        assert!(matches!(answer.status, 400 | 403), "{not_before} {not_after}: {}", answer.text());
    }
    let fraction = "2099-01-01T00:00:00.5Z";
    let body = body_of_2026(&Csr::of(NAME).pem, &ca.token(NAME).sign(), "", fraction);
    let _ = ca.client().post("/sign", &body).expect(403);
    assert!(Timestamp::LAST > ca.now());
}

#[test]
fn claims_that_contradict_each_other_stop_the_start() {
    for (claims, text) in [
        (json!({"minTLSCertDuration": "25h"}), "MaxCertDuration cannot be less than MinCertDuration"),
        (json!({"maxTLSCertDuration": "1h"}), "MaxCertDuration cannot be less than DefaultCertDuration"),
        (json!({"defaultTLSCertDuration": "1m"}), "DefaultCertDuration cannot be less than MinCertDuration"),
        (json!({"minTLSCertDuration": "soon"}), "authority.claims.minTLSCertDuration"),
        (json!({"minTLSCertDuration": 300}), "authority.claims.minTLSCertDuration"),
    ] {
        let error = TestCa::build().claims(claims.clone()).try_start().err().unwrap();
        assert!(error.contains(text), "{claims}: {error}");
    }
}
