//! The audit log as a file: in step with the store, and verified by either program.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use serde_json::{Value, json};
use step_ca::{
    args::{Args, Command},
    audit::Entry,
};
use step_tests::{TestCa, User};

fn with_file() -> TestCa {
    TestCa::build().configure(|ca_json| ca_json["audit"] = json!({"file": "audit.log"})).start()
}

/// A relative path begins at the folder of `ca.json`.
fn file(ca: &TestCa) -> PathBuf {
    ca.step_path().ca_json().with_file_name("audit.log")
}

/// What `step-ca` prints, or its error.
fn step_ca(ca: &TestCa, words: &[&str]) -> Result<String, String> {
    let ca_json = ca.step_path().ca_json();
    let config = ["--ca-config", ca_json.to_str().unwrap()];
    let args = Args::try_parse_from(["step-ca"].iter().chain(words).chain(&config)).unwrap();
    let Some(Command::Audit(command)) = args.command else { panic!("{words:?}") };
    command.run().map_err(|error| error.to_string())
}

#[test]
fn every_decision_is_in_the_file_and_no_token_is() {
    let mut ca = with_file();
    let token = ca.token("web.example.com");
    let _ = ca.try_token(&token, "web.example.com").expect(201);
    let lines = fs::read_to_string(file(&ca)).unwrap();
    assert!(lines.contains(r#""subject":"web.example.com""#), "it was there before the answer");
    let _ = ca.try_token(&token, "web.example.com").expect(401);
    ca.stop();
    let lines = fs::read_to_string(file(&ca)).unwrap();
    let entries: Vec<Value> = lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let audit: Vec<Entry> = ca.records().audit;
    assert_eq!(entries.len(), audit.len());
    for (line, entry) in entries.iter().zip(&audit) {
        assert_eq!(line["id"], entry.id.as_str());
        assert!(line["hash"].as_str().is_some_and(|hash| hash.len() == 64));
    }
    let signed = token.sign();
    assert!(!signed.split('.').any(|part| lines.contains(part)));
}

#[test]
fn both_programs_verify_the_file_and_name_what_was_tampered_with() {
    let mut ca = with_file();
    let _ = (ca.issue("a.example.com"), ca.issue("b.example.com"));
    ca.stop();
    let (path, certificate) = (file(&ca), ca.step_path().intermediate_certificate());
    let user = User::new();
    let line = format!("ca audit verify {} --certificate {}", path.display(), certificate.display());
    assert!(user.step(&line).answer().contains("are as they were written, signed for up to line"));
    let answer = step_ca(&ca, &["audit", "verify"]).unwrap();
    assert!(answer.contains("lines are as they were written") && answer.contains("signed for up to"), "{answer}");

    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replacen("a.example.com", "z.example.com", 1)).unwrap();
    for error in [user.step(&line).error(), step_ca(&ca, &["audit", "verify"]).unwrap_err()] {
        assert!(error.contains("of the audit log was changed"), "{error}");
    }
    let count = whole.lines().count();
    let cut: String = whole.split_inclusive('\n').take(count - 1).collect();
    fs::write(&path, cut).unwrap();
    for error in [user.step(&line).error(), step_ca(&ca, &["audit", "verify"]).unwrap_err()] {
        assert!(error.contains("its tail was cut"), "{error}");
    }
    fs::write(&path, whole).unwrap();
}

#[test]
fn a_file_that_was_moved_away_is_continued_and_both_are_one_log() {
    let mut ca = with_file();
    let _ = ca.issue("a.example.com");
    let (path, old) = (file(&ca), file(&ca).with_extension("log.1"));
    fs::rename(&path, &old).unwrap();
    ca.app().snapshot().store.reopen_audit_file();
    let _ = ca.issue("b.example.com");
    ca.stop();
    let (path, old) = (path.to_str().unwrap().to_owned(), old.to_str().unwrap().to_owned());
    let answer = step_ca(&ca, &["audit", "verify", &old, &path]).unwrap();
    assert!(answer.contains("lines 1 to "), "{answer}");
    assert!(fs::read_to_string(&old).unwrap().contains("a.example.com"));
    assert!(!fs::read_to_string(&path).unwrap().contains("a.example.com"));
    let error = step_ca(&ca, &["audit", "verify", &path, &old]).unwrap_err();
    assert!(error.contains("it begins after line 0"), "{error}");
    ca.restart();
    let _ = ca.issue("c.example.com");
    ca.stop();
    assert!(step_ca(&ca, &["audit", "verify", &old, &path]).is_ok());
}
