//! What decisions were made from: kept for a while, and read by whoever decides again.

use std::ops::ControlFlow;

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{modules, reader::Reader, state::State};
use crate::{
    audit::{Digest, Entry},
    limits,
    store::{
        CertificateRecord, ConfigurationRecord, DecisionQuery, DecisionRecord, MaintenanceError, Origin,
        RevocationRecord, StoreError, StoredDecision, certificate::StoredCertificate, error::Damage,
        revocation::StoredRevocation,
    },
};

/// Keeps a configuration; false when it is kept already.
pub(super) fn remember(connection: &Connection, configuration: &ConfigurationRecord) -> Result<bool, StoreError> {
    let sql = "INSERT INTO configurations (digest, text) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING";
    let ConfigurationRecord { digest, text } = configuration;
    Ok(connection.prepare_cached(sql)?.execute(params![digest.as_bytes(), &**text])? == 1)
}

/// Forgets what is older than [`limits::DECISION_TIME`], and what is not among the last [`limits::DECISIONS`] lines of the
/// log, some of it at a time. Tells how many rows went.
pub(super) fn forget(connection: &Connection, now: Timestamp, last_line: u64) -> Result<u64, StoreError> {
    let before = now.saturating_sub(limits::DECISION_TIME).as_unix();
    let until = last_line.saturating_sub(limits::DECISIONS).cast_signed();
    let oldest = "SELECT sequence, time FROM decisions ORDER BY sequence LIMIT 1";
    let oldest = connection.prepare_cached(oldest)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let is_due = oldest.is_some_and(|(sequence, time): (i64, i64)| sequence <= until || time < before);
    if !is_due {
        return modules::forget(connection);
    }
    let mut statement = connection.prepare_cached(
        "DELETE FROM decisions WHERE sequence IN (SELECT sequence FROM (SELECT sequence, time FROM decisions \
         ORDER BY sequence LIMIT ?1) WHERE time < ?2 OR sequence <= ?3)",
    )?;
    let forgotten = statement.execute(params![FORGOTTEN, before, until])? as u64;
    Ok(forgotten + modules::forget(connection)?)
}

// A transaction that forgets more would keep issuances waiting.
const FORGOTTEN: i64 = 2_000;

impl Reader {
    /// Tells the decisions that are meant to `see`, in the order they were made, until it breaks off.
    ///
    /// # Errors
    /// The store cannot be read, or a row is not what was written.
    pub fn decisions(
        &self,
        query: &DecisionQuery,
        mut see: impl FnMut(StoredDecision) -> ControlFlow<()>,
    ) -> Result<(), MaintenanceError> {
        self.look(|connection| match query {
            DecisionQuery::Id(id) => {
                // There is no index: a decision is made often, and looked for rarely.
                let sql = format!("{} WHERE decisions.id = ?1 ORDER BY sequence DESC LIMIT 1", DecisionRecord::SELECT);
                let mut statement = connection.prepare(&sql)?;
                let mut rows = statement.query([id])?;
                if let Some(row) = rows.next()? {
                    let _ = see(stored(row)?);
                }
                Ok(())
            }
            DecisionQuery::Between { since, until, after } => {
                let sql = format!(
                    "{} WHERE sequence > :after AND time >= :since AND time < :until ORDER BY sequence",
                    DecisionRecord::SELECT
                );
                let mut statement = connection.prepare(&sql)?;
                let mut rows = statement.query(named_params! {
                    ":after": after.cast_signed(),
                    ":since": since.map_or(i64::MIN, Timestamp::as_unix),
                    ":until": until.map_or(i64::MAX, Timestamp::as_unix),
                })?;
                while let Some(row) = rows.next()? {
                    if see(stored(row)?).is_break() {
                        break;
                    }
                }
                Ok(())
            }
        })
    }

    /// The text of a configuration that decisions were made with.
    ///
    /// # Errors
    /// The store cannot be read, or the text is not what was written.
    pub fn configuration(&self, digest: Digest) -> Result<Option<ConfigurationRecord>, MaintenanceError> {
        self.look(|connection| {
            let mut statement = connection.prepare_cached("SELECT text FROM configurations WHERE digest = ?1")?;
            let text: Option<String> = statement.query_row([digest.as_bytes()], |row| row.get(0)).optional()?;
            match text {
                Some(text) if Digest::of(&[text.as_bytes()]) == digest => {
                    Ok(Some(ConfigurationRecord { digest, text: text.into() }))
                }
                Some(_) => Err(Damage::Configuration { digest }.into()),
                None => Ok(None),
            }
        })
    }

    /// The certificate with this serial number, if it was on record before this line of the audit log.
    ///
    /// # Errors
    /// The store cannot be read, or the record is not what was written.
    pub fn certificate_before(
        &self,
        serial_number: &SerialNumber,
        line: u64,
    ) -> Result<Option<CertificateRecord>, MaintenanceError> {
        self.look(|connection| {
            let sql = format!("{} WHERE serial_number = ?1", CertificateRecord::SELECT);
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([serial_number.as_bytes()])?;
            let found = rows.next()?.map(CertificateRecord::from_row).transpose()?;
            let found = found.filter(|found| found.sequence.cast_unsigned() < line);
            Ok(found.map(|StoredCertificate { certificate, .. }| certificate))
        })
    }

    /// The revocation of the certificate with this serial number, if it was on record before this line.
    ///
    /// # Errors
    /// The store cannot be read, or the record is not what was written.
    pub fn revocation_before(
        &self,
        serial_number: &SerialNumber,
        line: u64,
    ) -> Result<Option<RevocationRecord>, MaintenanceError> {
        self.look(|connection| {
            let sql = format!("{} WHERE serial_number = ?1", RevocationRecord::SELECT);
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([serial_number.as_bytes()])?;
            while let Some(row) = rows.next()? {
                let StoredRevocation { revocation, sequence, .. } = RevocationRecord::from_row(row)?;
                if sequence.cast_unsigned() < line {
                    return Ok(Some(revocation));
                }
            }
            Ok(None)
        })
    }

    /// Where the store comes from.
    ///
    /// # Errors
    /// The state of the store is not what was written.
    pub fn origin(&self) -> Result<Origin, MaintenanceError> {
        self.look(|connection| {
            let State { created, set_back, .. } = State::read(connection)?;
            Ok(Origin { created, set_back })
        })
    }
}

/// Reads all that decisions were made from and the configurations, and finds each decision in the audit log.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT decisions.*, json_extract(audit.line, '$.id') AS audited FROM decisions LEFT JOIN audit USING (sequence)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        DecisionRecord::from_row(row)?;
        let (id, audited): (String, Option<String>) = (row.get("id")?, row.get("audited")?);
        if audited != Some(id) {
            return Err(Damage::Decision { sequence: row.get("sequence")? }.into());
        }
    }
    let mut statement = connection.prepare("SELECT digest, text FROM configurations")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (digest, text): (_, String) = (Digest::from_bytes(row.get(0)?), row.get(1)?);
        if Digest::of(&[text.as_bytes()]) != digest {
            return Err(Damage::Configuration { digest }.into());
        }
    }
    Ok(())
}

fn stored(row: &Row<'_>) -> Result<StoredDecision, StoreError> {
    let sequence: i64 = row.get("sequence")?;
    let line: String = row.get("line")?;
    let sequence = sequence.cast_unsigned();
    let changed = || StoreError::Damaged(Damage::Audit(crate::audit::ChainError::Changed { sequence }));
    let (_, entry) = Entry::parse(&line).map_err(|_| changed())?;
    Ok(StoredDecision { sequence, entry, record: DecisionRecord::from_row(row)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_lines_are_remembered_as_the_limit_and_no_more() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE decisions (sequence INTEGER PRIMARY KEY, time INTEGER);
                 CREATE TABLE modules (digest BLOB, retired INTEGER)",
            )
            .unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        for line in 1..=3 {
            connection.execute("INSERT INTO decisions VALUES (?1, ?2)", [line, now.as_unix()]).unwrap();
        }
        let forgotten = |last_line| forget(&connection, now, last_line).unwrap();
        let most = limits::DECISIONS;
        assert_eq!([most - 1, most, most + 1, most + 1, most + 3].map(forgotten), [0, 0, 1, 0, 2]);
    }
}
