//! One transaction: what the operations of a batch do to the tables.
//!
//! An operation that finds a conflict leaves no trace and the others in peace; an error of the database ends them all.

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, params};

use super::{
    consumed, data, decisions, intents, modules, recalls, revocations, revocations::Revocations, state::State,
};
use crate::{
    audit::{Digest, Entry},
    limits,
    store::{
        CertificateRecord, ConfigurationRecord, Consumption, DataChange, DecisionRecord, Intent, Issuance,
        ModuleRecord, Recall, Recorded, Revocation, RevocationRecord, SingleUse,
        error::{Damage, StoreError},
    },
};

/// A transaction that has begun; without [`Self::commit`] nothing has happened.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    state: State,
    /// As they lie in their row.
    written: Revocations,
    open: bool,
}

impl<'c> Transaction<'c> {
    pub(super) fn begin(connection: &'c Connection, state: State) -> Result<Self, StoreError> {
        fail::fail_point!("store::before_begin");
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self { connection, state, written: state.revocations, open: true })
    }

    /// Writes the state and makes it all durable.
    pub(super) fn commit(mut self) -> Result<State, StoreError> {
        self.state.write(self.connection)?;
        if self.state.revocations != self.written {
            self.state.revocations.write(self.connection)?;
        }
        fail::fail_point!("store::before_commit");
        fail::fail_point!("store::commit_fails", |_| Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC),
            None
        )
        .into()));
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        self.open = false;
        fail::fail_point!("store::after_commit");
        Ok(self.state)
    }

    /// Spends the credential, takes the serial number, keeps certificate and audit entry; or finds out why not.
    pub(super) fn record(&mut self, issuance: &Issuance) -> Result<Result<Recorded, Conflict>, StoreError> {
        if issuance.is_signed_elsewhere() {
            // Recorded or not: the certificate is dropped with a conflict, so what became of it is known.
            self.settle(&issuance.certificate().serial_number)?;
        }
        if let Some(spend) = issuance.spend()
            && let Err(conflict) = self.not_forgotten(spend)
        {
            return Ok(Err(conflict));
        }
        if let Some(previous) = &issuance.certificate().previous
            && revocations::find(self.connection, previous)?.is_some()
        {
            return Ok(Err(Conflict::PreviousRevoked));
        }
        if let Some(previous) = &issuance.certificate().previous {
            match recalls::bar(self.connection, previous, u64::MAX) {
                Ok(None) => {}
                Ok(Some(recall)) => return Ok(Err(Conflict::PreviousRecalled { module: recall.module })),
                Err(StoreError::TooManyRenewals) => return Ok(Err(Conflict::TooManyRenewals)),
                Err(error) => return Err(error),
            }
        }
        if revocations::is_compromised(self.connection, issuance.key())? {
            return Ok(Err(Conflict::KeyCompromised));
        }
        self.insert(issuance)
    }

    /// Spends the credential, marks the certificate as revoked and keeps the audit entry; or finds out why not.
    pub(super) fn revoke(&mut self, revocation: &Revocation) -> Result<Result<Recorded, Conflict>, StoreError> {
        if let Some(spend) = revocation.spend()
            && let Err(conflict) = self.not_forgotten(spend)
        {
            return Ok(Err(conflict));
        }
        self.whole(|transaction| transaction.insert_revocation(revocation))
    }

    /// Does all of it, or leaves tables and state as they were.
    fn whole<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<Result<T, Conflict>, StoreError>,
    ) -> Result<Result<T, Conflict>, StoreError> {
        let before = self.state;
        self.savepoint()?;
        let result = work(self)?;
        match result {
            Ok(_) => self.release()?,
            Err(_) => {
                self.undo()?;
                self.state = before;
            }
        }
        Ok(result)
    }

    /// Without a savepoint, which would copy every page it touches: a conflict is found by the first row or the second,
    /// and one row is taken back as easily.
    fn insert(&mut self, issuance: &Issuance) -> Result<Result<Recorded, Conflict>, StoreError> {
        let number = self.state.certificates + 1;
        let sequence = self.state.head.sequence + 1;
        if let Some(spend) = issuance.spend()
            && !self.spend(spend)?
        {
            return Ok(Err(Conflict::TokenSpent));
        }
        fail::fail_point!("store::after_spend");
        let inserted = {
            let mut statement = self.connection.prepare_cached(CertificateRecord::INSERT)?;
            let fingerprint = issuance.fingerprint();
            issuance.certificate().insert(&mut statement, number, sequence.cast_signed(), &fingerprint)?
        };
        if !inserted {
            issuance.spend().map_or(Ok(()), |spend| self.forget(spend))?;
            return Ok(Err(Conflict::SerialTaken));
        }
        fail::fail_point!("store::after_certificate");
        self.decide(issuance.entry(), issuance.inputs())?;
        fail::fail_point!("store::after_audit");
        self.state.certificates = number;
        Ok(Ok(Recorded { sequence }))
    }

    fn insert_revocation(&mut self, revocation: &Revocation) -> Result<Result<Recorded, Conflict>, StoreError> {
        // A token that comes again is a spent one, whatever it was for.
        if let Some(spend) = revocation.spend()
            && !self.spend(spend)?
        {
            return Ok(Err(Conflict::TokenSpent));
        }
        let sequence = self.state.head.sequence + 1;
        let record = revocation.record();
        let insert = |sql| record.insert(&mut self.connection.prepare_cached(sql)?, sequence.cast_signed());
        let mut inserted = insert(RevocationRecord::INSERT)?;
        // That the key was compromised may be found out later. Nothing that is on record changes by that.
        if inserted.is_none() && record.compromised_key.is_some() {
            let before = revocations::find(self.connection, &record.serial_number)?;
            if before.is_some_and(|before| before.compromised_key.is_none()) {
                inserted = insert(RevocationRecord::INSERT_COMPROMISE)?;
            }
        }
        let Some(checksum) = inserted else { return Ok(Err(Conflict::AlreadyRevoked)) };
        fail::fail_point!("store::after_revocation");
        self.decide(revocation.entry(), revocation.inputs())?;
        self.state.revocations.revoked(&checksum, record.revoked_at);
        Ok(Ok(Recorded { sequence }))
    }

    /// Bars a module or lifts that, and keeps the audit entry; false when it is like that already.
    pub(super) fn recall(&mut self, recall: &Recall) -> Result<bool, StoreError> {
        let is_kept = recalls::keep(self.connection, recall.record(), self.state.head.sequence + 1)?;
        fail::fail_point!("store::after_recall");
        if is_kept {
            self.append(recall.entry())?;
        }
        Ok(is_kept)
    }

    /// Takes note of a list of revoked certificates; false when its number is not above the last.
    pub(super) fn record_list(&mut self, number: u64, made_at: Timestamp) -> bool {
        self.state.revocations.listed(number, made_at)
    }

    /// Keeps what a signer elsewhere is about to be asked for; false when the serial number is taken.
    pub(super) fn intend(&self, intent: &Intent) -> Result<bool, StoreError> {
        intents::keep(self.connection, intent)
    }

    /// It is known what became of it.
    pub(super) fn settle(&self, serial_number: &SerialNumber) -> Result<(), StoreError> {
        intents::settle(self.connection, serial_number).map(drop)
    }

    /// An operator knows what became of it; keeps the audit entry. False when there is none.
    pub(super) fn settle_as(&mut self, serial_number: &SerialNumber, entry: &Entry) -> Result<bool, StoreError> {
        let is_settled = intents::settle(self.connection, serial_number)?;
        if is_settled {
            self.append(entry)?;
        }
        Ok(is_settled)
    }

    /// Spends something that is no credential; false when it was spent, or may have been. Of too many there is no trace.
    pub(super) fn consume(&mut self, consumption: &Consumption) -> Result<bool, StoreError> {
        let Consumption { once, most, .. } = consumption;
        if self.not_forgotten(once).is_err() || !self.spend(once)? {
            return Ok(false);
        }
        if !consumed::count(self.connection, consumption)? {
            self.forget(once)?;
            return Err(StoreError::TooManyConsumed { most: *most });
        }
        Ok(true)
    }

    pub(super) fn change_data(&mut self, change: &DataChange) -> Result<bool, StoreError> {
        data::change(self.connection, change)
    }

    /// Adds a line to the audit log, and keeps what it was decided from.
    pub(super) fn decide(&mut self, entry: &Entry, inputs: Option<&DecisionRecord>) -> Result<(), StoreError> {
        self.append(entry)?;
        if let Some(inputs) = inputs {
            let mut statement = self.connection.prepare_cached(DecisionRecord::INSERT)?;
            inputs.insert(&mut statement, self.state.head.sequence.cast_signed(), entry)?;
        }
        Ok(())
    }

    pub(super) fn remember_configuration(&self, configuration: &ConfigurationRecord) -> Result<bool, StoreError> {
        decisions::remember(self.connection, configuration)
    }

    /// Keeps what a configuration is served with.
    pub(super) fn remember_modules(&self, configuration: &Digest, modules: &[ModuleRecord]) -> Result<u64, StoreError> {
        modules::remember(self.connection, configuration, modules, self.state.head.sequence)
    }

    /// Adds a line to the audit log.
    fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let sequence = self.state.head.sequence + 1;
        let mut line = entry.line(sequence);
        if line.len() > limits::AUDIT_LINE {
            line = entry.clone().shortened(limits::AUDIT_LINE).line(sequence);
        }
        let head = self.state.head.append(&line);
        self.connection
            .prepare_cached("INSERT INTO audit (sequence, line, hash) VALUES (?1, ?2, ?3)")?
            .execute(params![head.sequence.cast_signed(), line, head.hash.as_bytes()])?;
        self.state.head = head;
        self.state.newest = self.state.newest.max(entry.time);
        Ok(())
    }

    /// Forgets what expired before `now`, and remembers how young the youngest of it was.
    pub(super) fn prune(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT credential, expires FROM spent WHERE expires < ?1 ORDER BY expires LIMIT ?2")?;
        let mut rows = select.query([now.as_unix(), PRUNED])?;
        let mut expired: Vec<SingleUse> = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, expires) = (Digest::from_bytes(row.get(0)?), Timestamp::from_unix(row.get(1)?));
            expired.push(SingleUse { id, expires });
        }
        for once in &expired {
            // The list comes from an index; the row itself must say the same.
            self.forget(once)?;
            self.state.watermark = self.state.watermark.max(once.expires);
        }
        consumed::free_all(self.connection, now)?;
        let decisions = decisions::forget(self.connection, now, self.state.head.sequence)?;
        Ok(expired.len() as u64 + decisions)
    }

    fn not_forgotten(&self, once: &SingleUse) -> Result<(), Conflict> {
        let watermark = self.state.watermark;
        if once.expires <= watermark { Err(Conflict::TokenForgotten { watermark }) } else { Ok(()) }
    }

    /// The uniqueness of the key decides who was first, nothing else does.
    fn spend(&mut self, once: &SingleUse) -> Result<bool, StoreError> {
        let inserted = self
            .connection
            .prepare_cached("INSERT INTO spent (credential, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![once.id.as_bytes(), once.expires.as_unix()])?;
        if inserted == 1 {
            self.state.spent.add(&once.id, once.expires);
        }
        Ok(inserted == 1)
    }

    /// Takes back what [`Self::spend`] did.
    fn forget(&mut self, SingleUse { id, expires }: &SingleUse) -> Result<(), StoreError> {
        let mut delete = self.connection.prepare_cached("DELETE FROM spent WHERE credential = ?1 AND expires = ?2")?;
        if delete.execute(params![id.as_bytes(), expires.as_unix()])? != 1 {
            return Err(Damage::Spent.into());
        }
        self.state.spent.remove(id, *expires);
        Ok(())
    }

    fn savepoint(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("SAVEPOINT operation")?.execute([]).map(|_| ())
    }

    fn release(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("RELEASE operation")?.execute([]).map(|_| ())
    }

    fn undo(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("ROLLBACK TO operation")?.execute([])?;
        self.release()
    }
}

// A batch that forgets more would keep issuances waiting.
const PRUNED: i64 = 5_000;

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // When this fails as well the connection is about to be thrown away.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Why one operation of a batch changes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Conflict {
    AlreadyRevoked,
    KeyCompromised,
    PreviousRecalled { module: Digest },
    PreviousRevoked,
    SerialTaken,
    TokenForgotten { watermark: Timestamp },
    TokenSpent,
    TooManyRenewals,
}

impl From<Conflict> for StoreError {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::AlreadyRevoked => Self::AlreadyRevoked,
            Conflict::KeyCompromised => Self::KeyCompromised,
            Conflict::PreviousRecalled { module } => Self::PreviousRecalled { module },
            Conflict::PreviousRevoked => Self::PreviousRevoked,
            Conflict::SerialTaken => Self::SerialTaken,
            Conflict::TokenForgotten { watermark } => Self::TokenForgotten { watermark },
            Conflict::TokenSpent => Self::TokenSpent,
            Conflict::TooManyRenewals => Self::TooManyRenewals,
        }
    }
}
