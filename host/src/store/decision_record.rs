//! What a decision was made from, as it lies in a row.

use std::sync::Arc;

use authority::Timestamp;
use rusqlite::{CachedStatement, Row, params};

use super::error::{Damage, StoreError};
use crate::audit::{Digest, Entry};

/// What it takes to decide again, besides what the [`Entry`] says. No credential in it can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecisionRecord {
    /// SHA-256 of the configuration's text, see [`Store::remember_configuration`](super::Store::remember_configuration).
    pub configuration: Digest,
    /// The signing input of a JWT: what was signed, without the signature.
    pub token: Option<String>,
    /// The certification request, in DER.
    pub request: Option<Vec<u8>>,
    /// The certificates that were presented, in DER, each behind its length in four octets.
    pub presented: Option<Vec<u8>>,
    /// JSON, opaque here: times that were asked for, and what the world outside answered.
    pub facts: String,
}

/// A decision on record, with what it was made from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredDecision {
    /// Its line of the audit log.
    pub sequence: u64,
    /// What the line says.
    pub entry: Entry,
    /// What it was made from.
    pub record: DecisionRecord,
}

/// Which decisions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DecisionQuery {
    /// The one with this identifier.
    Id(String),
    /// Those made in this span, the first second included and the last not, behind a line of the audit log.
    Between {
        /// Made then or later.
        since: Option<Timestamp>,
        /// Made before then.
        until: Option<Timestamp>,
        /// The line.
        after: u64,
    },
}

/// A configuration that decisions were made with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigurationRecord {
    /// SHA-256 of its text.
    pub digest: Digest,
    /// Its text, without secrets.
    pub text: Arc<str>,
}

impl DecisionRecord {
    /// Octets it takes.
    pub fn octets(&self) -> usize {
        let token = self.token.as_ref().map_or(0, String::len);
        let octets = |octets: &Option<Vec<u8>>| octets.as_ref().map_or(0, Vec::len);
        token + octets(&self.request) + octets(&self.presented) + self.facts.len()
    }

    pub(super) const INSERT: &'static str = "INSERT INTO decisions (sequence, id, time, configuration, token, \
         request, presented, facts, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    /// Rows with the line of the audit log beside each.
    pub(super) const SELECT: &'static str = "SELECT decisions.*, audit.line FROM decisions JOIN audit USING (sequence)";

    /// Runs [`Self::INSERT`].
    pub(super) fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        sequence: i64,
        entry: &Entry,
    ) -> rusqlite::Result<()> {
        statement.execute(params![
            sequence,
            entry.id,
            entry.time.as_unix(),
            self.configuration.as_bytes(),
            self.token,
            self.request,
            self.presented,
            self.facts,
            self.checksum(sequence, &entry.id, entry.time).as_bytes(),
        ])?;
        Ok(())
    }

    /// Reads a row of [`Self::SELECT`], or of the table alone; one that is not what was written is damage.
    pub(super) fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let record = Self {
            configuration: Digest::from_bytes(row.get("configuration")?),
            token: row.get("token")?,
            request: row.get("request")?,
            presented: row.get("presented")?,
            facts: row.get("facts")?,
        };
        let (sequence, id): (i64, String) = (row.get("sequence")?, row.get("id")?);
        let checksum: Option<[u8; 32]> = row.get("checksum")?;
        let expected = record.checksum(sequence, &id, Timestamp::from_unix(row.get("time")?));
        match checksum {
            Some(checksum) if Digest::from_bytes(checksum) != expected => Err(Damage::Decision { sequence }.into()),
            // Nothing in rows that are older than the column.
            _ => Ok(record),
        }
    }

    fn checksum(&self, sequence: i64, id: &str, time: Timestamp) -> Digest {
        // Nothing is not the same as something empty.
        let known = [self.token.is_some(), self.request.is_some(), self.presented.is_some()].map(u8::from);
        Digest::of_fields(&[
            &sequence.to_be_bytes(),
            id.as_bytes(),
            &time.as_unix().to_be_bytes(),
            self.configuration.as_bytes(),
            &known,
            self.token.as_deref().unwrap_or_default().as_bytes(),
            self.request.as_deref().unwrap_or_default(),
            self.presented.as_deref().unwrap_or_default(),
            self.facts.as_bytes(),
        ])
    }
}
