//! The end of the audit log, kept in a file outside the store's folder.
//!
//! It is written after every transaction and never flushed by itself, so it may be behind the database, but not ahead
//! of it: a database that is behind its own head was restored from a backup, or cut.

use std::{
    fmt,
    fs::{File, remove_file},
    io,
    os::unix::fs::FileExt,
    str::FromStr,
};

use super::files::{Files, open_private};
use crate::audit::{Digest, Head};

/// The file, open for writing.
pub(super) struct LastSeen(File);

/// What is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    /// Identifies the store.
    pub(super) log: [u8; 16],
    pub(super) head: Head,
}

/// What is in the file, where it cannot be written. What an earlier version left beside the database counts, too.
pub(super) fn peek(files: &Files) -> io::Result<Option<Seen>> {
    for path in [&files.head, &files.head_beside] {
        match File::open(path) {
            Ok(file) => {
                if let Some(seen) = LastSeen(file).read()? {
                    return Ok(Some(seen));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

impl LastSeen {
    /// Opens the file. What an earlier version left beside the database is taken over, once.
    pub(super) fn open(files: &Files) -> io::Result<Self> {
        let last_seen = Self(open_private(&files.head)?);
        if files.head_beside.exists() {
            if last_seen.read()?.is_none()
                && let Some(seen) = Self(open_private(&files.head_beside)?).read()?
            {
                last_seen.write(seen)?;
                last_seen.0.sync_all()?;
            }
            remove_file(&files.head_beside)?;
        }
        Ok(last_seen)
    }

    /// Nothing when the file is empty or half written.
    pub(super) fn read(&self) -> io::Result<Option<Seen>> {
        let mut octets = [0; Seen::OCTETS];
        match self.0.read_exact_at(&mut octets, 0) {
            Ok(()) => Ok(std::str::from_utf8(&octets).ok().and_then(|text| text.parse().ok())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(&self, seen: Seen) -> io::Result<()> {
        self.0.write_all_at(seen.to_string().as_bytes(), 0)
    }
}

impl Seen {
    /// Always the same, so that a write never leaves the end of an older one behind.
    const OCTETS: usize = 32 + 1 + 20 + 1 + 64 + 1;
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:020} {}", hex::encode(self.log), self.head.sequence, self.head.hash)
    }
}

impl FromStr for Seen {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.trim_end().split(' ');
        let mut word = || words.next().ok_or(());
        let mut log = [0; 16];
        hex::decode_to_slice(word()?, &mut log).map_err(|_| ())?;
        let sequence = word()?.parse().map_err(|_| ())?;
        let hash: Digest = word()?.parse().map_err(|_| ())?;
        Ok(Self { log, head: Head { sequence, hash } })
    }
}
