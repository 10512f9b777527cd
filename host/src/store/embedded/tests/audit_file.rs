//! The audit log as a file: whole, in step with the store, and back after whatever happened to it.

use std::{fs, os::unix::fs::PermissionsExt};

use audit_log::{Beginning, Check, head_of, parse};

use super::*;
use crate::store::AuditFileError;

fn open_with_file(path: &Path, file: &Path) -> Result<Embedded, OpenError> {
    for _ in 0..1_000 {
        match Embedded::open_with(path, None, Some(file), NOW) {
            Err(OpenError::InUse { .. }) => std::thread::sleep(Duration::from_millis(1)),
            opened => return opened,
        }
    }
    Embedded::open_with(path, None, Some(file), NOW)
}

fn lines(file: &Path) -> u64 {
    let mut check = Check::default();
    check.file("file", &mut fs::read(file).unwrap().as_slice()).unwrap();
    check.finish().unwrap().iter().map(audit_log::Chain::lines).sum()
}

async fn record(store: &Embedded, number: u64) -> Result<Recorded, StoreError> {
    store.record(issuance(number, number)).await
}

#[test]
fn every_issuance_is_in_the_file_before_it_is_answered() {
    let (folder, path) = folder();
    let file = folder.path().join("log/audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        for number in 1..=5 {
            record(&store, number).await.unwrap();
            assert_eq!(lines(&file), number);
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let last = fs::read_to_string(&file).unwrap().lines().last().map(parse).unwrap().unwrap();
        assert_eq!(Head { sequence: last.sequence, hash: last.hash }, store.head());
    });
}

#[test]
fn a_file_that_is_behind_catches_up_at_the_start() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        drop(store);
        // Without the file, as when the process died between the two.
        let store = open_at(&path);
        for number in 2..=40 {
            record(&store, number).await.unwrap();
        }
        drop(store);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, [&whole[..], br#"{"sequence":2,"id":"ha"#].concat()).unwrap();
        drop(open_with_file(&path, &file).unwrap());
        assert_eq!(lines(&file), 40);
        for octets in [1, 9, 50, 60, 100] {
            fs::write(&file, &whole[..octets]).unwrap();
            drop(open_with_file(&path, &file).unwrap());
            assert_eq!(lines(&file), 40, "a first line that was cut off is written again");
        }
        fs::remove_file(&file).unwrap();
        drop(open_with_file(&path, &file).unwrap());
        assert_eq!(lines(&file), 40, "a file that is gone is written anew");
    });
}

#[test]
fn a_file_that_was_moved_away_is_continued_by_another() {
    let (folder, path) = folder();
    let (file, old) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        store.reopen_audit_file();
        record(&store, 2).await.unwrap();
        assert_eq!(lines(&file), 2, "a file that is in its place is the file");
        fs::rename(&file, &old).unwrap();
        record(&store, 3).await.unwrap();
        assert_eq!(lines(&old), 3, "until somebody says so the old one is written");
        store.reopen_audit_file();
        record(&store, 4).await.unwrap();
        assert_eq!((lines(&old), lines(&file)), (3, 1));
        let mut check = Check::default();
        for file in [&old, &file] {
            check.file("file", &mut fs::read(file).unwrap().as_slice()).unwrap();
        }
        assert_eq!(check.finish().unwrap()[0].end, store.head());
    });
}

#[test]
fn a_file_that_others_may_read_does_not_continue_one_that_was_moved_away() {
    let (folder, path) = folder();
    let (file, old) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        fs::rename(&file, &old).unwrap();
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        store.reopen_audit_file();
        assert!(record(&store, 2).await.is_err());
        assert_eq!(fs::read(&file).unwrap(), b"");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        while !store.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        record(&store, 3).await.unwrap();
        assert_eq!((lines(&old), lines(&file)), (1, 1));
    });
}

#[test]
fn a_file_of_another_log_or_of_no_log_is_left_alone() {
    let (folder, path) = folder();
    let (other_folder, other_path) = self::folder();
    let (file, other) = (folder.path().join("audit.log"), other_folder.path().join("audit.log"));
    runtime().block_on(async {
        drop(open_with_file(&other_path, &other).unwrap());
        fs::copy(&other, &file).unwrap();
        let foreign = |path: &Path| {
            let before = fs::read(path).unwrap();
            let error = open_with_file(&super::folder().1, path).err();
            assert!(matches!(error, Some(OpenError::AuditFile { source: AuditFileError::Foreign, .. })), "{error:?}");
            assert_eq!(fs::read(path).unwrap(), before);
        };
        foreign(&file);
        let container = r#"{"log":"started"#;
        let log = fs::read_to_string(&other).unwrap();
        let texts = ["a diary\n", "a diary without an end", "\u{0}", "{}\n", container, log.trim_end(), &log[..30]];
        for text in texts.into_iter().chain([container.repeat(100).as_str()]) {
            fs::write(&file, text).unwrap();
            foreign(&file);
        }
        drop(path);
    });
}

#[test]
fn of_a_long_tail_without_an_end_only_the_tail_is_cut() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        drop(store);
        let whole = fs::read(&file).unwrap();
        for tail in [audit_log::MAX_LINE, 2 * audit_log::MAX_LINE + 1] {
            fs::write(&file, [whole.clone(), vec![0; tail]].concat()).unwrap();
            drop(open_with_file(&path, &file).unwrap());
            assert!(fs::read(&file).unwrap() == whole, "{tail}");
        }
    });
}

#[test]
fn nothing_is_cut_from_a_file_that_is_not_continued() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        drop(store);
        let whole = fs::read_to_string(&file).unwrap();
        let line = whole.strip_suffix("\"}\n").unwrap();
        let (line, digit) = line.split_at(line.len() - 1);
        let changed = format!("{line}{}\"}}\nhalf a li", if digit == "0" { "1" } else { "0" });
        fs::write(&file, &changed).unwrap();
        assert!(open_with_file(&path, &file).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), changed);
    });
}

#[test]
fn whatever_a_policy_writes_the_file_is_one_that_is_read() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        let entry = Entry { edits: vec!["\u{1}".repeat(1_024); 2_000], ..entry(Came::Issued) };
        let names: Vec<String> = (0..100).map(|n| format!("{n:03}{}", "x".repeat(250))).collect();
        let certificate = CertificateRecord { names: names.clone(), ..certificate(1) };
        store.record(Issuance::new(Some(token(1)), certificate, KEY, entry)).await.unwrap();
        drop(store);
        drop(open_with_file(&path, &file).unwrap());
        assert_eq!(lines(&file), 1);
        let last = fs::read_to_string(&file).unwrap().lines().last().map(parse).unwrap().unwrap();
        let (_, kept) = Entry::parse(&last.line).unwrap();
        assert_eq!((kept.names, kept.left_out), (names, Some(1_996)));
    });
}

#[test]
fn a_file_that_is_ahead_of_the_store_is_not_continued() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    runtime().block_on(async {
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 1).await.unwrap();
        drop(store);
        let copy = fs::read(&path).unwrap();
        let store = open_with_file(&path, &file).unwrap();
        record(&store, 2).await.unwrap();
        drop(store);
        fs::write(&path, copy).unwrap();
        let error = open_with_file(&path, &file).err();
        let diverged =
            matches!(error, Some(OpenError::AuditFile { source: AuditFileError::Diverged { sequence: 2 }, .. }));
        assert!(diverged, "{error:?}");
    });
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    drop(open_with_file(&path, &file).unwrap());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(open_with_file(&path, &file), Err(OpenError::Exposed { right: "600", .. })));
}

#[test]
fn the_first_line_says_which_log_it_is() {
    let (folder, path) = folder();
    let file = folder.path().join("audit.log");
    let store = open_with_file(&path, &file).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let beginning = Beginning { log: store.log(), after: Head::genesis(&store.log()) };
    assert_eq!(text, format!("{beginning}\n"));
    assert!(!head_of(&file).exists(), "the store has no key to sign with");
}
