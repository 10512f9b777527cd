//! Modules somebody has to vouch for: five ways in which nobody does.

use std::{fs, path::PathBuf};

use jose::Jwk;
use policy_manifest::{Manifest, sha256};
use serde_json::{Value, json};
use step_tests::{Builder, Second, TestCa, fixed};

use crate::stand::{ask, assert_fault, guarded};

fn module() -> Vec<u8> {
    fixed::check(&Ok(vec![]))
}

fn manifest(version: u64) -> Manifest {
    Manifest {
        name: "corp".to_owned(),
        version,
        sha256: sha256(&module()),
        world: "check-module".to_owned(),
        grants: vec![],
    }
}

/// A CA that trusts this key, with one module and, beside it, this text.
fn with_manifest(trusted: &Jwk, text: Option<&str>) -> (Builder, PathBuf) {
    let key: Value = serde_json::from_str(&trusted.public().to_json()).unwrap();
    let builder = TestCa::build()
        .module("corp", &module())
        .configure(move |ca_json| ca_json["policies"]["trustedKeys"] = json!([key]))
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["corp"]));
    let path = Manifest::path(&builder.module_path("corp"));
    if let Some(text) = text {
        fs::write(&path, text).unwrap();
    }
    (builder, path)
}

#[track_caller]
fn refusal(trusted: &Jwk, text: Option<&str>) -> String {
    with_manifest(trusted, text).0.try_start().err().unwrap()
}

#[test]
fn unsigned_wrong_key_altered_and_untrue_are_four_refusals() {
    let (key, other) = (Jwk::generate_ec_p256().unwrap(), Jwk::generate_ec_p256().unwrap());
    let of_another_module = Manifest { sha256: sha256(b"another"), ..manifest(1) };
    let of_a_needier_module = Manifest { grants: vec!["kv".to_owned()], ..manifest(1) };
    for (text, start) in [
        (
            Some(of_a_needier_module.sign(&key).unwrap()),
            "policies.corp: untrue: the manifest speaks of a check-module that needs kv, the module is a check-module that needs nothing",
        ),
        (None, "policies.corp: unsigned: there is no manifest"),
        (Some(manifest(1).sign(&other).unwrap()), "policies.corp: wrong key: signed with "),
        (Some(of_another_module.sign(&key).unwrap()), "policies.corp: altered: the module has SHA-256 "),
        (Some("x.y.z".to_owned()), "policies.corp: altered: the manifest: "),
    ] {
        let error = refusal(&key, text.as_deref());
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn a_module_that_was_signed_for_another_policy_is_refused_unless_ca_json_names_that_one() {
    let key = Jwk::generate_ec_p256().unwrap();
    let text = Manifest { name: "other".to_owned(), ..manifest(1) }.sign(&key).unwrap();
    assert_eq!(
        refusal(&key, Some(&text)),
        r#"policies.corp: other policy: signed as "other", not as "corp"; if that is meant, write "manifest": "other" beside its path"#
    );
    let named = |name: &'static str, text: &str| {
        let (builder, _) = with_manifest(&key, Some(text));
        builder.configure(move |ca_json| ca_json["policies"]["corp"]["manifest"] = name.into()).try_start()
    };
    named("other", &text).unwrap().issue("db.example.com");
    let error = named("other", &manifest(1).sign(&key).unwrap()).err().unwrap();
    assert!(error.starts_with(r#"policies.corp: other policy: signed as "corp", not as "other""#), "{error}");
}

#[test]
fn an_older_module_does_not_come_back_after_a_reload_nor_after_a_restart() {
    let key = Jwk::generate_ec_p256().unwrap();
    let (builder, path) = with_manifest(&key, Some(&manifest(2).sign(&key).unwrap()));
    let mut ca = builder.start();
    ca.issue("db.example.com");

    fs::write(&path, manifest(3).sign(&key).unwrap()).unwrap();
    ca.reload();
    fs::write(&path, manifest(2).sign(&key).unwrap()).unwrap();
    let older = "policies.corp: older: version 2 of \"corp\", but version 3 has been in use here";
    assert_eq!(ca.try_reload().unwrap_err(), older);
    ca.issue("db.example.com");
    assert_eq!(ca.try_restart().unwrap_err(), older);

    fs::write(&path, manifest(3).sign(&key).unwrap()).unwrap();
    ca.restart();
    ca.issue("db.example.com");
}

#[test]
fn a_version_that_never_worked_does_not_keep_away_the_one_before_it() {
    let (key, provisioner) = (Jwk::generate_ec_p256().unwrap(), Second::new("guarded@example.com"));
    let trusted: Value = serde_json::from_str(&key.public().to_json()).unwrap();
    let builder = TestCa::build()
        .module_with("corp", &module(), json!({"sha256": null}))
        .configure(move |ca_json| ca_json["policies"]["trustedKeys"] = json!([trusted]))
        .provisioner(guarded(&provisioner, &["corp"]));
    let path = builder.module_path("corp");
    let release = |version, module: &[u8]| {
        fs::write(&path, module).unwrap();
        let manifest = Manifest { sha256: sha256(module), ..manifest(version) };
        fs::write(Manifest::path(&path), manifest.sign(&key).unwrap()).unwrap();
    };
    release(2, &module());
    let mut ca = builder.start();
    let _ = ask(&ca, &provisioner).expect(201);

    // A start goes on without a module that only some need. One does not compile; the other does, and is not granted what it imports.
    for (version, broken) in [(3, b"no wasm".as_slice()), (4, include_bytes!("../../policies/dist/webhook.wasm"))] {
        release(version, broken);
        ca.restart();
        assert_fault(&ask(&ca, &provisioner), "its check cannot be used");
    }

    release(2, &module());
    ca.restart();
    let _ = ask(&ca, &provisioner).expect(201);
}
