//! The audit log as a file of JSON lines, beside the one in the database.
//!
//! The file follows the database: after each commit, and before anybody is answered, it gets the lines it does not have
//! yet, and is flushed. A crash between the two leaves it behind, and the next start catches up. Lines are only ever
//! appended; what is cut off is the part of a line that a failure left at the end.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use audit_log::{Beginning, MAX_LINE, chained, parse};
use rusqlite::Connection;

use super::{check, files, log_reader, state::State};
use crate::{
    audit::Head,
    store::error::{AuditFileError, OpenError, StoreError},
};

/// The file, open for appending.
pub(super) struct AuditFile {
    path: PathBuf,
    file: File,
    /// The last line in it.
    end: Head,
    /// Octets that are known to be on the disk.
    durable: u64,
}

impl AuditFile {
    /// Opens the file, or makes it, and gives it the lines it has missed.
    pub(super) fn open(path: &Path, connection: &Connection, state: &State) -> Result<Self, OpenError> {
        let failed = |source| OpenError::AuditFile { path: path.to_owned(), source };
        files::prepare_file(path)?;
        let mut file = Self::attach(path, Head::genesis(&state.log), connection, state).map_err(failed)?;
        file.follow(connection, state).map_err(failed)?;
        Ok(file)
    }

    /// The file at `path`, which belongs to the log of `state`. An empty one begins after `before`.
    fn attach(path: &Path, before: Head, connection: &Connection, state: &State) -> Result<Self, AuditFileError> {
        let mut file = files::open_to_append(path)?;
        let ours = Beginning { log: state.log, after: before };
        let (end, durable) = match beginning(&file, &ours)? {
            None => {
                let beginning = format!("{ours}\n");
                file.set_len(0)?;
                file.write_all(beginning.as_bytes())?;
                file.sync_all()?;
                files::sync_folder_of(path)?;
                (before, beginning.len() as u64)
            }
            Some(beginning) if beginning.log != state.log => return Err(AuditFileError::Foreign),
            Some(beginning) => {
                let whole = whole_lines(&file)?;
                (last_line(&file, whole)?.unwrap_or(beginning.after), whole)
            }
        };
        if check::head_at(connection, state, end.sequence)? != Some(end) {
            return Err(AuditFileError::Diverged { sequence: end.sequence });
        }
        // Not before its last line has shown that the file is ours.
        if durable < file.metadata()?.len() {
            file.set_len(durable)?;
        }
        Ok(Self { path: path.to_owned(), file, end, durable })
    }

    /// Appends what the database has and the file has not, and flushes it.
    pub(super) fn follow(&mut self, connection: &Connection, state: &State) -> Result<(), AuditFileError> {
        if self.end == state.head {
            return Ok(());
        }
        fail::fail_point!("audit::before_append");
        let mut statement = connection.prepare_cached(log_reader::AFTER).map_err(StoreError::from)?;
        let mut rows = statement.query([self.end.sequence.cast_signed()]).map_err(StoreError::from)?;
        let (mut text, mut end, mut octets) = (String::new(), self.end, 0);
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let link = log_reader::link(row).map_err(StoreError::from)?;
            chained(&link, &mut text);
            end = Head { sequence: link.sequence, hash: link.hash };
            // A start may have many to catch up with.
            if text.len() >= MAX_LINE {
                self.file.write_all(text.as_bytes())?;
                octets += text.len() as u64;
                text.clear();
            }
        }
        fail::fail_point!("audit::append_fails", |_| Err(io::Error::from(io::ErrorKind::StorageFull).into()));
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        fail::fail_point!("audit::after_append");
        self.durable += octets + text.len() as u64;
        self.end = end;
        Ok(())
    }

    /// Opens the path again, after somebody has moved the file away: a new one continues it. One that somebody has made
    /// in the meantime is judged as at the start.
    pub(super) fn reopen(&mut self, connection: &Connection, state: &State) -> Result<(), AuditFileError> {
        if self.is_in_place()? {
            return Ok(());
        }
        self.attach_again(connection, state)
    }

    /// Begins anew after a failure: what was written since the last flush that succeeded may be in the system's memory
    /// alone, so it is cut off and written again; also in a file that was moved away, which another continues.
    pub(super) fn recover(&mut self, connection: &Connection, state: &State) -> Result<(), AuditFileError> {
        if self.file.metadata()?.len() > self.durable {
            self.file.set_len(self.durable)?;
            self.file.sync_all()?;
        }
        self.attach_again(connection, state)
    }

    fn attach_again(&mut self, connection: &Connection, state: &State) -> Result<(), AuditFileError> {
        files::prepare_file(&self.path).map_err(Box::new)?;
        *self = Self::attach(&self.path, self.end, connection, state)?;
        self.follow(connection, state)
    }

    /// Whether the path leads to the file that is open.
    fn is_in_place(&self) -> io::Result<bool> {
        let ours = self.file.metadata()?;
        Ok(self.path.symlink_metadata().is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())))
    }
}

/// How many octets of the file are whole lines, of which the first is one.
fn whole_lines(file: &File) -> Result<u64, AuditFileError> {
    let mut end = file.metadata()?.len();
    loop {
        let (from, octets) = tail(file, end)?;
        match octets.iter().rposition(|&octet| octet == b'\n') {
            Some(last) => return Ok(from + last as u64 + 1),
            None if from == 0 => return Err(AuditFileError::Foreign),
            // What a failure left may be longer than a line.
            None => end = from,
        }
    }
}

/// What the first line says; nothing when there is none, or only a part of what we would write, as after a crash.
fn beginning(file: &File, ours: &Beginning) -> Result<Option<Beginning>, AuditFileError> {
    let mut head = vec![0; LONGEST_BEGINNING];
    let read = file.read_at(&mut head, 0)?;
    head.truncate(read);
    let text = std::str::from_utf8(&head).map_err(|_| AuditFileError::Foreign)?;
    match text.split_once('\n') {
        Some((line, _)) => Beginning::parse(line).map(Some).map_err(|_| AuditFileError::Foreign),
        None if is_part_of(text, ours) => Ok(None),
        None => Err(AuditFileError::Foreign),
    }
}

/// Whether a text without an end of line is the start of a beginning of the same log, after whatever line. Nobody
/// else's file is cut because it was named by mistake.
fn is_part_of(text: &str, ours: &Beginning) -> bool {
    let mut longest = Beginning { after: Head { sequence: u64::MAX, ..ours.after }, ..*ours }.to_string();
    let length = longest.len();
    longest.truncate(longest.find(AFTER).map_or(0, |at| at + AFTER.len()));
    text.len() <= length && (longest.starts_with(text) || text.starts_with(&longest))
}

const AFTER: &str = r#""after":"#;
/// Octets that a beginning fits into, its end included.
const LONGEST_BEGINNING: usize = 200;

/// The end that the last line says; none when the first is the only one.
fn last_line(file: &File, end: u64) -> Result<Option<Head>, AuditFileError> {
    let (from, tail) = tail(file, end)?;
    let tail = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let start = tail.iter().rposition(|&octet| octet == b'\n').map(|before| before + 1);
    let line = match start {
        Some(start) => tail.get(start..).unwrap_or_default(),
        None if from == 0 => return Ok(None),
        None => return Err(AuditFileError::Foreign),
    };
    let line = std::str::from_utf8(line).map_err(|_| AuditFileError::Foreign)?;
    let link = parse(line).map_err(|_| AuditFileError::Foreign)?;
    Ok(Some(Head { sequence: link.sequence, hash: link.hash }))
}

/// The octets before `end`, as many as the longest line may have, and where they begin.
fn tail(file: &File, end: u64) -> io::Result<(u64, Vec<u8>)> {
    let from = end.saturating_sub(MAX_LINE as u64);
    let mut tail = vec![0; usize::try_from(end - from).unwrap_or(MAX_LINE)];
    file.read_exact_at(&mut tail, from)?;
    Ok((from, tail))
}
