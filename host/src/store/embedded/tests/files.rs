//! Who may read the files, who has them open, and what becomes of a store that is gone or set back.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

#[test]
fn nobody_else_can_read_what_is_made() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for suffix in ["", "-wal", "-shm", ".lock", ".head"] {
            assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
        }
    });
}

#[test]
fn a_store_that_others_can_read_or_replace_is_refused_with_the_command_that_mends_it() {
    let (_folder, path) = folder();
    drop(open_at(&path));
    let parent = path.parent().unwrap().to_owned();
    for (exposed, with, right) in [
        (&path, 0o640, 0o600),
        (&path, 0o604, 0o600),
        (&beside(&path, ".head"), 0o620, 0o600),
        (&parent, 0o770, 0o700),
        (&parent, 0o702, 0o700),
    ] {
        set_mode(exposed, with);
        let error = Embedded::open(&path, NOW).err().unwrap();
        assert!(matches!(error, OpenError::Exposed { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(&format!("run `chmod {right:o} ")), "{error}");
        set_mode(exposed, right);
    }
    drop(open_at(&path));
}

#[test]
fn a_second_server_is_refused_as_long_as_the_first_runs() {
    let (_folder, path) = folder();
    let first = open_at(&path);
    assert!(matches!(Embedded::open(&path, NOW), Err(OpenError::InUse { .. })));
    drop(first);
    drop(open_at(&path));
}

#[test]
fn a_link_in_the_place_of_a_store_is_not_followed() {
    let (folder, path) = folder();
    drop(open_at(&path));
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(Embedded::open(&path, NOW), Err(OpenError::NotAFile { .. })));
}

#[test]
fn another_programs_database_is_not_touched() {
    let (_folder, path) = folder();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    set_mode(path.parent().unwrap(), 0o700);
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    set_mode(&path, 0o600);
    assert!(matches!(Embedded::open(&path, NOW), Err(OpenError::Foreign { .. })));
    fs::write(&path, "not a database, but longer than nothing").unwrap();
    assert!(matches!(Embedded::open(&path, NOW), Err(OpenError::Damaged { .. })));
}

#[test]
fn a_store_of_a_later_version_is_not_touched() {
    let (_folder, path) = folder();
    drop(open_at(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Embedded::open(&path, NOW).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_store_that_is_gone_is_not_begun_anew_in_silence() {
    let (_folder, path) = folder();
    runtime().block_on(async { open_at(&path).record(issuance(1, 1)).await.unwrap() });
    for gone in [true, false] {
        if gone {
            fs::remove_file(&path).unwrap();
        } else {
            fs::write(&path, "").unwrap();
            set_mode(&path, 0o600);
        }
        let error = Embedded::open(&path, NOW).err().unwrap();
        assert!(matches!(error, OpenError::Missing { lines: 1, .. }), "{error}");
    }
    // An operator who means it says so.
    fs::remove_file(beside(&path, ".head")).unwrap();
    assert_eq!(open_at(&path).origin().set_back, None);
}

#[test]
fn a_store_restored_from_a_backup_is_recognised() {
    let (folder, path) = folder();
    let backup = folder.path().join("backup");
    runtime().block_on(async {
        open_at(&path).record(issuance(1, 1)).await.unwrap();
        fs::copy(&path, &backup).unwrap();
        let store = open_at(&path);
        assert_eq!(store.origin().set_back, None);
        store.record(issuance(2, 2)).await.unwrap();
        drop(store);
        fs::copy(&backup, &path).unwrap();
        let store = open_at(&path);
        assert_eq!(store.origin().set_back, Some(NOW));
        store.record(issuance(3, 3)).await.unwrap();
        store.check().await.unwrap();
        drop(store);
        assert_eq!(Embedded::open(&path, after(60)).unwrap().origin().set_back, Some(NOW), "nobody forgets it");
        fs::remove_file(beside(&path, ".head")).unwrap();
        let store = Embedded::open(&path, after(120)).unwrap();
        assert_eq!(store.origin().set_back, Some(after(120)), "without a memory nobody can tell");
    });
}
