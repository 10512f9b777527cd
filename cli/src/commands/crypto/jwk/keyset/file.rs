//! The file of a set: locked while it is changed, replaced whole, and what is not understood in it kept as it is.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use steppath::{Access, Overwrite};
use thiserror::Error;

use crate::{answer::Answer, files::FileError, json_layout, output::Output};

/// A set, and the right to change it.
pub(super) struct KeySetFile {
    path: PathBuf,
    set: KeySet,
    /// Released when dropped.
    _lock: File,
}

/// Somebody else has the right to change it.
#[derive(Debug, Error)]
#[error("error reading {}: file is locked", .0.display())]
struct Locked(PathBuf);

/// The members of the set; those a later specification knows stay as they are.
type Members = BTreeMap<String, Box<RawValue>>;

struct KeySet {
    keys: Vec<Box<RawValue>>,
    others: Members,
}

/// The keys of the set in a file.
pub(super) fn keys(path: &Path) -> anyhow::Result<Vec<Box<RawValue>>> {
    let bytes = crate::files::read(path)?;
    Ok(parse(path, &bytes)?.keys)
}

fn parse(path: &Path, bytes: &[u8]) -> anyhow::Result<KeySet> {
    let parsing = || format!("error parsing {}", path.display());
    let mut others: Members = serde_json::from_slice(bytes).with_context(parsing)?;
    let keys = others.remove("keys").context("a set of keys has a member \"keys\"").with_context(parsing)?;
    Ok(KeySet { keys: serde_json::from_str(keys.get()).with_context(parsing)?, others })
}

/// The name of a key.
pub(super) fn kid(key: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        kid: Option<String>,
    }
    serde_json::from_str::<Named>(key.get()).ok()?.kid
}

impl KeySetFile {
    /// Takes the right to change a set.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let failed = || format!("error reading {}", path.display());
        let lock =
            File::open(path).map_err(|cause| FileError::System { operation: "open", path: path.to_owned(), cause })?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| Locked(path.to_owned()))?;
        // Whoever changed it last may have put another file in its place since it was opened.
        if lock.metadata().with_context(failed)?.ino() != path.metadata().with_context(failed)?.ino() {
            return Err(Locked(path.to_owned()).into());
        }
        let set = parse(path, &crate::files::read(path)?)?;
        Ok(Self { path: path.to_owned(), set, _lock: lock })
    }

    /// As [`Self::open`], for a file that need not be there.
    pub(super) fn open_or_create(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            // Of two that create it at once, one finds it there, and then both open the same.
            match steppath::write(path, br#"{"keys":[]}"#, Access::Private, Overwrite::Refuse) {
                Ok(()) | Err(steppath::FileError::Exists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Self::open(path)
    }

    /// The keys, to be changed.
    pub(super) fn keys(&mut self) -> &mut Vec<Box<RawValue>> {
        &mut self.set.keys
    }

    /// Replaces the file in one step, and tells what is in it.
    pub(super) fn save(self) -> anyhow::Result<Kept> {
        let KeySet { keys, others: mut members } = self.set;
        members.insert("keys".to_owned(), to_raw_value(&keys)?);
        let json = json_layout::indented(&serde_json::to_string(&members)?, "  ") + "\n";
        steppath::write(&self.path, json.as_bytes(), Access::Private, Overwrite::Allow)?;
        Ok(Kept { keys: keys.len() })
    }
}

/// How many keys a set has after it was changed. Only programs are told.
#[derive(Serialize)]
pub(super) struct Kept {
    keys: usize,
}

impl Answer for Kept {
    fn tell(&self, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}
