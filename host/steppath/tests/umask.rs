//! Modes under every umask. Alone in its program: the umask belongs to the whole process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{os::unix::fs::MetadataExt, path::Path};

use rustix::{fs::Mode, process::umask};
use steppath::{Access, Overwrite, StepPath, write};

#[test]
fn modes_are_the_same_under_any_umask() {
    for mask in [0o000, 0o002, 0o022, 0o027, 0o077, 0o177, 0o777] {
        let directory = tempfile::tempdir().unwrap();
        let old = umask(Mode::from_raw_mode(mask));
        let step_path = StepPath::new(directory.path().join("a/step")).unwrap();
        step_path.create_directories().unwrap();
        write(&step_path.root_key(), b"key", Access::Private, Overwrite::Refuse).unwrap();
        write(&step_path.defaults_json(), b"{}", Access::Public, Overwrite::Refuse).unwrap();
        umask(old);
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
        let above = step_path.base().parent().unwrap().to_owned();
        for directory in [above, step_path.base().to_owned(), step_path.certs(), step_path.secrets()] {
            assert_eq!(mode(&directory), 0o700, "umask {mask:o}");
        }
        assert_eq!((mode(&step_path.root_key()), mode(&step_path.defaults_json())), (0o600, 0o644), "umask {mask:o}");
    }
}
