//! A policy says no: an answer, not a failure.

use policy_runtime::contract::types::{Denial, DenialKind, Reason};
use serde_json::json;
use step_ca::audit::Outcome;
use step_tests::{Csr, TestCa, body_of_2026, fixed};

use crate::stand::{Crowd, POLICY, Stand, ask};

fn denial(kind: DenialKind) -> Denial {
    let reason = Reason {
        rule: "corp.office-hours".into(),
        message: "nobody is in the office".into(),
        field: Some("context.now".into()),
        got: Some("Sunday".into()),
        want: None,
        hint: Some("come back on Monday".into()),
    };
    Denial {
        kind,
        message: "certificates are for working days".into(),
        reasons: vec![reason],
        public_message: None,
        details: vec![("calendar".into(), "for the log".into())],
    }
}

#[test]
fn the_client_is_told_the_sentence_and_the_rule() {
    let mut stand = Stand::with_answer(&Err(denial(DenialKind::Forbidden)));
    let answer = stand.ask().expect(403);
    let problem = answer.problem();
    assert_eq!(
        problem.message,
        "The request was forbidden by the certificate authority: certificates are for working days"
    );
    let reason = &problem.reasons[0];
    assert_eq!((reason.rule.as_str(), reason.got.as_deref()), ("corp.office-hours", Some("Sunday")));
    assert_eq!(reason.hint.as_deref(), Some("come back on Monday"));
    assert!(!answer.text().contains("for the log"));
    stand.neighbour_issues();

    stand.ca.stop();
    let records = stand.ca.records();
    let entry = records.decision(&problem.decision_id.unwrap()).unwrap();
    assert_eq!((entry.outcome, entry.rule.as_deref()), (Outcome::Refused, Some("corp.office-hours")));
    assert!(entry.message.as_deref().unwrap().contains("certificates are for working days"));
    assert_eq!(records.spent, 1, "the token of the neighbour; a refused one may be tried again");
}

#[test]
fn every_kind_of_no_has_its_status_and_says_as_much_as_it_may() {
    let kinds = [
        (DenialKind::BadRequest, 400, true),
        (DenialKind::Unauthorized, 401, false),
        (DenialKind::Forbidden, 403, true),
        (DenialKind::NotFound, 404, false),
        (DenialKind::TooManyRequests, 429, true),
        (DenialKind::Pending, 202, true),
        (DenialKind::NotImplemented, 501, false),
    ];
    let crowd = kinds.iter().fold(Crowd::new(), |crowd, (kind, _, _)| crowd.with(&Err(denial(*kind)), json!({})));
    let (ca, provisioners) = crowd.start();
    for ((kind, status, is_told), provisioner) in kinds.into_iter().zip(&provisioners) {
        let answer = ask(&ca, provisioner).expect(status);
        assert_eq!(answer.message().contains("working days"), is_told, "{kind:?}: {}", answer.text());
        assert_eq!(answer.problem().reasons.len(), usize::from(is_told), "{kind:?}");
    }
}

#[test]
fn a_public_message_takes_the_place_of_the_text() {
    let answer = Denial { public_message: Some("ask the help desk".into()), ..denial(DenialKind::Unauthorized) };
    let stand = Stand::with_answer(&Err(answer));
    assert_eq!(stand.ask().expect(401).message(), "ask the help desk");
}

#[test]
fn text_of_a_policy_cannot_fool_a_terminal_or_break_a_log() {
    let nasty = "no\u{1b}[2J\r\nstatus=201 \u{202e}gnitset\0";
    let mut answer = denial(DenialKind::Forbidden);
    answer.message = format!("{nasty}{}", "x".repeat(10_000));
    answer.reasons[0].message = nasty.into();
    answer.reasons = vec![answer.reasons[0].clone(); 40];
    let mut stand = Stand::with_answer(&Err(answer));
    let problem = stand.ask().expect(403).problem();
    assert_eq!(problem.reasons.len(), 16);
    for text in [&problem.message, &problem.reasons[0].message] {
        let is_harmful = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(text.len() < 1_200 && !text.contains(is_harmful), "{text:?}");
    }
    stand.ca.stop();
    let records = stand.ca.records();
    let entry = records.decision(&problem.decision_id.unwrap()).unwrap();
    assert!(!entry.message.as_deref().unwrap().contains(char::is_control));
}

#[test]
fn a_check_of_the_authority_has_its_say_about_every_provisioner() {
    let module = fixed::check(&Err(denial(DenialKind::Forbidden)));
    let ca = TestCa::build()
        .module(POLICY, &module)
        .configure(|ca_json| ca_json["authority"]["policies"] = json!([POLICY]))
        .start();
    let _ = ca.try_token(&ca.token("a.example"), "a.example").expect(403);
}

#[test]
fn a_check_is_asked_about_the_operations_it_is_named_for() {
    let module = fixed::check(&Err(denial(DenialKind::Forbidden)));
    let stand = Stand::with_check(TestCa::build().module_with(POLICY, &module, json!({"operations": ["renew"]})));
    let csr = Csr::of("a.example");
    let token = stand.ca.token_of(stand.provisioner.name, &stand.provisioner.key, "a.example").sign();
    let answer = stand.ca.client().post("/sign", &body_of_2026(&csr.pem, &token, "", "")).expect(201);
    let leaf = step_tests::Leaf { chain: answer.chain(), key: csr.key };
    let client = stand.ca.client_with(leaf.identity());
    let answer = client.post("/renew", &json!({})).expect(403);
    assert!(answer.message().contains("working days"), "{}", answer.text());
}
