//! From `ca.json` to policies: every problem at once, each at its place.

use policy_runtime::contract::{check::Edit, types::ConfigError};
use serde_json::json;
use step_tests::{Csr, Leaf, Second, TestCa, fixed};

use crate::stand::{POLICY, Stand, ask, assert_fault, guarded};

fn allowing() -> Vec<u8> {
    fixed::check(&Ok(vec![]))
}

#[test]
fn all_problems_of_all_modules_are_told_at_once() {
    let errors = vec![ConfigError { path: Some("/settings/allowed/0".into()), message: "no name".into() }];
    let provisioner = Second::new("guarded@example.com");
    let builder = TestCa::build();
    let missing = builder.module_path("nowhere").with_file_name("nowhere.wasm");
    let garbled = builder.module_path("garbled");
    let error = builder
        .module("garbled", b"no wasm")
        .module_with("pinned", &allowing(), json!({"sha256": "0".repeat(64)}))
        .module_with("settings", &fixed::misconfigured_check(errors), json!({"settings": {"allowed": [""]}}))
        .module("not-asked", b"")
        .configure({
            let missing = missing.clone();
            move |ca_json| ca_json["policies"]["missing"] = json!({"path": missing, "sha256": "0".repeat(64)})
        })
        .provisioner(guarded(&provisioner, &["garbled", "missing", "pinned", "settings"]))
        .try_start()
        .err()
        .unwrap();
    for (place, text) in [
        ("policies.garbled", "is not WebAssembly in binary form"),
        ("policies.missing", "No such file or directory"),
        ("policies.pinned", "is pinned: the file was changed, or the pin belongs to another build"),
        ("policies.settings.settings.allowed[0]", "no name (settings)"),
        // Its problem should not wait for the day somebody uses it.
        ("policies.not-asked", "is not WebAssembly in binary form"),
    ] {
        let line = error.lines().find(|line| line.starts_with(&format!("{place}: ")));
        assert!(line.is_some_and(|line| line.contains(text)), "{place}: {text}\n  is not in\n{error}");
    }
    assert_eq!(error.lines().count(), 5, "{error}");
    assert!(error.contains(missing.to_str().unwrap()) && !error.contains(garbled.to_str().unwrap()), "{error}");
}

#[test]
fn a_name_that_refers_to_nothing_is_found_with_a_suggestion() {
    let provisioner = Second::new("guarded@example.com");
    let error = TestCa::build()
        .module(POLICY, &allowing())
        .provisioner(guarded(&provisioner, &["crop"]))
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["builtin:clams"]))
        .try_start()
        .err()
        .unwrap();
    assert!(error.contains("authority.provisioners[1].policies[0]") && error.contains("corp"), "{error}");
    assert!(error.contains("authority.policies[0]") && error.contains("builtin:claims"), "{error}");
}

#[test]
fn a_check_is_no_provisioner_and_a_provisioner_no_check() {
    let error = TestCa::build()
        .module(POLICY, &allowing())
        .provisioner(json!({"name": "x", "type": "X", "policy": POLICY}))
        .try_start()
        .err()
        .unwrap();
    assert!(error.contains("authority.provisioners[1]") && error.contains("check"), "{error}");
    for policies in [json!(["builtin:jwk"]), json!("corp"), json!([7])] {
        let error = TestCa::build()
            .module(POLICY, &allowing())
            .configure(move |ca_json| ca_json["authority"]["policies"] = policies)
            .try_start()
            .err()
            .unwrap();
        assert!(error.contains("authority.policies"), "{error}");
    }
}

#[test]
fn a_member_nobody_knows_is_an_error_in_our_own_part_of_the_file() {
    for (members, place) in [
        (json!({"setings": {}}), "policies.corp.setings"),
        (json!({"grants": {"htp": []}}), "policies.corp.grants.htp"),
        (json!({"limits": {"fule": 1}}), "policies.corp.limits.fule"),
        (json!({"limits": {"fuel": 1}}), "policies.corp.limits.fuel"),
        (json!({"limits": {"time": "1h"}}), "policies.corp.limits.time"),
        (json!({"mode": "advise"}), "policies.corp.mode"),
        (json!({"sha256": "abc"}), "policies.corp.sha256"),
        (json!({"operations": ["sing"]}), "policies.corp.operations"),
    ] {
        let error = TestCa::build().module_with(POLICY, &allowing(), members.clone()).try_start().err().unwrap();
        assert!(error.contains(place), "{members}: {error}");
    }
}

#[test]
fn what_a_module_may_use_up_is_the_operators_to_say() {
    // Enough for nothing: instantiation is paid for, too.
    let provisioner = Second::new("guarded@example.com");
    let members = json!({"limits": {"output": "1KiB"}});
    let long = Edit::Annotate(("note".into(), "x".repeat(2_000)));
    let module = fixed::check(&Ok(vec![long]));
    let ca =
        TestCa::build().module_with(POLICY, &module, members).provisioner(guarded(&provisioner, &[POLICY])).start();
    let _ = ask(&ca, &provisioner).expect(500);
    let ca = TestCa::build().module(POLICY, &module).provisioner(guarded(&provisioner, &[POLICY])).start();
    let _ = ask(&ca, &provisioner).expect(201);
}

#[test]
fn a_module_that_is_exchanged_on_disk_does_not_reach_a_running_ca() {
    let stand = Stand::with_answer(&Ok(vec![]));
    let path = stand.ca.step_path().base().join("policies").join("corp.wasm");
    let before = stand.ask().expect(201);
    std::fs::write(&path, b"something else").unwrap();
    let after = stand.ask().expect(201);
    let policies = after.json()["policies"].clone();
    let names: Vec<_> = policies.as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["builtin:jwk", "builtin:claims", POLICY], "the client is told who decided");
    assert_eq!(policies[2]["sha256"], step_ca::audit::Digest::of(&[&allowing()]).to_string());
    let records = stand.ca.records();
    let digest = |answer: &step_tests::Answer| {
        let serial = Some(*answer.certificate().serial_number());
        let entry = records.audit.iter().find(|entry| entry.serial_number == serial).unwrap();
        entry.modules.iter().find(|module| module.name == POLICY).unwrap().sha256
    };
    assert_eq!(digest(&before), digest(&after));
    assert_eq!(digest(&before), step_ca::audit::Digest::of(&[&allowing()]));
    let Stand { mut ca, provisioner } = stand;
    // The pin is of the old one.
    ca.restart();
    assert_fault(&ask(&ca, &provisioner), "is pinned");
    let snapshot = ca.app().snapshot();
    let [failure] = snapshot.policies.failures() else { panic!("{:?}", snapshot.policies.failures()) };
    assert!(failure.place == "policies.corp" && failure.what.contains("is pinned"), "{failure}");
}

#[test]
fn a_module_that_cannot_be_loaded_denies_its_provisioner_and_nobody_else() {
    let (checked, verified) = (Second::new("checked@example.com"), Second::new("verified@example.com"));
    let mut object = verified.object();
    object["policy"] = "gone".into();
    let ca = TestCa::build()
        .module("gone", b"no wasm")
        .module_with("shadow", b"no wasm", json!({"mode": "shadow"}))
        .provisioner(guarded(&checked, &["shadow", "gone"]))
        .provisioner(object)
        .start();
    assert_fault(&ask(&ca, &checked), "a check is missing");
    assert_fault(&ask(&ca, &verified), "nobody verifies its tokens");
    ca.issue("neighbour.example");
    assert_eq!(ca.app().snapshot().policies.failures().len(), 2);
}

#[test]
fn the_certificates_of_a_provisioner_whose_module_cannot_be_used_are_not_its_namesakes_to_renew() {
    let (one, other) = (Second::new("shared@example.com"), Second::new("shared@example.com"));
    let builder = TestCa::build().module("gone", b"no wasm");
    let ca = builder.provisioner(one.object()).provisioner(other.object()).start();
    let leaf = |provisioner: &Second| {
        let csr = Csr::of("a.example");
        let token = ca.token_of(provisioner.name, &provisioner.key, "a.example");
        let answer = ca.sign(&csr, &token.sign()).expect(201);
        Leaf { chain: answer.chain(), key: csr.key }
    };
    let (of_one, of_other) = (leaf(&one), leaf(&other));
    let renew = |leaf: &Leaf| ca.client_with(leaf.identity()).post("/renew", &json!({}));
    let _ = renew(&of_one).expect(201);
    ca.configure(|ca_json| ca_json["authority"]["provisioners"][1]["policy"] = "gone".into());
    ca.reload();
    assert_fault(&renew(&of_one), "nobody knows its rules");
    let _ = renew(&of_other).expect(201);
}

#[test]
fn a_module_in_shadow_that_cannot_be_loaded_denies_nobody() {
    let provisioner = Second::new("guarded@example.com");
    let builder = TestCa::build().module_with("shadow", b"no wasm", json!({"mode": "shadow"}));
    let ca = builder.provisioner(guarded(&provisioner, &["shadow"])).start();
    let _ = ask(&ca, &provisioner).expect(201);
}

#[test]
fn a_module_that_everybody_needs_stops_the_start() {
    let error = TestCa::build()
        .module("gone", b"no wasm")
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["gone"]))
        .try_start()
        .err()
        .unwrap();
    assert!(error.contains("policies.gone: is not WebAssembly"), "{error}");
}

#[test]
fn an_import_that_is_not_granted_is_named_with_what_to_write() {
    let provisioner = Second::new("guarded@example.com");
    let webhook = include_bytes!("../../policies/dist/webhook.wasm");
    let settings = json!({"settings": {"url": "https://approvals.example.com/"}});
    let builder = TestCa::build().module_with("webhook", webhook, settings);
    let ca = builder.provisioner(guarded(&provisioner, &["webhook"])).start();
    assert_fault(&ask(&ca, &provisioner), "it is not granted");
    let failure = ca.app().snapshot().policies.failures().first().unwrap().to_string();
    assert!(failure.contains("step:policy/http@0.1.0"), "{failure}");
    assert!(failure.contains(r#""grants": {"http": ["https://…"]}"#), "{failure}");
}
