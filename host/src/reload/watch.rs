//! Files that are looked at, to see whether their contents have changed.

use crate::{audit::Digest, limits};
use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};
use zeroize::Zeroizing;

/// What some files held when they were last looked at.
#[derive(Default)]
pub(super) struct Watch {
    /// The state that is known, to which changes are compared.
    known: State,
    /// What the last look found.
    seen: State,
}

/// Nothing for a file that cannot be read.
type State = BTreeMap<PathBuf, Option<Seen>>;

#[derive(Clone, Copy)]
struct Seen {
    stamp: Stamp,
    digest: Digest,
}

/// As long as these are the same, nobody has written to the file or put another in its place.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    changed: (i64, i64),
    length: u64,
    inode: u64,
}

impl Watch {
    /// Looks at these files from now on. Those that are new are known as they are.
    pub(super) fn follow(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        let known = files.into_iter().map(|file| match self.known.get(&file) {
            Some(known) => (file, *known),
            None => self.look_at(file),
        });
        self.known = known.collect();
        self.seen = self.known.clone();
    }

    /// Takes the files as they are now for known: somebody is about to read them.
    pub(super) fn take_stock(&mut self) {
        self.known = self.look();
        self.seen = self.known.clone();
    }

    /// Looks. True once for a change that was there at the last look already: a file that is being written is left in
    /// peace.
    pub(super) fn has_changed(&mut self) -> bool {
        let now = self.look();
        let is_settled = same(&now, &self.seen);
        self.seen = now;
        let has_changed = is_settled && !same(&self.seen, &self.known);
        if has_changed {
            self.known = self.seen.clone();
        }
        has_changed
    }

    fn look(&self) -> State {
        self.known.keys().map(|file| self.look_at(file.clone())).collect()
    }

    /// Reads a file unless it is certain that nothing about it has changed.
    fn look_at(&self, file: PathBuf) -> (PathBuf, Option<Seen>) {
        let before = self.seen.get(&file).copied().flatten();
        let seen = Seen::at(&file, before).ok();
        (file, seen)
    }
}

impl Seen {
    fn at(file: &Path, before: Option<Self>) -> io::Result<Self> {
        let file = File::open(file)?;
        let stamp = Stamp::of(&file.metadata()?);
        if let Some(before) = before.filter(|before| before.stamp == stamp) {
            return Ok(before);
        }
        // It may be a key.
        let mut octets = Zeroizing::new(Vec::new());
        file.take(LONGEST).read_to_end(&mut octets)?;
        Ok(Self { stamp, digest: Digest::of(&[&octets]) })
    }
}

const LONGEST: u64 = if limits::CONFIG_FILE > limits::MODULE_FILE { limits::CONFIG_FILE } else { limits::MODULE_FILE };

fn same(one: &State, other: &State) -> bool {
    let digests = |state: &State| state.values().map(|seen| seen.map(|seen| seen.digest)).collect::<Vec<_>>();
    digests(one) == digests(other)
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
            inode: metadata.ino(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn watched(names: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>, Watch) {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        for file in &files {
            fs::write(file, "1").unwrap();
        }
        let mut watch = Watch::default();
        watch.follow(files.clone());
        (folder, files, watch)
    }

    fn looks(watch: &mut Watch, count: usize) -> Vec<bool> {
        (0..count).map(|_| watch.has_changed()).collect()
    }

    #[test]
    fn a_change_is_told_once_and_when_it_has_come_to_rest() {
        let (_folder, files, mut watch) = watched(&["ca.json", "corp.wasm"]);
        assert_eq!(looks(&mut watch, 2), [false, false]);
        fs::write(&files[1], "2").unwrap();
        assert!(!watch.has_changed());
        fs::write(&files[1], "2, and more").unwrap();
        assert_eq!(looks(&mut watch, 4), [false, true, false, false]);
    }

    #[test]
    fn a_file_that_holds_what_it_held_has_not_changed() {
        let (folder, files, mut watch) = watched(&["ca.json"]);
        fs::write(&files[0], "1").unwrap();
        assert_eq!(looks(&mut watch, 3), [false; 3]);
        let other = folder.path().join("other");
        fs::write(&other, "1").unwrap();
        fs::rename(&other, &files[0]).unwrap();
        assert_eq!(looks(&mut watch, 3), [false; 3]);
        fs::write(&files[0], "2").unwrap();
        watch.has_changed();
        fs::write(&files[0], "1").unwrap();
        assert_eq!(looks(&mut watch, 3), [false; 3], "changed, and changed back before anybody was told");
    }

    #[test]
    fn what_is_about_to_be_read_is_no_change_afterwards_and_what_comes_later_is() {
        let (folder, files, mut watch) = watched(&["ca.json"]);
        fs::write(&files[0], "2").unwrap();
        watch.take_stock();
        let module = folder.path().join("corp.wasm");
        fs::write(&module, "1").unwrap();
        watch.follow([files[0].clone(), module]);
        assert_eq!(looks(&mut watch, 2), [false; 2]);
        watch.take_stock();
        fs::write(&files[0], "3").unwrap();
        watch.follow(files);
        assert_eq!(looks(&mut watch, 3), [false, true, false]);
    }

    #[test]
    fn a_file_that_goes_or_comes_is_a_change() {
        let (_folder, files, mut watch) = watched(&["ca.json"]);
        fs::remove_file(&files[0]).unwrap();
        assert_eq!(looks(&mut watch, 3), [false, true, false]);
        fs::write(&files[0], "1").unwrap();
        assert_eq!(looks(&mut watch, 3), [false, true, false]);
    }
}
