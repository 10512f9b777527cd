//! Checks whose word does not count, or not for everybody.

use policy_runtime::contract::{
    provisioner::{Descriptor, ReplayMode, RoutingKey},
    types::{Denial, DenialKind, Reason},
};
use serde_json::{Value, json};
use step_ca::shadow::{Report, Tally};
use step_tests::{Answer, Second, TestCa, fixed};

use crate::stand::{POLICY, ask, guarded};

fn refusal() -> Denial {
    let reason = Reason {
        rule: "corp.hours".into(),
        message: "come back tomorrow".into(),
        field: None,
        got: None,
        want: None,
        hint: None,
    };
    Denial {
        kind: DenialKind::Forbidden,
        message: "come back tomorrow".into(),
        reasons: vec![reason],
        public_message: None,
        details: vec![],
    }
}

fn start(members: Value) -> Result<(TestCa, Second), String> {
    let provisioner = Second::new("guarded@example.com");
    let module = fixed::check(&Err(refusal()));
    let builder = TestCa::build().module_with(POLICY, &module, members);
    Ok((builder.provisioner(guarded(&provisioner, &[POLICY])).try_start()?, provisioner))
}

/// What is in the report as soon as it is `done`.
fn report(ca: &TestCa, done: impl Fn(&Tally) -> bool) -> Report {
    loop {
        let report = Report::read(&ca.store_path().with_file_name("shadow.json")).unwrap();
        if report.policies.get(POLICY).is_some_and(&done) {
            return report;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_check_in_shadow_refuses_nobody_and_what_it_would_have_refused_is_told() {
    let (mut ca, provisioner) = start(json!({"mode": "shadow"})).unwrap();
    let issued = ask(&ca, &provisioner).expect(201);
    let report = report(&ca, |tally| tally.denied == 1);
    let tally = &report.policies[POLICY];
    assert_eq!((tally.asked, tally.denied, tally.rules["corp.hours"]), (1, 1, 1));
    assert_eq!(report.lines.len(), 1);
    let line = &report.lines[0];
    assert_eq!((line.rule.as_str(), line.message.as_str()), ("corp.hours", "come back tomorrow"));
    assert_eq!((line.provisioner.as_str(), line.subject.as_str()), ("guarded@example.com", "a.example"));
    assert!(report.to_table().contains("would refuse a.example of guarded@example.com: come back tomorrow"));
    ca.stop();
    let serial = Some(*issued.certificate().serial_number());
    let records = ca.records();
    let entry = records.audit.iter().find(|entry| entry.serial_number == serial).unwrap();
    assert!(entry.modules.iter().all(|module| module.name != POLICY), "it had no say");
}

#[test]
fn a_canary_refuses_some_subjects_every_time_and_the_others_never() {
    let (ca, provisioner) = start(json!({"canary": 50})).unwrap();
    let status = |subject: &str| {
        let token = ca.token_of(provisioner.name, &provisioner.key, subject);
        ca.try_token(&token, subject).status
    };
    let subjects: Vec<String> = (0..12).map(|number| format!("host-{number}.example")).collect();
    let first: Vec<u16> = subjects.iter().map(|subject| status(subject)).collect();
    let refused = first.iter().filter(|status| **status == 403).count();
    assert!(0 < refused && refused < first.len(), "{first:?}");
    assert!(first.iter().all(|status| [201, 403].contains(status)), "{first:?}");
    assert_eq!(subjects.iter().map(|subject| status(subject)).collect::<Vec<_>>(), first);
    let passed = (2 * (first.len() - refused)) as u64;
    assert_eq!(report(&ca, |tally| tally.asked == passed).policies[POLICY].denied, passed, "in shadow for the others");
}

#[test]
fn only_the_checks_that_had_a_say_are_among_the_modules_of_a_decision() {
    let provisioner = Second::new("guarded@example.com");
    let allowing = fixed::check(&Ok(vec![]));
    let builder = TestCa::build().module_with(POLICY, &allowing, json!({"canary": 50}));
    let builder = builder.module_with("renewals", &allowing, json!({"operations": ["renew"]}));
    let mut ca = builder.provisioner(guarded(&provisioner, &[POLICY, "renewals"])).start();
    let names = |answer: &Answer| -> Vec<String> {
        let policies = answer.json()["policies"].clone();
        policies.as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap().to_owned()).collect()
    };
    // Whom a canary is for depends on nothing but these names.
    let subjects: Vec<String> = (0..12).map(|number| format!("host-{number}.example")).collect();
    let answers: Vec<Answer> = subjects
        .iter()
        .map(|subject| ca.try_token(&ca.token_of(provisioner.name, &provisioner.key, subject), subject).expect(201))
        .collect();
    let heard = answers.iter().filter(|answer| names(answer) == ["builtin:jwk", "builtin:claims", POLICY]).count();
    let unheard = answers.iter().filter(|answer| names(answer) == ["builtin:jwk", "builtin:claims"]).count();
    assert!(heard > 0 && unheard > 0 && heard + unheard == answers.len(), "{heard} and {unheard}");
    ca.stop();
    let records = ca.records();
    for answer in &answers {
        let serial = Some(*answer.certificate().serial_number());
        let entry = records.audit.iter().find(|entry| entry.serial_number == serial).unwrap();
        let recorded: Vec<&str> = entry.modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(recorded, names(answer));
    }
}

#[test]
fn what_counts_for_nobody_cannot_verify_tokens() {
    let descriptor = Descriptor {
        routing_keys: vec![RoutingKey::Prefix("x".into())],
        credential_id: None,
        replay: ReplayMode::Custom,
    };
    let provisioner = fixed::Provisioner { descriptor: Ok(descriptor), sign: Err(refusal()), renew: Err(refusal()) };
    let error = TestCa::build()
        .module_with("x", &provisioner.module(), json!({"mode": "shadow"}))
        .provisioner(json!({"name": "x", "type": "X", "policy": "x"}))
        .try_start()
        .err()
        .unwrap();
    assert!(error.contains("policies.x: a provisioner's module cannot be in shadow"), "{error}");
    let error = start(json!({"mode": "shadow", "canary": 10})).err().unwrap();
    assert!(error.contains("policies.corp.canary"), "{error}");
}
