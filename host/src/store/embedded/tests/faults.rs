//! Killed at every named place, and a disk that fails.
//!
//! The test binary runs itself again with a scenario in its environment: fail points belong to a process, and a
//! process can be killed.

use std::{
    env, fs,
    io::Write as _,
    process::{Command, Output},
    sync::{Barrier, atomic::AtomicU32},
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process};

use super::*;

const SCENARIO: &str = "STEP_CA_STORE_SCENARIO";
const STORE: &str = "STEP_CA_STORE_PATH";

fn run(scenario: &str, path: &Path) -> Output {
    let test = concat!(module_path!(), "::scenario_of_a_child_process");
    let (_, test) = test.split_once("::").unwrap();
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(SCENARIO, scenario)
        .env(STORE, path)
        .output()
        .unwrap()
}

/// Does nothing unless a test of this module has started the process.
#[test]
fn scenario_of_a_child_process() {
    let (Ok(scenario), Some(path)) = (env::var(SCENARIO), env::var_os(STORE)) else { return };
    let path = PathBuf::from(path);
    match scenario.split_once(' ') {
        Some(("kill", at)) => {
            let (point, nth) = at.split_once(' ').unwrap();
            issue_until_killed(&path, point, nth.parse().unwrap());
        }
        _ => match scenario.as_str() {
            "audit file fails" => an_audit_file_fails(&path),
            "moved audit file fails" => a_moved_audit_file_fails(&path),
            "commit fails" => a_commit_fails(&path),
            "client leaves" => a_client_leaves(&path),
            "older store" => an_older_store_appears(&path),
            other => panic!("{other}"),
        },
    }
}

const TOKENS: u64 = 60;

/// Uses every token twice, at once, and says on standard output what is on record.
fn issue_until_killed(path: &Path, point: &str, nth: u32) {
    static HITS: AtomicU32 = AtomicU32::new(0);
    fail::cfg_callback(point, move || {
        if HITS.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    })
    .unwrap();
    runtime().block_on(async {
        let store = Arc::new(open_at(path));
        // A few at a time, so that there are several transactions.
        for first in (0..2 * TOKENS).step_by(8) {
            let uses = (first..first + 8).map(|n| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    if store.record(issuance(n / 2, n)).await.is_ok() {
                        let line = format!("\nrecorded {} {n}\n", n / 2);
                        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    }
                })
            });
            for task in uses.collect::<Vec<_>>() {
                task.await.unwrap();
            }
        }
    });
}

#[test]
fn a_server_killed_anywhere_has_lost_nothing_it_answered_and_spends_no_token_twice() {
    let points = [
        "store::before_begin",
        "store::after_certificate",
        "store::after_spend",
        "store::after_audit",
        "store::before_commit",
        "store::after_commit",
        "store::before_answer",
    ];
    let mut killed = 0;
    for point in points {
        for nth in [1, 2, 4] {
            let (_folder, path) = folder();
            let output = run(&format!("kill {point} {nth}"), &path);
            killed += usize::from(!output.status.success());
            let answered: Vec<(u64, u64)> =
                String::from_utf8(output.stdout).unwrap().lines().filter_map(answered).collect();
            let tokens: HashSet<u64> = answered.iter().map(|(token, _)| *token).collect();
            assert_eq!(tokens.len(), answered.len(), "{point} {nth}: a token won twice");
            runtime().block_on(reopened(&path, &answered));
        }
    }
    assert_eq!(killed, points.len() * 3, "every place was reached");
}

fn answered(line: &str) -> Option<(u64, u64)> {
    let (token, serial) = line.strip_prefix("recorded ")?.split_once(' ')?;
    Some((token.parse().ok()?, serial.parse().ok()?))
}

/// The invariants, after a restart without a hand.
async fn reopened(path: &Path, answered: &[(u64, u64)]) {
    let store = Arc::new(open_at(path));
    assert_eq!(store.origin().set_back, None);
    store.check().await.unwrap();
    for (used, number) in answered {
        assert_eq!(store.certificate(serial(*number)).await.unwrap(), Some(certificate(*number)));
        assert!(store.is_spent(token(*used).id).await.unwrap());
    }
    let before = store.check().await.unwrap().certificates;
    assert!(before >= answered.len() as u64);
    let (recorded, spent) = record_all(&store, (0..TOKENS).map(|n| issuance(n, 1_000 + n))).await;
    assert_eq!(recorded as u64 + before, TOKENS, "each token has one certificate, from before or from now");
    assert_eq!(spent as u64, before);
    store.check().await.unwrap();
}

#[test]
fn a_failed_flush_stops_issuing_until_the_store_is_read_from_disk_again() {
    let (_folder, path) = folder();
    let output = run("commit fails", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_commit_fails(path: &Path) {
    runtime().block_on(async {
        let store = Arc::new(open_at(path));
        store.record(issuance(1, 1)).await.unwrap();
        store.record_refusal(entry(Came::Refused), None);
        fail::cfg("store::commit_fails", "return").unwrap();
        assert!(matches!(store.record(issuance(2, 2)).await, Err(StoreError::OutcomeUnknown)));
        let later = store.record(issuance(3, 3)).await;
        assert!(matches!(later, Err(StoreError::Unavailable(Unavailable::Recovering))), "{later:?}");
        assert!(!store.is_ready());
        assert_eq!(store.certificate(serial(1)).await.unwrap(), Some(certificate(1)), "reading goes on");
        fail::remove("store::commit_fails");
        while !store.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        store.record(issuance(3, 4)).await.unwrap();
        assert!(matches!(store.record(issuance(1, 5)).await, Err(StoreError::TokenSpent)));
        store.check().await.unwrap();
        drop(store);
        let report = open_at(path).check().await.unwrap();
        assert_eq!((report.certificates, report.head.sequence), (2, 3), "two certificates and the refusal");
    });
}

#[test]
fn an_audit_file_that_cannot_be_written_stops_issuing_until_it_can() {
    let (_folder, path) = folder();
    let output = run("audit file fails", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn an_audit_file_fails(path: &Path) {
    let file = path.with_file_name("audit.log");
    runtime().block_on(async {
        let store = Arc::new(Embedded::open_with(path, None, Some(&file), NOW).unwrap());
        store.record(issuance(1, 1)).await.unwrap();
        fail::cfg("audit::append_fails", "return").unwrap();
        assert!(matches!(store.record(issuance(2, 2)).await, Err(StoreError::OutcomeUnknown)));
        let later = store.record(issuance(3, 3)).await;
        assert!(matches!(later, Err(StoreError::Unavailable(Unavailable::Recovering))), "{later:?}");
        assert!(!store.is_ready());
        // Half a line, as a full disk leaves it.
        let whole = fs::read(&file).unwrap();
        fs::write(&file, [&whole[..], b"{\"sequence\":2"].concat()).unwrap();
        fail::remove("audit::append_fails");
        while !store.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        store.record(issuance(3, 4)).await.unwrap();
        assert!(matches!(store.record(issuance(2, 5)).await, Err(StoreError::TokenSpent)));
        let mut check = audit_log::Check::default();
        check.file("audit.log", &mut fs::read(&file).unwrap().as_slice()).unwrap();
        let end = check.finish().unwrap()[0].end;
        assert_eq!((end, end.sequence), (store.head(), 3), "what was not answered is in the log, too");
    });
}

#[test]
fn what_a_failure_left_in_an_audit_file_that_was_moved_away_is_cut_off() {
    let (_folder, path) = folder();
    let output = run("moved audit file fails", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_moved_audit_file_fails(path: &Path) {
    let (file, old) = (path.with_file_name("audit.log"), path.with_file_name("audit.log.1"));
    runtime().block_on(async {
        let store = Arc::new(Embedded::open_with(path, None, Some(&file), NOW).unwrap());
        store.record(issuance(1, 1)).await.unwrap();
        fs::rename(&file, &old).unwrap();
        fail::cfg("audit::append_fails", "return").unwrap();
        fail::cfg("store::before_recovery", "pause").unwrap();
        assert!(matches!(store.record(issuance(2, 2)).await, Err(StoreError::OutcomeUnknown)));
        assert!(!store.is_ready(), "whoever is told of a failure finds the store out of order");
        let whole = fs::read(&old).unwrap();
        fs::write(&old, [&whole[..], b"{\"sequence\":2"].concat()).unwrap();
        fail::remove("audit::append_fails");
        fail::remove("store::before_recovery");
        while !store.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut check = audit_log::Check::default();
        for file in [&old, &file] {
            check.file("audit.log", &mut fs::read(file).unwrap().as_slice()).unwrap();
        }
        assert_eq!(check.finish().unwrap()[0].end, store.head());
    });
}

#[test]
fn what_nobody_waits_for_any_more_is_not_written() {
    let (_folder, path) = folder();
    let output = run("client leaves", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_client_leaves(path: &Path) {
    runtime().block_on(async {
        let store = open_at(path);
        fail::cfg("store::before_begin", "pause").unwrap();
        let first = store.record(issuance(1, 1));
        // The writer holds the first and waits; the second is in the queue when its client leaves.
        drop(store.record(issuance(2, 2)));
        let third = store.record(issuance(3, 3));
        fail::remove("store::before_begin");
        first.await.unwrap();
        third.await.unwrap();
        assert!(!store.is_spent(token(2).id).await.unwrap());
        assert_eq!(store.check().await.unwrap().certificates, 2);
    });
}

#[test]
fn a_store_that_became_older_while_it_failed_is_not_recovered() {
    let (_folder, path) = folder();
    let output = run("older store", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn an_older_store_appears(path: &Path) {
    static TURN: Barrier = Barrier::new(2);
    static HITS: AtomicU32 = AtomicU32::new(0);
    runtime().block_on(async {
        open_at(path).record(issuance(1, 1)).await.unwrap();
        let older = fs::read(path).unwrap();
        let store = open_at(path);
        store.record(issuance(2, 2)).await.unwrap();
        let head = store.head();

        // The writer lets go of the file, and waits for the barrier before it reads it again.
        let wait_twice = || {
            if HITS.fetch_add(1, Ordering::SeqCst) == 0 {
                TURN.wait();
                TURN.wait();
            }
        };
        fail::cfg_callback("store::before_recovery", wait_twice).unwrap();
        fail::cfg("store::commit_fails", "return").unwrap();
        assert!(matches!(store.record(issuance(3, 3)).await, Err(StoreError::OutcomeUnknown)));
        TURN.wait();
        let newer = fs::read(path).unwrap();
        fs::write(path, &older).unwrap();
        fail::remove("store::commit_fails");
        TURN.wait();

        let later = store.record(issuance(2, 4)).await;
        assert!(matches!(later, Err(StoreError::Unavailable(Unavailable::Recovering))), "{later:?}");
        assert!(!store.is_ready());
        assert_eq!(store.head(), head, "nothing older was told of");

        fs::write(path, newer).unwrap();
        while !store.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(matches!(store.record(issuance(2, 4)).await, Err(StoreError::TokenSpent)));
        store.check().await.unwrap();
        drop(store);
        assert_eq!(open_at(path).origin().set_back, None);
    });
}
