//! Who may read the files, who has them open, and what becomes of a store that is gone or set back.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    sync::Once,
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
        for suffix in ["", "-wal", "-shm", ".lock"] {
            assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
        }
        assert_eq!(mode(head_of(&path).parent().unwrap()), 0o700);
        assert_eq!(mode(&head_of(&path)), 0o600);
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
        (&head_of(&path), 0o620, 0o600),
        (&head_of(&path).parent().unwrap().to_owned(), 0o707, 0o700),
        (&parent, 0o770, 0o700),
        (&parent, 0o702, 0o700),
    ] {
        set_mode(exposed, with);
        let error = open_when_free(&path, NOW).err().unwrap();
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
    assert!(matches!(Embedded::open(&path, None, NOW), Err(OpenError::InUse { .. })));
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
    assert!(matches!(open_when_free(&path, NOW), Err(OpenError::NotAFile { .. })));
}

#[test]
fn another_programs_database_is_not_touched() {
    let (_folder, path) = folder();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    set_mode(path.parent().unwrap(), 0o700);
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    set_mode(&path, 0o600);
    assert!(matches!(open_when_free(&path, NOW), Err(OpenError::Foreign { .. })));
    fs::write(&path, "not a database, but longer than nothing").unwrap();
    assert!(matches!(open_when_free(&path, NOW), Err(OpenError::Damaged { .. })));
}

#[test]
fn a_store_of_a_later_version_is_not_touched() {
    let (_folder, path) = folder();
    drop(open_at(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = open_when_free(&path, NOW).err().unwrap();
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
        let error = open_when_free(&path, NOW).err().unwrap();
        assert!(matches!(error, OpenError::Missing { lines: 1, .. }), "{error}");
    }
    // An operator who means it says so.
    fs::remove_file(head_of(&path)).unwrap();
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
        assert_eq!(open_when_free(&path, after(60)).unwrap().origin().set_back, Some(NOW), "nobody forgets it");
        fs::remove_file(head_of(&path)).unwrap();
        let store = open_when_free(&path, after(120)).unwrap();
        assert_eq!(store.origin().set_back, Some(after(120)), "without a memory nobody can tell");
    });
}

/// Puts every file of one folder into another.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_folder_that_was_put_back_from_a_copy_is_recognised_and_the_operator_told() {
    let (folder, path) = folder();
    let (store_folder, copy) = (path.parent().unwrap(), folder.path().join("copy"));
    runtime().block_on(async {
        open_at(&path).record(issuance(1, 1)).await.unwrap();
        copy_folder(store_folder, &copy);
        open_at(&path).record(issuance(2, 2)).await.unwrap();
        fs::remove_dir_all(store_folder).unwrap();
        copy_folder(&copy, store_folder);
        set_mode(store_folder, 0o700);
        let warnings = Warnings::of(&path);
        let store = open_at(&path);
        assert_eq!(store.origin().set_back, Some(NOW));
        let [warning] = &warnings.all()[..] else { panic!("{:?}", warnings.all()) };
        assert!(warning.contains("every token issued before this start is refused"), "{warning}");
        drop(store);
        drop(open_at(&path));
        assert_eq!(warnings.all().len(), 1, "once is enough");
    });
}

/// What the operator is told about one store, or about something else that has a name.
pub(super) struct Warnings(String);

impl Warnings {
    fn of(path: &Path) -> Self {
        Self::about(path.canonicalize().unwrap().display().to_string())
    }

    /// One subscriber for the whole process: what a thread without one meets first is silent for all.
    pub(super) fn about(name: String) -> Self {
        static SUBSCRIBED: Once = Once::new();
        SUBSCRIBED.call_once(|| {
            let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::WARN);
            tracing::subscriber::set_global_default(subscriber.with_writer(|| Log).finish()).unwrap();
        });
        Self(name)
    }

    pub(super) fn all(&self) -> Vec<String> {
        let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains(&self.0)).map(str::to_owned).collect()
    }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_an_earlier_version_left_beside_the_database_is_taken_over_once() {
    let (_folder, path) = folder();
    let left = beside(&path, ".head");
    runtime().block_on(async {
        open_at(&path).record(issuance(1, 1)).await.unwrap();
        fs::rename(head_of(&path), &left).unwrap();
        let store = open_at(&path);
        assert_eq!(store.origin().set_back, None);
        store.record(issuance(2, 2)).await.unwrap();
        drop(store);
        assert!(!left.exists());
        // It comes back with a copy of the folder, and is not believed any more.
        fs::copy(head_of(&path), &left).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(open_when_free(&path, NOW), Err(OpenError::Missing { lines: 2, .. })));
        assert!(!left.exists());
    });
}

#[test]
fn what_was_last_seen_is_kept_anywhere_but_in_the_folder_of_the_store() {
    let (folder, path) = folder();
    let apart = folder.path().join("apart").join("ca.head");
    drop(Embedded::open(&path, Some(&apart), NOW).unwrap());
    assert!(apart.exists() && !head_of(&path).exists());
    for inside in [path.with_extension("head"), path.with_file_name("deeper").join("ca.head")] {
        let error = Embedded::open(&path, Some(&inside), NOW).err().unwrap();
        assert!(matches!(error, OpenError::HeadInside { .. }), "{error}");
    }
}
