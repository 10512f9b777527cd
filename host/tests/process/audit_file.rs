//! The audit log as a file, and decisions made again, as an operator meets them.

use std::{
    fs,
    process::{Command, Output},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::supervised::{Files, Supervised};

fn step_ca(files: &Files, words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_step-ca");
    Command::new(program).args(words).arg("--ca-config").arg(files.ca_json()).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Starts a CA, which gives its listener a certificate, and ends it.
fn live(files: &Files) {
    let mut ca = Supervised::start(files.command());
    assert_eq!(ca.notice().get("READY"), Some("1"));
    ca.signal(Signal::TERM);
    assert_eq!(ca.notice().get("STOPPING"), Some("1"));
    assert_eq!(ca.end(), Some(0));
}

#[test]
fn after_a_hangup_a_file_that_was_moved_away_is_continued() {
    let files = Files::make();
    files.configure(|file| file["audit"] = json!({"file": "audit.log"}));
    let (path, old) = (files.ca_json().with_file_name("audit.log"), files.ca_json().with_file_name("audit.log.1"));
    let mut ca = Supervised::start(files.command());
    assert_eq!(ca.notice().get("READY"), Some("1"));
    fs::rename(&path, &old).unwrap();
    // A hangup looks for the file whatever becomes of the configuration, which here has other names, and so a certificate
    // of its own.
    files.configure(|file| file["dnsNames"] = json!(["other.example.com"]));
    ca.signal(Signal::HUP);
    assert_eq!(ca.notice().get("RELOADING"), Some("1"));
    assert_eq!(ca.notice().get("READY"), Some("1"));
    ca.signal(Signal::TERM);
    assert_eq!(ca.notice().get("STOPPING"), Some("1"));
    assert_eq!(ca.end(), Some(0));
    assert!(fs::read_to_string(&path).unwrap().contains("other.example.com"));
    let (path, old) = (path.to_str().unwrap(), old.to_str().unwrap());
    let output = step_ca(&files, &["audit", "verify", old, path]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = step_ca(&files, &["audit", "verify", old]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
}

#[test]
fn what_is_exported_verifies_and_is_the_file() {
    let files = Files::make();
    files.configure(|file| file["audit"] = json!({"file": "audit.log"}));
    live(&files);
    let output = step_ca(&files, &["audit", "export"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(output.stdout, fs::read(files.ca_json().with_file_name("audit.log")).unwrap());
}

#[test]
fn scripts_are_told_whether_other_rules_would_decide_otherwise() {
    let files = Files::make();
    live(&files);
    let output = step_ca(&files, &["replay", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["decisions"], &told["same"], &told["changes"]), (&json!(1), &json!(1), &json!([])));

    let output = step_ca(&files, &["replay", "--until", "2020-01-01T00:00:00Z", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["decisions"], 0);

    // With another name in the configuration the request is not the one that was made.
    files.configure(|file| file["dnsNames"] = json!(["other.example.com"]));
    let output = step_ca(&files, &["replay", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["allowToDeny"], 1, "{told:#}");
    let (id, change) = (told["changes"][0]["id"].as_str().unwrap(), &told["changes"][0]["change"]);
    assert_eq!(change, "allow-to-deny");
    assert!(told["changes"][0]["serialNumber"].is_string());

    // It is explained by the rules of then all the same.
    let output = step_ca(&files, &["explain", id]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("builtin:claims review"), "{}", text(&output.stdout));
    let output = step_ca(&files, &["explain", "nobody-knows"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("nothing is kept of a decision"), "{}", text(&output.stderr));
}
