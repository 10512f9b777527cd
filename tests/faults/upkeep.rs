//! kill -9 while the store is copied, made small or put back: what is there afterwards is the old one or the new one.

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command as Process, ExitStatus, Stdio},
};

use clap::Parser as _;
use step_ca::{
    args::{Args, Command},
    audit::Operation,
    clock::{Clock as _, System},
};
use step_tests::TestCa;

use crate::child;

/// The words after `step-ca` that the process runs, one a line; those of `db` begin with what comes after it.
const WORDS: &str = "STEP_TESTS_WORDS";

#[test]
#[ignore = "no test, but a part of others: they start it in a process of its own"]
fn an_operator_of_a_process() {
    let Ok(words) = env::var(WORDS) else { return };
    if let Ok(fault) = env::var(child::FAULT) {
        child::arm(&fault);
    }
    run(&words).unwrap();
}

fn run(words: &str) -> Result<String, String> {
    let first: &[&str] = if words.starts_with("recall\n") { &["step-ca"] } else { &["step-ca", "db"] };
    let args = Args::try_parse_from(first.iter().copied().chain(words.lines())).unwrap();
    let done = match args.command {
        Some(Command::Db(command)) => command.run(System.now()),
        Some(Command::Recall(recall)) => tokio::runtime::Runtime::new().unwrap().block_on(recall.run(System.now())),
        _ => panic!("not a command about the store"),
    };
    done.map_err(|error| error.to_string())
}

/// Runs the words in a process of its own that dies at `place`.
fn killed_at(place: &str, words: &str) -> ExitStatus {
    let mut command = Process::new(env::current_exe().unwrap());
    command.args(["upkeep::an_operator_of_a_process", "--exact", "--ignored", "--nocapture"]);
    command.env(WORDS, words).env(child::FAULT, format!("{place}=kill@1"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap()
}

/// Runs the words here, as soon as no process that was just started holds our lock, too.
pub(crate) fn done(words: &str) -> String {
    for _ in 0..1_000 {
        match run(words) {
            Err(error) if error.contains("is in use") => std::thread::sleep(std::time::Duration::from_millis(1)),
            outcome => return outcome.unwrap(),
        }
    }
    run(words).unwrap()
}

/// Certificates in a sound store, as `step-ca db check` counts them.
fn certificates(ca: &TestCa) -> String {
    let counts = done(&format!("check\n{}", config(ca)));
    counts.lines().nth(1).unwrap().to_owned()
}

pub(crate) fn config(ca: &TestCa) -> String {
    format!("--ca-config\n{}", ca.step_path().ca_json().display())
}

/// A CA that has issued one certificate, and a copy of its store from before the second. It has stopped.
fn with_backup(folder: &Path) -> (TestCa, String) {
    let mut ca = TestCa::build().system_clock().start();
    ca.issue("kept.example");
    let backup = folder.join("backup.sqlite").display().to_string();
    done(&format!("backup\n{backup}\n{}", config(&ca)));
    ca.issue("later.example");
    ca.stop();
    (ca, backup)
}

#[test]
fn a_backup_that_is_killed_leaves_the_file_from_before() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, backup) = with_backup(folder.path());
    let old = fs::read(&backup).unwrap();
    let words = format!("backup\n{backup}\n--force\n{}", config(&ca));
    for place in ["store::copied", "store::before_copy_is_placed"] {
        assert_eq!(killed_at(place, &words).signal(), Some(9), "{place}");
        assert_eq!(fs::read(&backup).unwrap(), old, "{place}");
    }
    assert_eq!(killed_at("store::after_copy_is_placed", &words).signal(), Some(9));
    let restored = done(&format!("restore\n{backup}\n{}", config(&ca)));
    assert!(restored.contains("3 certificates"), "{restored}");
}

#[test]
fn a_store_that_was_being_made_small_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ca, _) = with_backup(folder.path());
    let before = certificates(&ca);
    let words = format!("compact\n{}", config(&ca));
    assert_eq!(killed_at("store::compacted", &words).signal(), Some(9));
    assert_eq!(certificates(&ca), before);
    ca.restart();
    ca.issue("new.example");
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_store_or_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    for (place, is_restored) in [
        ("store::copied", false),
        ("store::put_aside", false),
        ("store::before_copy_is_placed", false),
        ("store::after_copy_is_placed", true),
    ] {
        let (mut ca, backup) = with_backup(folder.path());
        let before = certificates(&ca);
        let token = ca.token("early.example").sign();
        let words = format!("restore\n{backup}\n{}", config(&ca));
        assert_eq!(killed_at(place, &words).signal(), Some(9), "{place}");
        assert_eq!(certificates(&ca) != before, is_restored, "{place}");
        if is_restored {
            ca.forget_answered();
        }
        ca.restart();
        // As after any restore, whoever finished it: the token may have been used.
        let answer = ca.sign(&step_tests::Csr::of("early.example"), &token);
        assert!([201, 401].contains(&answer.status));
        assert_eq!(ca.app().snapshot().store.origin().set_back.is_some(), is_restored, "{place}");
        ca.stop();
        fs::remove_file(backup).unwrap();
    }
}

#[test]
fn a_recall_that_is_killed_is_completed_by_the_same_command() {
    for place in ["store::after_recall", "store::after_revocation", "store::before_commit", "store::after_commit"] {
        let mut ca = TestCa::build().system_clock().start();
        let leaves = ["a.example", "b.example", "c.example"].map(|name| ca.issue(name));
        let issued = ca.records().audit.into_iter().find(|entry| entry.names == ["a.example"]).unwrap();
        let module = issued.modules[0].sha256;
        ca.stop();
        let words = format!("recall\n{module}\n--revoke\n{}", config(&ca));
        assert_eq!(killed_at(place, &words).signal(), Some(9), "{place}");
        let said = done(&words);
        assert!(said.ends_with("certificates have been revoked.\n"), "{place}: {said}");
        assert!(certificates(&ca).contains(" 3 of them revoked"), "{place}");
        let recalls = ca.records().audit.into_iter().filter(|entry| entry.operation == Operation::Recall).count();
        assert_eq!(recalls, 1, "{place}");
        ca.restart();
        for leaf in &leaves {
            let client = ca.client_with(leaf.identity());
            let _ = client.send(client.request(reqwest::Method::POST, "/renew")).expect(401);
        }
    }
}
