//! Copies, a copy that is put back, and a store that is made small.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;
use crate::store::{MaintenanceError, Reader};

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Keeps trying while a process that another test has just started holds our lock.
fn when_free<T>(mut work: impl FnMut() -> Result<T, MaintenanceError>) -> Result<T, MaintenanceError> {
    for _ in 0..1_000 {
        match work() {
            Err(MaintenanceError::Open(OpenError::InUse { .. })) => std::thread::sleep(Duration::from_millis(1)),
            done => return done,
        }
    }
    work()
}

fn restore(path: &Path, from: &Path) -> Result<crate::store::Restored, MaintenanceError> {
    when_free(|| Embedded::restore(path, None, from, NOW))
}

async fn store_with(path: &Path, certificates: std::ops::Range<u64>) -> Embedded {
    let store = open_at(path);
    for n in certificates {
        store.record(issuance(n, n)).await.unwrap();
    }
    store
}

#[test]
fn a_copy_is_made_while_a_server_writes_and_is_one_closed_sound_file() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        let store = store_with(&path, 1..4).await;
        let copied = Reader::open(&path).unwrap().back_up(&to, false).unwrap();
        assert_eq!(copied.report, store.check().await.unwrap());
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::metadata(&to).unwrap().len(), copied.octets);
        assert_eq!(files_in(folder.path()), ["backup.sqlite", "db", "db-seen"]);
        // It is a store itself.
        assert_eq!(Reader::open(&to).unwrap().check().unwrap(), copied.report);
    });
}

#[test]
fn a_copy_made_under_load_is_of_one_moment() {
    let (folder, path) = folder();
    runtime().block_on(async {
        let store = Arc::new(store_with(&path, 1..4).await);
        let writing = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { record_all(&store, (100..600).map(|n| issuance(n, n))).await })
        };
        for n in 0..5 {
            let (path, to) = (path.clone(), folder.path().join(n.to_string()));
            // Its own check compares every certificate with the audit log.
            let copied = tokio::task::spawn_blocking(move || Reader::open(&path).unwrap().back_up(&to, false));
            assert!(copied.await.unwrap().unwrap().report.certificates >= 3);
        }
        assert_eq!(writing.await.unwrap(), (500, 0));
    });
}

#[test]
fn a_file_that_is_there_is_overwritten_only_when_asked() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        let _store = store_with(&path, 1..2).await;
        fs::write(&to, "mine").unwrap();
        let reader = Reader::open(&path).unwrap();
        assert!(matches!(reader.back_up(&to, false), Err(MaintenanceError::Exists { .. })));
        assert_eq!(fs::read(&to).unwrap(), b"mine");
        reader.back_up(&to, true).unwrap();
        assert_eq!(Reader::open(&to).err().map(|error| error.to_string()), None);
    });
}

#[test]
fn a_damaged_store_gives_no_copy() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        let _store = store_with(&path, 1..4).await;
        let other = Connection::open(&path).unwrap();
        other.execute("UPDATE audit SET line = replace(line, 'host2', 'host9') WHERE sequence = 2", []).unwrap();
        let error = Reader::open(&path).unwrap().back_up(&to, false).unwrap_err();
        assert!(matches!(error, MaintenanceError::Store { source: StoreError::Damaged(_), .. }), "{error}");
        assert_eq!(files_in(folder.path()), ["db", "db-seen"]);
    });
}

#[test]
fn a_copy_that_was_put_back_is_recognised_as_older_and_what_it_replaced_is_kept() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        let store = store_with(&path, 1..3).await;
        Reader::open(&path).unwrap().back_up(&to, false).unwrap();
        store.record(issuance(3, 3)).await.unwrap();
        assert!(matches!(
            Embedded::restore(&path, None, &to, NOW),
            Err(MaintenanceError::Open(OpenError::InUse { .. }))
        ));
        drop(store);

        let restored = restore(&path, &to).unwrap();
        assert_eq!((restored.report.certificates, restored.is_set_back), (2, true));
        let aside = restored.aside.unwrap();
        assert_eq!(Reader::open(&aside).unwrap().check().unwrap().certificates, 3);

        let store = open_at(&path);
        assert_eq!(store.origin().set_back, Some(NOW));
        assert_eq!(store.check().await.unwrap().certificates, 2);
        // It goes on, and stays one that was set back.
        store.record(issuance(4, 4)).await.unwrap();
        drop(store);
        assert_eq!(open_at(&path).origin().set_back, Some(NOW));
    });
}

#[test]
fn a_copy_of_this_moment_sets_nothing_back() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        drop(store_with(&path, 1..3).await);
        Reader::open(&path).unwrap().back_up(&to, false).unwrap();
        assert!(!restore(&path, &to).unwrap().is_set_back);
        assert_eq!(open_at(&path).origin().set_back, None);
    });
}

#[test]
fn a_store_that_is_gone_or_damaged_beyond_opening_is_restored() {
    let (folder, path) = folder();
    let to = folder.path().join("backup.sqlite");
    runtime().block_on(async {
        drop(store_with(&path, 1..3).await);
        Reader::open(&path).unwrap().back_up(&to, false).unwrap();
        fs::write(&path, vec![0x55; 100_000]).unwrap();
        // As a server that was killed leaves it.
        for suffix in ["-wal", "-shm"] {
            let beside = PathBuf::from(format!("{}{suffix}", path.display()));
            fs::write(&beside, vec![0x55; 40_000]).unwrap();
            fs::set_permissions(&beside, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let aside = restore(&path, &to).unwrap().aside.unwrap();
        assert_eq!(fs::read(&aside).unwrap(), vec![0x55; 100_000]);
        drop(open_at(&path));

        fs::remove_file(&path).unwrap();
        assert_eq!(restore(&path, &to).unwrap().aside, None);
        assert_eq!(open_at(&path).check().await.unwrap().certificates, 2);
    });
}

#[test]
fn what_is_no_copy_of_this_store_is_not_put_in_its_place() {
    let (folder, path) = folder();
    let (other_folder, other) = super::folder();
    runtime().block_on(async {
        drop(store_with(&path, 1..3).await);
        drop(store_with(&other, 1..3).await);
        let copy = other_folder.path().join("copy");
        Reader::open(&other).unwrap().back_up(&copy, false).unwrap();
        assert!(matches!(restore(&path, &copy), Err(MaintenanceError::OtherStore { .. })));

        let text = folder.path().join("text");
        fs::write(&text, "no database".repeat(1_000)).unwrap();
        fs::set_permissions(&text, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(restore(&path, &text).is_err());
        let changed = folder.path().join("changed");
        Reader::open(&path).unwrap().back_up(&changed, false).unwrap();
        let connection = Connection::open(&changed).unwrap();
        connection.execute("DELETE FROM certificates WHERE number = 1", []).unwrap();
        drop(connection);
        assert!(matches!(restore(&path, &changed), Err(MaintenanceError::Store { .. })));

        assert_eq!(open_at(&path).check().await.unwrap().certificates, 2);
        let beside = files_in(path.parent().unwrap());
        assert!(beside.iter().all(|name| !name.contains("partial") && !name.contains("replaced")), "{beside:?}");
    });
}

#[test]
fn compacting_gives_room_back_and_changes_nothing_else() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = store_with(&path, 1..200).await;
        assert!(matches!(Embedded::compact(&path, None, None), Err(MaintenanceError::Open(OpenError::InUse { .. }))));
        // All tokens are forgotten, and their pages are free.
        store.prune(after(86_400)).await.unwrap();
        let before = store.check().await.unwrap();
        drop(store);
        let compacted = when_free(|| Embedded::compact(&path, None, None)).unwrap();
        assert_eq!(compacted.report, before);
        assert!(compacted.octets_after < compacted.octets_before, "{compacted:?}");
        let store = open_at(&path);
        assert_eq!((store.check().await.unwrap(), store.origin().set_back), (before, None));
        let (_other, empty) = folder();
        assert!(matches!(when_free(|| Embedded::compact(&empty, None, None)), Err(MaintenanceError::NoStore { .. })));
    });
}

#[test]
fn certificates_are_forgotten_long_after_their_end_and_nothing_else_is() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = store_with(&path, 1..6).await;
        for n in [1, 6] {
            let mut long = certificate(6 + n);
            long.validity.not_after = after(400 * 86_400);
            store.record(Issuance::new(None, long, KEY, entry(Came::Issued))).await.unwrap();
        }
        let before = store.check().await.unwrap();
        let known = store.certificate(serial(2)).await.unwrap().unwrap();
        drop(store);
        let compact = |before: i64| when_free(|| Embedded::compact(&path, None, Some(after(before)))).unwrap();
        assert_eq!(compact(86_400).forgotten, 0, "they have not ended before then");
        let compacted = compact(86_401);
        assert_eq!((compacted.forgotten, compacted.report), (5, before));
        assert_eq!(compact(86_401).forgotten, 0);

        let store = open_at(&path);
        assert_eq!(store.check().await.unwrap(), before);
        let left = store.certificate(serial(2)).await.unwrap().unwrap();
        assert_eq!(left, CertificateRecord { der: Vec::new(), ..known });
        assert!(!store.certificate(serial(7)).await.unwrap().unwrap().der.is_empty());
        assert!(store.is_spent(token(2).id).await.unwrap());
        // The serial number stays taken.
        assert!(matches!(store.record(issuance(50, 2)).await, Err(StoreError::SerialTaken)));
    });
}
