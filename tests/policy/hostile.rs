//! Every hostile module of `cases/`, in the place of a check.

use serde_json::json;
use step_ca::audit::Outcome;
use step_tests::{Builder, Guest, Second, TestCa, guests};

use crate::stand::{ask, assert_fault, guarded};

/// A CA with a provisioner for every guest, which guards it.
fn with_guests(guests: &[(Guest, Second)]) -> Builder {
    guests.iter().fold(TestCa::build(), |builder, (guest, provisioner)| {
        let mut object = guarded(provisioner, &[&guest.name]);
        object["name"] = guest.name.as_str().into();
        builder.module(&guest.name, &guest.bytes).provisioner(object)
    })
}

#[test]
fn every_hostile_module_is_stopped_nothing_is_signed_and_a_neighbour_still_issues() {
    let guests: Vec<_> = guests().into_iter().map(|guest| (guest, Second::new("guarded"))).collect();
    assert!(guests.len() >= 12, "the cases are found");

    // What cannot be loaded is named, each for its own reason, and all of it at once.
    let ca = with_guests(&guests).start();
    let failures = ca.app().snapshot().policies.failures().iter().map(ToString::to_string).collect::<Vec<_>>();
    let problems = failures.join("\n");
    let (unusable, loaded): (Vec<_>, Vec<_>) = guests.into_iter().partition(|(guest, _)| {
        problems.contains(&format!("policies.{}", guest.name)) || problems.contains(&format!(": {}: ", guest.name))
    });
    for (guest, _) in &unusable {
        assert!(problems.contains(&guest.fault), "{}: {}\n  is not in\n{problems}", guest.name, guest.fault);
    }
    assert_eq!(failures.len(), unusable.len(), "{problems}");
    for (guest, provisioner) in &unusable {
        let token = ca.token_of(&guest.name, &provisioner.key, "a.example");
        assert_fault(&ca.try_token(&token, "a.example"), &guest.name);
    }
    ca.issue("neighbour.example");
    drop(ca);

    // What can be loaded is asked, and fails.
    let mut ca = with_guests(&loaded).start();
    let mut decisions = Vec::new();
    for (guest, provisioner) in &loaded {
        let token = ca.token_of(&guest.name, &provisioner.key, "a.example");
        let answer = ca.try_token(&token, "a.example");
        assert_fault(&answer, &guest.name);
        decisions.push((guest, answer.problem().decision_id.unwrap()));
        ca.issue("neighbour.example");
    }
    ca.stop();
    let records = ca.records();
    for (guest, decision) in &decisions {
        let entry = records.decision(decision).unwrap();
        assert_eq!((entry.outcome, entry.provisioner.as_deref()), (Outcome::Fault, Some(guest.name.as_str())));
        let message = entry.message.as_deref().unwrap();
        assert!(message.contains(&guest.fault), "{}: {message}\n  should say\n{}", guest.name, guest.fault);
        assert!(entry.modules.iter().any(|module| module.name == guest.name), "the decision names the module");
    }
    assert_eq!(records.with(Outcome::Fault).count(), loaded.len());
    assert_eq!(records.certificates.len(), 1 + loaded.len(), "the listener's, and one of the neighbour after each");
    assert_eq!(records.spent, i64::try_from(loaded.len()).unwrap());
    println!("{} modules were not loaded, {} were stopped when they were asked", unusable.len(), loaded.len());
}

#[test]
fn one_hostile_check_of_the_authority_stops_everybody_and_is_not_forgotten_in_the_crowd() {
    let trap = guests().into_iter().find(|guest| guest.name == "trap").unwrap();
    let mut ca = TestCa::build()
        .module("trap", &trap.bytes)
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["trap"]))
        .start();
    let token = ca.token("a.example");
    for _ in 0..3 {
        assert_fault(&ca.try_token(&token, "a.example"), "trap");
    }
    ca.configure(|ca_json| {
        ca_json["authority"]["policies"] = json!([]);
        ca_json["policies"] = json!({});
    });
    ca.restart();
    // The token was never spent.
    let _ = ca.try_token(&token, "a.example").expect(201);
}

#[test]
fn a_hostile_module_that_is_asked_again_and_again_changes_nothing_for_others() {
    let memory = guests().into_iter().find(|guest| guest.name == "memory-bomb").unwrap();
    let provisioner = Second::new("guarded@example.com");
    let ca = TestCa::build().module("bomb", &memory.bytes).provisioner(guarded(&provisioner, &["bomb"])).start();
    std::thread::scope(|scope| {
        let attacker = scope.spawn(|| (0..20).for_each(|_| assert_fault(&ask(&ca, &provisioner), "memory-bomb")));
        for _ in 0..20 {
            ca.issue("neighbour.example");
        }
        attacker.join().unwrap();
    });
}
