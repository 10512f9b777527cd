//! What a decision was made from, as it lies in a row.

use std::sync::Arc;

use authority::Timestamp;
use rusqlite::{CachedStatement, Row, params};

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
         request, presented, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

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
        ])?;
        Ok(())
    }

    /// Reads a row of [`Self::SELECT`].
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            configuration: Digest::from_bytes(row.get("configuration")?),
            token: row.get("token")?,
            request: row.get("request")?,
            presented: row.get("presented")?,
            facts: row.get("facts")?,
        })
    }
}
