//! What the recall of a policy module is, and how it lies in a row.

use authority::Timestamp;
use rusqlite::{CachedStatement, Row, params};

use super::error::{Damage, StoreError};
use crate::audit::{Digest, Entry, Module, Operation, Outcome};

/// That a module was recalled, or is not any more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecallRecord {
    /// SHA-256 of the module.
    pub module: Digest,
    /// Whether what it had a say in is not renewed from then on; otherwise that is over.
    pub is_barred: bool,
    /// Since when.
    pub time: Timestamp,
    /// Why, for people; may be empty.
    pub reason: String,
    /// Who has done it.
    pub recalled_by: String,
}

/// One recall, all of which is recorded or nothing.
#[derive(Clone, Debug)]
pub struct Recall {
    record: RecallRecord,
    entry: Entry,
}

impl Recall {
    /// What `entry` says about the module is filled in.
    pub fn new(record: RecallRecord, entry: Entry) -> Self {
        let entry = Entry {
            operation: if record.is_barred { Operation::Recall } else { Operation::Reinstate },
            outcome: Outcome::Accepted,
            modules: vec![Module { name: "recalled".to_owned(), sha256: record.module }],
            ..entry
        };
        Self { record, entry }
    }

    /// What is recorded.
    pub fn record(&self) -> &RecallRecord {
        &self.record
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }
}

impl RecallRecord {
    pub(super) const INSERT: &'static str = "INSERT INTO recalls (number, module, is_barred, time, reason, \
         recalled_by, sequence, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    pub(super) const SELECT: &'static str =
        "SELECT number, module, is_barred, time, reason, recalled_by, sequence, checksum FROM recalls";

    /// Runs [`Self::INSERT`].
    pub(super) fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        number: i64,
        sequence: i64,
    ) -> rusqlite::Result<()> {
        statement.execute(params![
            number,
            self.module.as_bytes(),
            self.is_barred,
            self.time.as_unix(),
            self.reason,
            self.recalled_by,
            sequence,
            self.checksum(number, sequence).as_bytes(),
        ])?;
        Ok(())
    }

    /// Reads a row of [`Self::SELECT`]; one that is not what was written is damage.
    pub(super) fn from_row(row: &Row<'_>) -> Result<StoredRecall, StoreError> {
        let (number, sequence): (i64, i64) = (row.get("number")?, row.get("sequence")?);
        let recall = Self {
            module: Digest::from_bytes(row.get("module")?),
            is_barred: row.get("is_barred")?,
            time: Timestamp::from_unix(row.get("time")?),
            reason: row.get("reason")?,
            recalled_by: row.get("recalled_by")?,
        };
        let is_intact = Digest::from_bytes(row.get("checksum")?) == recall.checksum(number, sequence);
        if is_intact { Ok(StoredRecall { recall, number, sequence }) } else { Err(Damage::Recalls.into()) }
    }

    fn checksum(&self, number: i64, sequence: i64) -> Digest {
        let numbers = [number, i64::from(self.is_barred), self.time.as_unix(), sequence];
        Digest::of_fields(&[
            self.module.as_bytes(),
            self.reason.as_bytes(),
            self.recalled_by.as_bytes(),
            numbers.map(i64::to_be_bytes).as_flattened(),
        ])
    }
}

/// A recall and its place in the store.
pub(super) struct StoredRecall {
    pub(super) recall: RecallRecord,
    pub(super) number: i64,
    pub(super) sequence: i64,
}
